import { decodeManifest, parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { MEMORY_CEILING_BYTES } from '../../../node/kernel/limits.ts'
import { runtimeModule } from '../../../node/kernel/loop.ts'
import { createMemoryStore, type KernelStore } from '../../../node/kernel/store.ts'
import { never } from './events.ts'
import { createTestKernel, idle, OUR_NAME, type TestKernel } from './kernel-fixture.ts'
import { createScriptedRunner, type Guest, messaging, type Script } from './scripted.ts'

const A = 'a:test:alice.os'
const DEFAULT_BYTES = 1 << 20
const MORE_BYTES = 3 << 20

/** A kernel of scripts, and the maximum with which each of them was prepared. */
function createMeasured(scripts: Record<string, Script>, store: KernelStore = createMemoryStore()) {
  const runner = createScriptedRunner(new Map(Object.entries(scripts)))
  const prepared: (readonly [script: string, memoryMaxBytes: number])[] = []
  const test: TestKernel = createTestKernel({
    store,
    memoryMaxBytes: DEFAULT_BYTES,
    runner: {
      ...runner,
      prepare(wasm, limits) {
        prepared.push([new TextDecoder().decode(wasm), limits.memoryMaxBytes])
        return runner.prepare(wasm, limits)
      },
    },
    modules: [
      {
        id: runtimeModule('vfs'),
        public: true,
        // Whatever is read is the script "child".
        inbox(delivery) {
          if (delivery.kind !== 'message' || delivery.message.message.kind !== 'request') return
          const { id, source, target } = delivery.message
          const none = { metadata: undefined, context: undefined, capabilities: [] }
          test.kernel.send({
            id,
            source: target,
            target: source,
            rsvp: undefined,
            message: { kind: 'response', inherit: false, body: utf8ToBytes('"Read"'), ...none },
            blob: { mime: undefined, bytes: utf8ToBytes('child') },
          })
        },
      },
    ],
  })

  async function initialize(memoryMaxBytes: number | undefined) {
    const id = parseProcessId(A)
    const terms = { wasmBytesHandle: '/x/a.wasm', witVersion: 1, onExit: { kind: 'restart' }, public: false } as const
    return test.command(
      { kind: 'InitializeProcess', id, ...terms, initialCapabilities: [], memoryMaxBytes },
      { wasm: 'a' },
    )
  }

  /** Boots with the package `chat:sys`, whose one process is the script "chat". */
  async function boot(memoryMaxBytes?: number): Promise<void> {
    const entry = { process_name: 'chat', process_wasm_path: '/chat.wasm', on_exit: 'Restart', public: false }
    const lists = { request_networking: false, request_capabilities: [], grant_capabilities: [] }
    const manifest = decodeManifest(JSON.stringify([{ ...entry, ...lists, memory_max_bytes: memoryMaxBytes }]))
    if (!manifest.ok) throw new Error(manifest.problem)
    await test.kernel.boot({
      packages: [{ id: { package: 'chat', publisher: 'sys' }, witVersion: 1, manifest: manifest.value }],
      readComponent: (handle) => Promise.resolve(utf8ToBytes(handle.replace(/.*\/(.*)\.wasm/, '$1'))),
    })
    await idle()
  }

  const shown = async (id: string) => (await test.kernel.diagnostics()).find((process) => process.id === id)
  return { ...test, prepared, initialize, boot, shown }
}

const CHAT = 'chat:chat:sys'

describe('the maximum of memory', () => {
  test.each([
    ['the default', undefined, DEFAULT_BYTES],
    ['what its package asks for, be it more', MORE_BYTES, MORE_BYTES],
    ['or less', 65_536, 65_536],
    ['up to the ceiling', MEMORY_CEILING_BYTES, MEMORY_CEILING_BYTES],
  ])('of a process is %s', async (_, asked, given) => {
    const { initialize, prepared, shown } = createMeasured({ a: never })
    expect(await initialize(asked)).toEqual({ kind: 'InitializedProcess' })
    expect(prepared).toEqual([['a', given]])
    expect(await shown(A)).toMatchObject({ memoryMaxBytes: given })
    expect(await shown('vfs:distro:sys')).toMatchObject({ phase: 'module', memoryMaxBytes: undefined })
  })

  test('above the ceiling is refused by name, and nothing is prepared or kept', async () => {
    const { initialize, prepared, printed, store, shown } = createMeasured({ a: never })
    expect(await initialize(MEMORY_CEILING_BYTES + 1)).toEqual({ kind: 'InitializeProcessError' })
    expect(printed(0)).toEqual([
      expect.stringMatching(
        /^a:test:alice\.os cannot be initialized: .* 1073741825 bytes of memory, expected at most 1073741824/,
      ),
    ])
    expect(prepared).toEqual([])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
    expect(await shown(A)).toBeUndefined()
  })

  test.each([undefined, MORE_BYTES])('of a child is its parent’s: %s', async (asked) => {
    const spawning: Script = async (guest: Guest) => {
      await guest.spawn({ name: 'child', wasmPath: '/x/child.wasm' })
      await never(guest)
    }
    const { initialize, command, kernel, prepared } = createMeasured({ a: spawning, child: never })
    await initialize(asked)
    await kernel.grant(parseProcessId(A), [messaging(OUR_NAME, 'vfs:distro:sys')])
    await command({ kind: 'RunProcess', id: parseProcessId(A) })
    await idle()
    const bytes = asked ?? DEFAULT_BYTES
    expect(prepared).toEqual([
      ['a', bytes],
      ['child', bytes],
    ])
  })

  test('outlives the node', async () => {
    const store = createMemoryStore()
    const first = createMeasured({ a: never }, store)
    await first.initialize(MORE_BYTES)
    await first.kernel.stop()
    const again = createMeasured({ a: never, chat: never }, store)
    await again.boot()
    expect(again.prepared).toContainEqual(['a', MORE_BYTES])
    expect(again.prepared).toContainEqual(['chat', DEFAULT_BYTES])
  })

  test('of a package that comes with the node is what its manifest says at this boot', async () => {
    const store = createMemoryStore()
    for (const [asked, given] of [
      [MORE_BYTES, MORE_BYTES],
      [65_536, 65_536],
      [undefined, DEFAULT_BYTES],
    ] as const) {
      const { boot, prepared, shown } = createMeasured({ chat: never }, store)
      await boot(asked)
      expect(prepared).toEqual([['chat', given]])
      expect(await shown(CHAT)).toMatchObject({ phase: 'running', memoryMaxBytes: given })
      expect(store.listProcesses().find(({ id }) => id === CHAT)?.memoryMaxBytes).toBe(asked)
    }
  })

  test('above the ceiling leaves a package out of this boot, and the owner is told', async () => {
    const store = createMemoryStore()
    const first = createMeasured({ chat: never }, store)
    await first.boot(MEMORY_CEILING_BYTES + 65_536)
    expect(first.printed(0)).toEqual([
      expect.stringContaining(`${CHAT} cannot be initialized: it asks for 1073807360 bytes of memory`),
    ])
    expect(first.prepared).toEqual([])
    expect(await first.shown(CHAT)).toBeUndefined()
    const mended = createMeasured({ chat: never }, store)
    await mended.boot(MORE_BYTES)
    expect(await mended.shown(CHAT)).toMatchObject({ phase: 'running', memoryMaxBytes: MORE_BYTES })
  })
})
