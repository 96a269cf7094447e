import {
  type Capability,
  capabilityBytes,
  decodeManifest,
  parseAddress,
  parseProcessId,
  type SignedCapability,
  utf8ToBytes,
} from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import type { DistroPackage } from '../../../node/kernel/boot.ts'
import { capabilityKey } from '../../../node/kernel/capabilities.ts'
import { TICK_MS } from '../../../node/kernel/limits.ts'
import { createMemoryStore, type KernelStore, type StoreChange } from '../../../node/kernel/store.ts'
import { bodyOf, never } from './events.ts'
import { createTestKernel, idle, OUR_NAME, testVerify } from './kernel-fixture.ts'
import { createScriptedRunner, type Guest, messaging, type Script } from './scripted.ts'

const A = 'a:test:alice.os'
const B = 'b:test:alice.os'

/** A store in memory whose commits the test lets through, or fails; without changes none fails, as on a disk. */
function createHeldStore(): {
  store: KernelStore
  outcome: { fail: Error | undefined; held: boolean }
  /** Lets through what is held, and what comes; or the oldest one alone. */
  release: (which?: 'all' | 'oldest') => void
} {
  const inner = createMemoryStore()
  const outcome: { fail: Error | undefined; held: boolean } = { fail: undefined, held: false }
  const waiting: (() => void)[] = []
  const commit = async (changes: readonly StoreChange[]): Promise<void> => {
    if (outcome.held) await new Promise<void>((resolve) => void waiting.push(resolve))
    if (outcome.fail !== undefined && changes.length > 0) throw outcome.fail
    await inner.commit(changes)
  }
  return {
    store: { ...inner, commit },
    outcome,
    release(which = 'all') {
      outcome.held = which === 'oldest'
      for (const resolve of waiting.splice(0, which === 'oldest' ? 1 : waiting.length)) resolve()
    },
  }
}

function createDistro(manifest: unknown, witVersion = 1): DistroPackage {
  const read = decodeManifest(JSON.stringify(manifest))
  if (!read.ok) throw new Error(read.problem)
  return { id: { package: 'chat', publisher: 'sys' }, witVersion, manifest: read.value }
}

const ENTRY = {
  process_name: 'chat',
  process_wasm_path: '/chat.wasm',
  on_exit: 'Restart',
  request_networking: true,
  request_capabilities: ['vfs:distro:sys', { process: 'vfs:distro:sys', params: { root: true } }],
  grant_capabilities: ['tester:distro:sys', { process: 'other:chat:sys', params: 'Read' }, 'nobody:x:y'],
  public: false,
}

/** Boots a kernel whose components are the scripts of these names. */
async function boot(
  store: KernelStore,
  scripts: Record<string, Script>,
  { packages = [], missing = [] }: { packages?: readonly DistroPackage[]; missing?: readonly string[] } = {},
) {
  const runner = createScriptedRunner(new Map(Object.entries(scripts)))
  const test = createTestKernel({ store, runner })
  await test.kernel.boot({
    packages,
    readComponent: (handle) => {
      const name = handle.split('/').at(-1) ?? ''
      return Promise.resolve(missing.includes(name) ? undefined : utf8ToBytes(name.replace('.wasm', '')))
    },
  })
  await idle()
  return test
}

function storeWith(id: string, more: Partial<Extract<StoreChange, { kind: 'put-process' }>['process']> = {}) {
  const store = createMemoryStore()
  const process = { id, wasmBytesHandle: `/x/${id.split(':')[0]}.wasm`, witVersion: 1, public: true, ...more }
  return { store, ready: store.commit([{ kind: 'put-process', process: { onExit: { kind: 'restart' }, ...process } }]) }
}

function put(holder: string, { capability, signature }: SignedCapability): StoreChange {
  return { kind: 'put-capability', holder, key: capabilityKey(capability), capability: { capability, signature } }
}

