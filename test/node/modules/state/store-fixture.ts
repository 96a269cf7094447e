import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAddress } from '@hyperware/protocol'
import { afterEach, beforeEach } from 'vitest'
import type { StoreChange } from '../../../../node/kernel/store.ts'
import { openStore, type StateStore } from '../../../../node/modules/state/store.ts'

/** For each test a folder, in which a store is opened and opened again. */
export type StoreHome = {
  folder: string
  /** Of the store's main file. */
  path: string
  /** Closed when the test ends. */
  readonly open: StateStore[]
  readonly openHere: (nodeName?: string) => Promise<StateStore>
  readonly reopen: () => Promise<StateStore>
}

export function useStoreHome(): StoreHome {
  const open: StateStore[] = []

  async function openHere(nodeName = 'alice.os'): Promise<StateStore> {
    const store = await openStore({ folder: home.folder, nodeName })
    open.push(store)
    return store
  }

  async function reopen(): Promise<StateStore> {
    for (const store of open.splice(0)) await store.close()
    return openHere()
  }

  const home: StoreHome = { folder: '', path: '', open, openHere, reopen }
  beforeEach(async () => {
    home.folder = await mkdtemp(join(tmpdir(), 'hyperware-store-'))
    home.path = join(home.folder, 'kernel.sqlite')
  })
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close()
    await rm(home.folder, { recursive: true })
  })
  return home
}

export const id = 'chat:chat:template.os'
export const issuer = parseAddress('alice.os@vfs:distro:sys')
export const putProcess: Extract<StoreChange, { kind: 'put-process' }> = {
  kind: 'put-process',
  process: {
    id,
    wasmBytesHandle: '/chat:template.os/pkg/chat.wasm',
    witVersion: undefined,
    onExit: {
      kind: 'requests',
      requests: [
        {
          target: parseAddress('our@main:app:pub.os'),
          inherit: false,
          expectsResponse: 2n ** 64n - 1n,
          body: Uint8Array.of(0, 255),
          metadata: 'why',
          capabilities: [{ issuer, params: '"messaging"' }],
          blob: { mime: 'text/plain', bytes: Uint8Array.of(1) },
        },
      ],
    },
    public: true,
    memoryMaxBytes: 2 ** 30,
  },
}
export const putCapability: Extract<StoreChange, { kind: 'put-capability' }> = {
  kind: 'put-capability',
  holder: id,
  key: 'the key',
  capability: { capability: { issuer, params: '{"b": 1, "a": 2}' }, signature: new Uint8Array(64).fill(7) },
}
