import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listProcesses, login, readKeyFile } from '../../../node/index.ts'
import { freePort } from '../../helpers/free-port.ts'
import { hyperware } from '../../helpers/hyperware.ts'
import { startChain, type TestChain } from '../../indexer/network/chain.ts'
import { createIdentity, newHome, startNode, type TestIdentity } from '../network.ts'
import { echoing } from '../wasm/wat-guests.ts'
import { makeReferenceHome } from './reference-home.ts'

/** The whole way, on a real chain: the command makes the home, and a node boots in it, under the name it had. */

let chain: TestChain
let alice: TestIdentity
let folder: string

beforeAll(async () => {
  chain = await startChain()
  const os = await chain.mint(chain.root, 'os')
  alice = await createIdentity(chain, { parent: os, name: 'alice-home.os', routing: { tcpPort: await freePort() } })
  folder = await newHome()
})
afterAll(async () => {
  await chain?.stop()
  await rm(folder, { recursive: true })
})

test('a node boots in an imported home with its old name, key and password, and runs its processes', async () => {
  const reference = join(folder, 'reference')
  const home = join(folder, 'home')
  const process = { witVersion: 1, onExit: { kind: 'restart' }, public: true, capabilities: [] } as const
  await makeReferenceHome(reference, {
    keyFile: await readKeyFile(alice.home),
    processes: [
      { ...process, id: 'eth:distro:sys', wasmBytesHandle: '' },
      { ...process, id: 'main:chat:template.os', wasmBytesHandle: '/chat:template.os/pkg/main.wasm' },
    ],
    files: { 'vfs/chat:template.os/pkg/main.wasm': await echoing() },
  })
  expect(await hyperware(['node', 'import', reference, '--home', home])).toMatchObject({
    code: 0,
    stdout: `imported alice-home.os into ${home}\n`,
  })
  const node = await startNode({ ...alice, home, rpc: chain.rpcUrl, graphql: 'http://127.0.0.1:9/graphql' })
  expect(node.name).toBe('alice-home.os')
  const { cookie } = await login(node.url, alice.password)
  const processes = await listProcesses(node.url, cookie)
  expect(processes).toContainEqual(expect.objectContaining({ id: 'main:chat:template.os', phase: 'running' }))
  expect(await node.stop('SIGTERM')).toBe(0)
})
