import { capabilityBytes, parseAddress, parseProcessId, type SignedCapability, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { capabilityKey } from '../../../node/kernel/capabilities.ts'
import { TICK_MS } from '../../../node/kernel/limits.ts'
import { createMemoryStore, type KernelStore, type StoreChange } from '../../../node/kernel/store.ts'
import { boot, createDistro, ENTRY, keptBy } from './boot-fixture.ts'
import { never } from './events.ts'
import { createTestKernel, OUR_NAME, testVerify } from './kernel-fixture.ts'
import { A, B } from './mailboxes.ts'
import { messaging, type Script } from './scripted.ts'

function storeWith(id: string, more: Partial<Extract<StoreChange, { kind: 'put-process' }>['process']> = {}) {
  const store = createMemoryStore()
  const process = { id, wasmBytesHandle: `/x/${id.split(':')[0]}.wasm`, witVersion: 1, public: true, ...more }
  return { store, ready: store.commit([{ kind: 'put-process', process: { onExit: { kind: 'restart' }, ...process } }]) }
}

function put(holder: string, { capability, signature }: SignedCapability): StoreChange {
  return { kind: 'put-capability', holder, key: capabilityKey(capability), capability: { capability, signature } }
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
    expect(await store.readState(A)).toEqual(utf8ToBytes('kept'))
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