function keptBy(store: KernelStore, holder: string): unknown {
  const kept = store.listProcesses().find(({ id }) => id === holder)?.capabilities ?? []
  const rank = ({ issuer, params }: Capability): string => `${issuer.process.process === 'a' ? 1 : 0}${params}`
  return kept.map(({ capability }) => capability).toSorted((a, b) => (rank(b) < rank(a) ? 1 : -1))
}

describe('after a restart', () => {
  test('processes run again with their rights and state; those with on-exit None do not', async () => {
    const store = createMemoryStore()
    const first = createTestKernel({ store })
    await first.launch(A, never, { onExit: { kind: 'restart' }, capabilities: [messaging(OUR_NAME, B)] })
    await first.launch(B, never, { onExit: { kind: 'none' }, public: true })
    await first.launch('c:test:alice.os', async (guest) => {
      guest.setOnExit({ kind: 'restart' })
      guest.act({ kind: 'save-capabilities', capabilities: [{ issuer: guest.our, params: '7' }] })
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('mine') })
      await never(guest)
    })
    await first.kernel.stop()
    const kept = store.listProcesses().filter(({ wasmBytesHandle }) => wasmBytesHandle !== '')
    expect(kept.map(({ id }) => id)).toEqual([A, 'c:test:alice.os'])

    const said: unknown[] = []
    const tell: Script = async (guest) => {
      const state = await guest.ask({ kind: 'get-state' })
      said.push([guest.our.process.process, (await guest.capabilities()).map(({ params }) => params), state])
      await never(guest)
    }
    const scripts = Object.fromEntries(kept.map(({ wasmBytesHandle }) => [wasmBytesHandle.split('/').at(-1), tell]))
    await boot(store, scripts)
    expect(said).toEqual([
      ['a', ['"messaging"', '"messaging"'], { kind: 'state', bytes: undefined }],
      ['c', ['"messaging"', '7'], { kind: 'state', bytes: utf8ToBytes('mine') }],
    ])
  })

  test('a process that was killed stays away, and its state stays', async () => {
    const store = createMemoryStore()
    const first = createTestKernel({ store })
    await first.launch(
      A,
      async (guest) => {
        await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('kept') })
        await never(guest)
      },
      { onExit: { kind: 'restart' } },
    )
    await first.command({ kind: 'KillProcess', id: parseProcessId(A) })
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
    expect(store.readState(A)).toEqual(utf8ToBytes('kept'))
  })

  test('what was granted to a module is there again', async () => {
    const store = createMemoryStore()
    const first = createTestKernel({ store })
    await first.kernel.grant(parseProcessId('tester:distro:sys'), [messaging(OUR_NAME, A)])
    const again = createTestKernel({ store })
    expect(again.kernel.has(parseProcessId('tester:distro:sys'), messaging(OUR_NAME, A))).toBe(true)
  })

  test('our own capabilities are signed with the key of today, others keep their signature', async () => {
    const { store, ready } = storeWith(A)
    await ready
    const ours = { issuer: parseAddress(`${OUR_NAME}@vfs:distro:sys`), params: '1' }
    const theirs = { issuer: parseAddress('bob.os@x:test:bob.os'), params: '2' }
    const old = new Uint8Array(64).fill(9)
    await store.commit([put(A, { capability: ours, signature: old }), put(A, { capability: theirs, signature: old })])
    const test = await boot(store, {
      a: async (guest) => {
        await guest.send('our@tester:distro:sys', { capabilities: [ours, theirs] })
        await never(guest)
      },
    })
    const [delivery] = test.heard
    const sent = delivery?.kind === 'message' ? delivery.message.message.capabilities : []
    expect(testVerify(capabilityBytes(ours), sent[0]?.signature ?? old)).toBe(true)
    expect(sent[1]?.signature).toEqual(old)
  })

  test.each([
    ['an unsafe name', { id: 'A:test:alice.os' }, 'removed the process "A:test:alice.os"', 0],
    ['no name at all', { id: 'nonsense' }, 'removed the process "nonsense"', 0],
    ['on-exit None', { id: A, onExit: { kind: 'none' } as const }, `removed the process "${A}"`, 0],
    ['a newer process world', { id: A, witVersion: 9 }, `left out the process ${A}`, 1],
    ['a missing file', { id: A, wasmBytesHandle: '/x/gone.wasm' }, `dropped ${A}: there is no file "/x/gone.wasm"`, 0],
    ['a component that does not run', { id: A, wasmBytesHandle: '/x/bad.wasm' }, `${A} cannot be initialized`, 1],
  ])('a process with %s does not run, and the owner is told', async (_, process, told, left) => {
    const { store, ready } = storeWith(process.id, process)
    await ready
    const test = await boot(store, {}, { missing: ['gone.wasm'] })
    expect(test.printed(0)).toEqual([expect.stringContaining(told)])
    const kept = store.listProcesses().filter(({ wasmBytesHandle }) => wasmBytesHandle !== '')
    expect(kept).toHaveLength(left)
    expect((await test.kernel.diagnostics()).map(({ id }) => id)).not.toContain(process.id)
  })

  test.each([
    ['another process gets its name', 'InitializeProcess'],
    ['it is killed', 'KillProcess'],
  ])('a process that was left out does not come back once %s', async (_, kind) => {
    const { store, ready } = storeWith(A, { wasmBytesHandle: '/x/bad.wasm' })
    await ready
    const test = await boot(store, { good: never })
    expect(store.listProcesses().map(({ id }) => id)).toContain(A)
    const id = parseProcessId(A)
    const terms = { wasmBytesHandle: '', witVersion: 1, onExit: { kind: 'none' }, initialCapabilities: [] } as const
    if (kind === 'KillProcess') await test.command({ kind, id })
    else await test.command({ kind: 'InitializeProcess', id, ...terms, public: false }, { wasm: 'good' })
    expect(store.listProcesses().map((process) => process.id)).not.toContain(A)
  })

  test.each(['InitializeProcess', 'KillProcess'] as const)(
    'who trusted a process that was left out trusts no other of its name: %s',
    async (kind) => {
      const { store, ready } = storeWith(A, { wasmBytesHandle: '/x/bad.wasm' })
      await ready
      const issued = { issuer: parseAddress(`${OUR_NAME}@${A}`), params: '"secret"' }
      const granted = { capability: issued, signature: new Uint8Array(0) }
      const process = { id: B, wasmBytesHandle: '/x/good.wasm', witVersion: 1, onExit: { kind: 'restart' } } as const
      await store.commit([{ kind: 'put-process', process: { ...process, public: false } }, put(B, granted)])
      const test = await boot(store, { good: never })
      const holder = parseProcessId(B)
      expect(test.kernel.has(holder, issued), 'while it is left out').toBe(true)
      const id = parseProcessId(A)
      const terms = { wasmBytesHandle: '', witVersion: 1, onExit: { kind: 'none' }, initialCapabilities: [] } as const
      if (kind === 'KillProcess') await test.command({ kind, id })
      await test.command({ kind: 'InitializeProcess', id, ...terms, public: false }, { wasm: 'good' })
      expect(test.kernel.has(holder, issued)).toBe(false)
      const kept = store.listProcesses().find((stored) => stored.id === B)?.capabilities ?? []
      expect(kept.map(({ capability }) => capability)).not.toContainEqual(issued)
    },
  )

  test.each([
    ['its component does not run', { wasmBytesHandle: '/x/bad.wasm' }],
    ['it is of a newer process world', { witVersion: 9 }],
  ])('a process that was left out has lost at the next boot what was revoked meanwhile: %s', async (_, wrong) => {
    const inner = createMemoryStore()
    let full = false
    const store: KernelStore = {
      ...inner,
      commit: (changes) => (full ? Promise.reject(new Error('no space left')) : inner.commit(changes)),
    }
    const fixed = {
      wasmBytesHandle: '/x/good.wasm',
      witVersion: 1,
      onExit: { kind: 'restart' },
      public: false,
    } as const
    const issued = { issuer: parseAddress(`${OUR_NAME}@${A}`), params: '"secret"' }
    const others = messaging(OUR_NAME, 'c:test:alice.os')
    await store.commit([
      { kind: 'put-process', process: { id: A, ...fixed } },
      { kind: 'put-process', process: { id: B, ...fixed, ...wrong } },
      ...[issued, others].map((capability) => put(B, { capability, signature: new Uint8Array(0) })),
    ])
    const test = await boot(store, { good: never })
    expect((await test.kernel.diagnostics()).map(({ id }) => id)).toContain(A)
    full = true
    await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
    full = false
    await test.clock.advance(TICK_MS)
    await test.kernel.stop()
    expect(keptBy(store, B)).toEqual([others])
    expect(store.listProcesses().find(({ id }) => id === B)).toMatchObject({ ...fixed, ...wrong })
  })

  test('nobody holds what a process issued that was not to outlive its node', async () => {
    const store = createMemoryStore()
    const first = createTestKernel({ store })
    const issued = { issuer: parseAddress(`${OUR_NAME}@${A}`), params: '"secret"' }
    const lasting = { issuer: parseAddress(`${OUR_NAME}@nobody:test:alice.os`), params: '"later"' }
    await first.launch(B, never, { onExit: { kind: 'restart' }, capabilities: [lasting] })
    await first.launch(A, never)
    await first.kernel.grant(parseProcessId(B), [issued, messaging(OUR_NAME, A)])
    expect(first.kernel.has(parseProcessId(B), issued)).toBe(true)
    expect(keptBy(store, B)).toEqual([lasting, messaging(OUR_NAME, B)])
    await first.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: { kind: 'restart' } })
    expect(keptBy(store, B)).toEqual([lasting, messaging(OUR_NAME, B), messaging(OUR_NAME, A), issued])
    await first.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: { kind: 'none' } })
    expect(first.kernel.has(parseProcessId(B), issued)).toBe(true)
    await first.kernel.stop()
    const test = await boot(store, Object.fromEntries([...first.scripts.keys()].map((name) => [name, never])))
    expect(test.printed(0)).toEqual([`removed the process "${A}": it was not to outlive its node`])
    expect(test.kernel.has(parseProcessId(B), lasting)).toBe(true)
    expect(test.kernel.has(parseProcessId(B), issued)).toBe(false)
    expect(keptBy(store, B)).toEqual([lasting, messaging(OUR_NAME, B)])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
  })

  test('what a process issued that was not kept is kept with the next of its name, which a kill left it to', async () => {
    const store = createMemoryStore()
    const test = createTestKernel({ store })
    const issued = { issuer: parseAddress(`${OUR_NAME}@${A}`), params: '"secret"' }
    await test.launch(B, never, { onExit: { kind: 'restart' } })
    await test.launch(A, never)
    await test.kernel.grant(parseProcessId(B), [issued])
    await test.command({ kind: 'KillProcess', id: parseProcessId(A) }, { metadata: 'no-revoke' })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    expect(test.kernel.has(parseProcessId(B), issued)).toBe(true)
    expect(keptBy(store, B)).toEqual([messaging(OUR_NAME, B), issued])
  })

  test('a process that changes again and again what is to become of it writes one row each time', async () => {
    const inner = createMemoryStore()
    const rows: number[] = []
    const store: KernelStore = {
      ...inner,
      commit(changes) {
        rows.push(changes.length)
        return inner.commit(changes)
      },
    }
    const test = createTestKernel({ store })
    await test.launch(A, async (guest) => {
      const issuer = guest.our
      const capabilities = Array.from({ length: 1_000 }, (_, at) => ({ issuer, params: `${at}` }))
      guest.act({ kind: 'save-capabilities', capabilities })
      for (const kind of ['restart', 'none', 'restart', 'none'] as const) guest.setOnExit({ kind })
      await never(guest)
    })
    expect(rows.slice(-3)).toEqual([1, 1, 1])
  })

  test('on-exit Requests are sent first, `our` being this node, and the process runs again', async () => {
    const request = { inherit: false, expectsResponse: undefined, body: utf8ToBytes('ended'), metadata: undefined }
    const target = parseAddress('our@tester:distro:sys')
    const onExit = { kind: 'requests', requests: [{ ...request, target, capabilities: [], blob: undefined }] } as const
    const { store, ready } = storeWith(A, { onExit })
    await ready
    const heard: string[] = []
    const test = await boot(store, {
      a: async (guest) => {
        heard.push('runs')
        await never(guest)
      },
    })
    expect(heard).toEqual(['runs'])
    const bodies = test.heard.map((each) => (each.kind === 'message' ? each.message.message.body : undefined))
    expect(bodies).toEqual([utf8ToBytes('ended')])
  })
})

