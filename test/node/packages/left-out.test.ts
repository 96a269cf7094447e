import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HTTP_SERVER_PROCESS, formatProcessId, parseAddress } from '@hyperware/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capabilityKey } from '../../../node/kernel/capabilities.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { OUR_NAME, type PackageNode, startPackageNode } from './package-node.ts'

/** Packages of which the store keeps a process that the node cannot run. */

const PACKAGE = 'notes:example.os'
const LEFT_OUT = `newer:${PACKAGE}`
const OTHER = 'newer:other-notes:example.os'
const ISSUED = { issuer: parseAddress(`${OUR_NAME}@${LEFT_OUT}`), params: '"secret"' }
const HOLDER = formatProcessId(HTTP_SERVER_PROCESS)

let home: string
let node: PackageNode

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hyperware-left-out-'))
  node = await startPackageNode({ home })
  await node.stop()
  await withStore(async ({ commit }) => {
    const terms = { wasmBytesHandle: `/${PACKAGE}/pkg/a.wasm`, witVersion: 9, onExit: { kind: 'restart' } } as const
    const capability = { capability: ISSUED, signature: new Uint8Array(0) }
    await commit([
      { kind: 'put-process', process: { id: LEFT_OUT, ...terms, public: false } },
      { kind: 'put-process', process: { id: OTHER, ...terms, public: false } },
      { kind: 'put-capability', holder: HOLDER, key: capabilityKey(ISSUED), capability },
    ])
  })
  node = await startPackageNode({ home })
})

afterEach(async () => {
  await node.stop()
  await rm(home, { recursive: true })
})

async function withStore<T>(use: (store: Awaited<ReturnType<typeof openStore>>) => T | Promise<T>): Promise<T> {
  const store = await openStore({ folder: join(home, 'kernel'), nodeName: OUR_NAME })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

test('an uninstall ends what the boot left out, with the rights it issued, and no other package', async () => {
  expect(node.kernel.leftOut()).toEqual([LEFT_OUT, OTHER])
  expect(node.kernel.has(HTTP_SERVER_PROCESS, ISSUED)).toBe(true)
  expect(await node.uninstall(PACKAGE)).toEqual({ package: PACKAGE, processes: [LEFT_OUT] })
  expect(node.kernel.has(HTTP_SERVER_PROCESS, ISSUED)).toBe(false)
  expect(node.kernel.leftOut()).toEqual([OTHER])
  await node.stop()
  const kept = await withStore((store) => store.listProcesses())
  expect(kept.map(({ id }) => id)).not.toContain(LEFT_OUT)
  expect(kept.map(({ id }) => id)).toContain(OTHER)
  expect(kept.flatMap(({ capabilities }) => capabilities.map(({ capability }) => capability))).not.toContainEqual(
    ISSUED,
  )
  node = await startPackageNode({ home })
  await expect(node.uninstall(PACKAGE)).rejects.toMatchObject({ problem: { code: 'package-unknown' } })
})
