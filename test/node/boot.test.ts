import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKeyFile, greet, login, writeKeyFile } from '../../node/index.ts'
import { createIntents } from '../../node/modules/packages/intent.ts'
import { hyperware, spawnUntilReady } from '../helpers/hyperware.ts'
import { until } from '../helpers/until.ts'
import { startChain, type Owned, type TestChain } from '../indexer/network/chain.ts'
import { freePort } from '../helpers/free-port.ts'
import { startJsonServer } from './modules/identities/json-server.ts'
import { collectLog } from './log-lines.ts'
import { createIdentity, newHome, runNode, spawnNode, startNode, type TestIdentity } from './network.ts'

/** Nodes as processes of their own, on a real chain. Nothing answers as their index: they can do without. */

/** The first start builds the packages of a node. */
const PACKAGES_MS = 900_000

const NO_INDEX = 'http://127.0.0.1:9/graphql'

let chain: TestChain
let os: Owned
let alice: TestIdentity

beforeAll(async () => {
  chain = await startChain()
  os = await chain.mint(chain.root, 'os')
  const routing = { tcpPort: await freePort() }
  alice = await createIdentity(chain, { parent: os, name: 'alice-home.os', routing })
})

afterAll(() => chain?.stop())

const boot = (identity: { home: string; password?: string }, more: readonly string[] = []) =>
  runNode({ home: identity.home, rpc: chain.rpcUrl, graphql: NO_INDEX, password: identity.password ?? 'x', more })

/** A home folder with a key file that nothing onchain knows about yet. */
async function newKeys(name: string): Promise<{ home: string; netKey: `0x${string}`; password: string }> {
  const home = await newHome()
  const { bytes, netKey } = await createKeyFile({ name, routers: [], password: 'x' })
  await writeKeyFile(home, bytes)
  return { home, netKey, password: 'x' }
}

describe('a node', () => {
  test('boots without an index, shows that its view was never current, and stops cleanly', async () => {
    const node = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    expect(node.name).toBe('alice-home.os')
    const { cookie } = await login(node.url, alice.password)
    const answer = await (await fetch(`${node.url}/api/node`, { headers: { cookie } })).json()
    expect(answer).toMatchObject({
      netKey: alice.netKey,
      routing: { kind: 'direct', ip: '127.0.0.1' },
      view: { block: null, ageMs: null, source: 'none', problem: expect.stringContaining(NO_INDEX) },
    })
    await expect(greet(node.url, cookie, 'bob.os')).rejects.toMatchObject({ problem: { reason: 'unknown-name' } })
    expect(await greet(node.url, cookie, 'alice-home.os')).toMatchObject({ answer: 'ack' })
    expect(await node.stop('SIGTERM')).toBe(0)
  })

  test('is the only one in its home folder, and frees it when it is killed', async () => {
    const node = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    const second = await boot(alice)
    expect(second.code).toBe(3)
    expect(second.stderr).toContain(
      `Cannot use home folder "${alice.home}": the node with process id ${node.pid} runs in it`,
    )
    await node.stop('SIGKILL')
    const again = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    expect(await again.stop('SIGINT')).toBe(0)
  })

  test('whose stop has to be cut says so, and does not end as if it had stopped cleanly', async () => {
    const index = await startJsonServer(() => undefined)
    const more = ['--index-patience', '3600']
    const { child, output } = spawnNode({ ...alice, rpc: chain.rpcUrl, graphql: index.url, more })
    await until(() => index.requests.length > 0, 'a boot that waits for its index')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([1, null])
    expect(output.stderr).toContain('"msg":"stop-cut"')
    expect(output.stderr).not.toContain('"msg":"stopped"')
    await index.close()
  })

  test('says which packages do not run because its store of processes is gone', async () => {
    const drive = join(alice.home, 'vfs/hello:example.os')
    await mkdir(join(drive, 'pkg'), { recursive: true })
    await mkdir(join(alice.home, 'vfs/data:example.os/data'), { recursive: true })
    await writeFile(join(drive, 'pkg/manifest.json'), '[]')
    await rm(join(alice.home, 'kernel'), { recursive: true, force: true })
    const node = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    expect(await node.stop('SIGTERM')).toBe(0)
    expect(node.stderr()).toContain('"packages":["hello:example.os"],"hint":"install them again"')
    for (const each of ['hello', 'data']) await rm(join(alice.home, `vfs/${each}:example.os`), { recursive: true })
  })

  test('goes on with the change of a package in which it was killed, and starts without a damaged note of one', async () => {
    const place = join(alice.home, 'vfs/hello:example.os/pkg')
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'manifest.json'), '[]')
    await createIntents(alice.home, collectLog().log).begin({ kind: 'uninstall', package: 'hello:example.os' })
    const node = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    const finished = '"change":"uninstall","package":"hello:example.os","msg":"package-change-finished"'
    await until(() => node.stderr().includes(finished), 'a node that goes on')
    expect(await node.stop('SIGTERM')).toBe(0)
    expect(node.stderr()).not.toContain('packages-without-processes')
    await expect(stat(place)).rejects.toMatchObject({ code: 'ENOENT' })
    await rm(dirname(place), { recursive: true })

    await writeFile(join(alice.home, '.package-intent'), 'damaged', { mode: 0o600 })
    for (const told of [true, false]) {
      const next = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
      expect(await next.stop('SIGTERM')).toBe(0)
      expect(next.stderr().includes('"msg":"package-intent-damaged"')).toBe(told)
    }
  })

  test('leaves nothing in its home that others can read', async () => {
    const node = await startNode({ ...alice, rpc: chain.rpcUrl, graphql: NO_INDEX })
    expect(await node.stop('SIGTERM')).toBe(0)
    const paths = await readdir(alice.home, { recursive: true })
    expect(paths).toEqual(expect.arrayContaining(['kernel/kernel.sqlite', 'vfs', '.keys']))
    for (const path of paths) expect([path, (await stat(join(alice.home, path))).mode & 0o077]).toEqual([path, 0])
  })

  test(
    'that the command line runs ends, cleanly, with whichever signal the command gets',
    async () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        const args = ['node', '--home', alice.home, '--rpc', chain.rpcUrl, '--graphql', NO_INDEX]
        const { child, ready } = await spawnUntilReady<{ url: string }>(args, { HYPERWARE_PASSWORD: alice.password })
        child.kill(signal)
        expect(await once(child, 'exit')).toEqual([0, null])
        await expect(fetch(ready.url)).rejects.toThrow('fetch failed')
      }
    },
    PACKAGES_MS,
  )

  test(
    'that the command line runs takes chain and index from what it is called with, each time',
    async () => {
      const args = ['node', '--home', alice.home, '--graphql', NO_INDEX]
      const env = { HYPERWARE_PASSWORD: alice.password }
      const { child } = await spawnUntilReady([...args, '--rpc', chain.rpcUrl, '--chain-id', '31337'], env)
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
      const other = await hyperware([...args, '--rpc', chain.rpcUrl, '--chain-id', '8453'], env)
      expect(other).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('serves chain 31337, expected chain 8453'),
      })
      const nowhere = await hyperware([...args, '--rpc', 'http://127.0.0.1:9'], env)
      expect(nowhere).toMatchObject({ code: 3, stderr: expect.stringContaining('"http://127.0.0.1:9" did not answer') })
    },
    PACKAGES_MS,
  )

  test('takes its password from a file too, and leaves no secret in its log', async () => {
    const passwordFile = join(await newHome(), 'password')
    await writeFile(passwordFile, `${alice.password}\nnot part of it\n`)
    const more = ['--password-file', passwordFile, '--log-level', 'debug']
    const node = await startNode({ home: alice.home, rpc: chain.rpcUrl, graphql: NO_INDEX, more })
    await login(node.url, alice.password)
    await node.stop('SIGTERM')
    expect(node.stderr()).not.toContain(alice.password)
    expect(node.stderr()).not.toMatch(/password_?hash|seed|secret/i)
  })
})