describe('packages of the node', () => {
  test('run with what their manifest asks for, their own drive, and grants to who is there', async () => {
    const store = createMemoryStore()
    const other = { ...ENTRY, process_name: 'other', request_capabilities: [], grant_capabilities: [7], public: true }
    const test = await boot(store, { chat: never }, { packages: [createDistro([ENTRY, other])] })
    const chat = parseProcessId('chat:chat:sys')
    const vfs = parseAddress(`${OUR_NAME}@vfs:distro:sys`)
    for (const capability of [
      messaging(OUR_NAME, 'chat:chat:sys'),
      messaging(OUR_NAME, 'vfs:distro:sys'),
      { issuer: vfs, params: '{"root":true}' },
      { issuer: vfs, params: '{"drive":"/chat:sys/pkg","kind":"read"}' },
      { issuer: vfs, params: '{"drive":"/chat:sys/pkg","kind":"write"}' },
      { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' },
    ]) {
      expect(test.kernel.has(chat, capability), capability.params).toBe(true)
    }
    expect(test.kernel.has(parseProcessId('tester:distro:sys'), messaging(OUR_NAME, 'chat:chat:sys'))).toBe(true)
    const read = { issuer: parseAddress(`${OUR_NAME}@chat:chat:sys`), params: '"Read"' }
    expect(test.kernel.has(parseProcessId('other:chat:sys'), read)).toBe(true)
    expect(test.printed(0)).toEqual([expect.stringContaining('manifest of other:chat:sys: skipped a capability')])
    const kept = store.listProcesses().find(({ id }) => id === 'chat:chat:sys')
    expect(kept).toMatchObject({ wasmBytesHandle: '/chat:sys/pkg/chat.wasm', witVersion: 1, public: false })
  })

  test('that are there already get new terms, and keep what they hold', async () => {
    const store = createMemoryStore()
    await boot(store, { chat: never }, { packages: [createDistro([ENTRY])] })
    const changed = { ...ENTRY, process_wasm_path: 'chat2.wasm', request_capabilities: [], public: true }
    const test = await boot(store, { chat2: never }, { packages: [createDistro([changed], 0)] })
    expect(test.kernel.has(parseProcessId('chat:chat:sys'), messaging(OUR_NAME, 'vfs:distro:sys'))).toBe(true)
    const kept = store.listProcesses().filter(({ id }) => id === 'chat:chat:sys')
    expect(kept).toMatchObject([{ wasmBytesHandle: '/chat:sys/pkg/chat2.wasm', witVersion: 0, public: true }])
    expect((await test.kernel.diagnostics()).find(({ id }) => id === 'chat:chat:sys')?.phase).toBe('running')
  })

  test('with a name outside the alphabet are left out', async () => {
    const distro = createDistro([{ ...ENTRY, process_name: 'Chat' }])
    const test = await boot(createMemoryStore(), {}, { packages: [distro] })
    expect(test.printed(0)).toEqual([expect.stringContaining('left out the process "Chat:chat:sys"')])
  })
})

describe('the disk', () => {
  test('comes before the answer: nothing is acknowledged that is not written', async () => {
    const { store, outcome, release } = createHeldStore()
    const test = createTestKernel({ store })
    let done = false
    await test.launch(A, async (guest) => {
      await guest.receive()
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
      done = true
      await never(guest)
    })
    await test.launch(B, (guest) => guest.send(`our@${A}`), { capabilities: [messaging(OUR_NAME, A)], run: false })
    outcome.held = true
    await test.command({ kind: 'RunProcess', id: parseProcessId(B) })
    const answer = await test.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: { kind: 'restart' } })
    const killed = await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
    expect([done, answer, killed]).toEqual([false, undefined, undefined])
    const before = test.heard.length
    release()
    await idle()
    expect(test.heard.length, 'of what was run and what was killed').toBe(before + 2)
  })

  test('that is full has no kill acknowledged, however often it is asked for', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    const kill = { kind: 'KillProcess', id: parseProcessId(A) } as const
    outcome.fail = new Error('disk full')
    expect([await test.command(kill), await test.command(kill)]).toEqual([undefined, undefined])
    outcome.fail = undefined
    expect(await test.command(kill)).toMatchObject({ kind: 'KilledProcess' })
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
  })

  test('has no kill acknowledged while an earlier one is on its way, or on its way again', async () => {
    const { store, outcome, release } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    const kill = { kind: 'KillProcess', id: parseProcessId(A) } as const
    const before = test.heard.length
    const isKept = (): boolean => store.listProcesses().some(({ id }) => id === A)
    outcome.held = true
    await test.command(kill)
    await test.command(kill)
    outcome.fail = new Error('disk full')
    release('oldest')
    await idle()
    outcome.fail = undefined
    await test.clock.advance(1_000)
    // Of the second kill, which had nothing to write; the first is tried again after it.
    release('oldest')
    await idle()
    expect([test.heard.length - before, isKept()]).toEqual([0, true])
    release()
    await idle()
    expect([test.heard.length - before, isKept()]).toEqual([1, false])
  })

  test('has no right acknowledged that failed before', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    const later = Promise.withResolvers<void>()
    const set: Script = async (guest) => {
      await later.promise
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
      await never(guest)
    }
    await test.launch(A, set, { onExit: { kind: 'restart' } })
    const right = messaging(OUR_NAME, 'c:test:alice.os')
    outcome.fail = new Error('disk full')
    await expect(test.kernel.grant(parseProcessId(A), [right])).rejects.toThrow('disk full')
    outcome.fail = undefined
    later.resolve()
    await idle()
    expect(store.readState(A)).toEqual(utf8ToBytes('x'))
    await test.kernel.grant(parseProcessId(A), [right])
    expect(keptBy(store, A)).toContainEqual(right)
  })

  test('is not waited for by who asks what is so', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    outcome.held = true
    const question = { kind: 'Process', id: parseProcessId(A) } as const
    const answer = { kind: 'Process', process: undefined }
    expect(await test.command({ kind: 'Debug', question })).toEqual({ kind: 'Debug', answer })
  })

  test('that is full withholds the answer, says so, and is tried again', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    outcome.fail = new Error('disk full')
    await expect(test.launch(A, never, { onExit: { kind: 'restart' } })).rejects.toThrow(A)
    expect(test.printed(0)).toEqual(['the store could not be written: disk full'])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
    outcome.fail = undefined
    await test.clock.advance(2_000)
    expect(store.listProcesses().find(({ id }) => id === A)).toMatchObject({ capabilities: [{}] })
  })

  test('keeps a process whose change failed at a boot that then left it out', async () => {
    const { store, outcome } = createHeldStore()
    const first = await boot(store, { chat: never }, { packages: [createDistro([ENTRY])] })
    await first.kernel.stop()
    const before = keptBy(store, 'chat:chat:sys')
    outcome.fail = new Error('disk full')
    const test = await boot(store, {}, { packages: [createDistro([ENTRY])] })
    expect(test.printed(0)).toContainEqual(expect.stringContaining('disk full'))
    expect(test.printed(0)).toContainEqual(expect.stringContaining('chat:chat:sys cannot be initialized'))
    outcome.fail = undefined
    await test.clock.advance(1_000)
    expect(before).not.toEqual([])
    expect(keptBy(store, 'chat:chat:sys')).toEqual(before)
  })

  test.each(['before the stop', 'during the stop'])(
    'is tried once more at the end, after it failed %s',
    async (when) => {
      const { store, outcome, release } = createHeldStore()
      const test = createTestKernel({ store })
      await test.launch(A, never, { onExit: { kind: 'restart' } })
      const right = messaging(OUR_NAME, B)
      outcome.held = true
      const granted = test.kernel.grant(parseProcessId(A), [right])
      const stopped = when === 'during the stop' ? test.kernel.stop() : undefined
      await idle()
      outcome.fail = new Error('disk full')
      release('oldest')
      await expect(granted).rejects.toThrow('disk full')
      outcome.fail = undefined
      release()
      await (stopped ?? test.kernel.stop())
      expect(keptBy(store, A)).toContainEqual(right)
      expect(test.printed(0)).toEqual(['the store could not be written: disk full'])
    },
  )

  test('that stays full is named at the end, with whose changes are lost', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    await test.launch(A, never, { onExit: { kind: 'restart' } })
    outcome.fail = new Error('disk full')
    await test.command({ kind: 'KillProcess', id: parseProcessId(A) })
    await test.kernel.stop()
    expect(test.printed(0).at(-1)).toBe(
      `the node ends with changes that could not be written, of ${A}, tester:distro:sys`,
    )
  })

  test('that is full traps a guest that sets its state', async () => {
    const { store, outcome } = createHeldStore()
    const test = createTestKernel({ store })
    const set = async (guest: Guest): Promise<void> => {
      await guest.ask({ kind: 'set-state', bytes: utf8ToBytes('x') })
    }
    await test.launch(A, set, { run: false })
    outcome.fail = new Error('disk full')
    await test.command({ kind: 'RunProcess', id: parseProcessId(A) })
    expect(test.printed(0)).toContain(`${A} trapped: set-state failed: the store could not be written`)
  })

  test('that cannot be read gives no state, and says so', async () => {
    const store: KernelStore = {
      ...createMemoryStore(),
      readState: () => {
        throw new Error('bad sector')
      },
    }
    const test = createTestKernel({ store })
    let state: unknown
    await test.launch(A, async (guest) => {
      state = await guest.ask({ kind: 'get-state' })
    })
    expect(state).toEqual({ kind: 'state', bytes: undefined })
    expect(test.printed(0)).toEqual([`the state of ${A} cannot be read: bad sector`])
  })
})