test('a malformed note that does not matter is passed over, and the owner is told', async () => {
  const identity = await createIdentity(chain, { parent: os, name: 'dave.os', routing: { tcpPort: await freePort() } })
  await chain.note(identity.entry, '~ws-port', '0x010203')
  const node = await startNode({ ...identity, rpc: chain.rpcUrl, graphql: NO_INDEX })
  const { cookie } = await login(node.url, identity.password)
  const answer = await (await fetch(`${node.url}/api/node`, { headers: { cookie } })).json()
  expect(answer).toMatchObject({ warnings: [expect.stringContaining('is malformed and was passed over: ~ws-port: ')] })
  await node.stop('SIGTERM')
})

describe('a boot is refused with exit code 3 and a reason', () => {
  test('for a wrong password', async () => {
    const { code, stdout, stderr } = await boot({ ...alice, password: 'wrong' })
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('Cannot open key file of "alice-home.os": the password is wrong')
    expect(stderr).toContain('Hint: ')
  })

  test('for no password', async () => {
    const { code, stderr } = await runNode({ home: alice.home, rpc: chain.rpcUrl, graphql: NO_INDEX })
    expect(code).toBe(3)
    expect(stderr).toContain('Hint: set HYPERWARE_PASSWORD, or name a file with --password-file')
  })

  test('for a home folder without a key file', async () => {
    const { code, stderr } = await boot({ home: await newHome() })
    expect([code, stderr]).toEqual([3, expect.stringMatching(/Cannot read key file ".*\.keys": there is none/)])
  })

  test('for a home folder that does not exist, and makes none', async () => {
    const home = join(await newHome(), 'mistyped')
    const { code, stderr } = await boot({ home })
    expect([code, stderr]).toEqual([3, expect.stringContaining(`Cannot read key file "${home}/.keys": there is none`)])
    await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('for a key file that is a folder, and for a home that is a file', async () => {
    const home = await newHome()
    await mkdir(join(home, '.keys'))
    const file = join(home, 'file')
    await writeFile(file, '')
    for (const place of [home, file]) {
      const { code, stderr } = await boot({ home: place })
      expect([code, stderr]).toEqual([3, expect.stringMatching(/^Cannot read key file ".*\.keys": .+\nHint: .+\n$/)])
    }
  })

  test('for a home folder whose lock cannot be made', async () => {
    const { home } = await newKeys('locked-out.os')
    await mkdir(join(home, '.lock'))
    const { code, stderr } = await boot({ home })
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^Cannot use home folder ".*": unable to open database file\nHint: .+\n$/),
    ])
  })

  test('for a damaged key file, which it leaves as it is', async () => {
    const { home } = await newKeys('damaged.os')
    const path = join(home, '.keys')
    const cut = (await readFile(path)).subarray(0, 300)
    await writeFile(path, cut)
    const { code, stderr } = await boot({ home })
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(
        `Cannot read key file "${path}": the file is not valid JSON: it was cut short or edited\nHint: restore the file`,
      ),
    ])
    expect((await stat(path)).size).toBe(300)
  })

  test('for a name that is not onchain', async () => {
    const { code, stderr } = await boot(await newKeys('nobody.os'))
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('Cannot boot "nobody.os": there is no such name onchain'),
    ])
  })

  test('for a name without a key, with another key, and with a malformed note, each time naming it', async () => {
    const keys = await newKeys('carol.os')
    const entry = await chain.mint(os, 'carol')
    expect((await boot(keys)).stderr).toContain('Cannot boot "carol.os": the name has no ~net-key note onchain')

    await chain.note(entry, '~net-key', '0x1234')
    expect((await boot(keys)).stderr).toContain('Cannot boot "carol.os": its ~net-key note onchain is malformed')

    await chain.note(entry, '~net-key', alice.netKey)
    const { code, stderr } = await boot(keys)
    expect(code).toBe(3)
    expect(stderr).toContain(`its ~net-key onchain is ${alice.netKey}, but the key file holds ${keys.netKey}`)

    await chain.note(entry, '~net-key', keys.netKey)
    expect((await boot(keys)).stderr).toContain('its notes onchain say nowhere to reach it')

    await chain.note(entry, '~routers', `0x${'77'.repeat(32)}`)
    expect((await boot(keys)).stderr).toContain(`none of its routers onchain is a known node: 0x${'77'.repeat(32)}`)
  })

  test('for a chain that is not that of the deployment', async () => {
    const { code, stderr } = await boot(alice, ['--chain-id', '8453'])
    expect(code).toBe(3)
    expect(stderr).toContain('Cannot boot: the chain endpoint serves chain 31337, expected chain 8453')
  })

  test('for a chain without a deployment', async () => {
    const { code, stderr } = await boot(alice, ['--chain-id', '1'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('31337')])
  })

  test('for a chain endpoint that does not answer for ten seconds', async () => {
    const startedMs = Date.now()
    const { code, stderr } = await runNode({ ...alice, rpc: 'http://127.0.0.1:9', graphql: NO_INDEX })
    expect(code).toBe(3)
    expect(stderr).toContain('the chain endpoint "http://127.0.0.1:9" did not answer for 10 s')
    expect(Date.now() - startedMs).toBeGreaterThan(10_000)
  })

  test('for a chain endpoint that answers nonsense', async () => {
    const nonsense = await startJsonServer(() => ({ body: '{"jsonrpc":"2.0","id":1,"result":"0xnonsense"}' }))
    const { code, stderr } = await runNode({ ...alice, rpc: nonsense.url, graphql: NO_INDEX })
    await nonsense.close()
    expect([code, stderr]).toEqual([3, expect.stringContaining('eth_chainId did not return a number')])
  })

  test('for a taken HTTP port', async () => {
    const port = await freePort()
    const other = await listen(port)
    const { code, stderr } = await boot(alice, ['--http-port', String(port)])
    other.close()
    expect([code, stderr]).toEqual([3, expect.stringContaining(`Cannot serve HTTP on 127.0.0.1:${port}`)])
  })

  test('for a taken networking port', async () => {
    const port = await freePort()
    const identity = await createIdentity(chain, { parent: os, name: 'erin.os', routing: { tcpPort: port } })
    const other = await listen(port)
    const { code, stderr } = await boot(identity)
    other.close()
    expect([code, stderr]).toEqual([3, expect.stringContaining(String(port))])
  })
})

test('wrong usage ends with exit code 2 and says what is wrong', async () => {
  const { code, stderr } = await boot(alice, ['--max-passthroughs', 'many'])
  expect(code).toBe(2)
  expect(stderr).toContain('Cannot start node: --max-passthroughs is "many"')
})

test('a password file that is not there ends with exit code 2 and names it', async () => {
  const { code, stderr } = await boot(alice, ['--password-file', '/nowhere/password'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^Cannot start node: --password-file cannot be read: ENOENT.*"?\/nowhere\/password/)
})

function listen(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}