test('every message that passes can be watched, and prints carry the name of their process', async () => {
  const test = createTestKernel()
  const watched: string[] = []
  test.kernel.observe((message) => void watched.push(message.source.process.process))
  await test.launch(B, async (guest) => void (await guest.receive()), { public: true })
  await test.launch(A, async (guest) => {
    guest.act({ kind: 'print', verbosity: 0, text: 'hello' })
    await guest.send(`our@${B}`, { body: 'x' })
  })
  expect(watched).toContain('a')
  test.kernel.observe(undefined)
  const count = watched.length
  await test.command({ kind: 'Debug', question: { kind: 'ProcessMap' } })
  expect(watched).toHaveLength(count)
  expect(test.prints).toContainEqual({ verbosity: 0, source: parseProcessId(A), text: 'test:alice.os: hello' })
})

test('a shutdown ends every instance without its on-exit, and the node is told', async () => {
  let told = 0
  const test = createTestKernel({ shutDown: () => void (told += 1) })
  const heard: string[] = []
  await test.launch(A, async (guest) => void heard.push(bodyOf(await guest.receive())), { onExit: { kind: 'restart' } })
  await test.command({ kind: 'Shutdown' })
  expect(told).toBe(1)
  await test.kernel.stop()
  await test.clock.advance(10_000)
  expect(heard).toEqual([])
  expect(test.kernel.send({} as never)).toBe(false)
})

test('without a runner nothing can be initialized', async () => {
  const test = createTestKernel({ runner: undefined })
  await expect(test.launch(A, never)).rejects.toThrow('InitializeProcessError')
})
