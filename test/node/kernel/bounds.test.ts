import { ADDRESS_MAX_LENGTH, parseAddress, parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { GUEST_CREDITS, type GuestKernel } from '../../../node/kernel/guest.ts'
import {
  COMMITS_MAX,
  INBOX_MAX,
  ON_EXIT_MAX,
  PROCESS_ID_MAX_LENGTH,
  STATE_MAX_BYTES,
  WASM_HANDLE_MAX_LENGTH,
} from '../../../node/kernel/limits.ts'
import { createMemoryStore } from '../../../node/kernel/store.ts'
import { never } from './events.ts'
import { createKernelThatSpawns, createTestKernel, idle, OUR_NAME } from './kernel-fixture.ts'
import { A, B, deaf, network, PUBLIC } from './mailboxes.ts'
import { foreign, fromAbroad, ownCapabilities } from './many-capabilities.ts'
import type { Guest } from './scripted.ts'

describe('what a message carries counts for what it takes', () => {
  test('of a guest: capabilities, a media type, the target', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    const costs: number[] = []
    await test.launch(A, async (guest) => {
      const cost = async (target: string, request: Parameters<Guest['send']>[1]): Promise<number> => {
        const before = guest.credits().bytes
        await guest.send(target, request)
        return before - guest.credits().bytes
      }
      const plain = await cost(`our@${B}`, {})
      costs.push((await cost(`our@${B}`, { capabilities: ownCapabilities(A, 1_000, 1_000) })) - plain)
      costs.push((await cost(`our@${B}`, { blob: { mime: 'm'.repeat(5_000), bytes: new Uint8Array(3) } })) - plain)
    })
    expect(costs).toEqual([1_000 * (256 + 1_000 + `${OUR_NAME}@${A}`.length), 5_003])
  })

  test('so that a guest which sends nothing but capabilities waits too', async () => {
    const test = createTestKernel()
    await test.launch(B, deaf, PUBLIC)
    let sent = 0
    await test.launch(A, async (guest) => {
      for (; ; sent += 1) await guest.send(`our@${B}`, { capabilities: ownCapabilities(A, 1_000, 1_000) })
    })
    expect(sent).toBe(Math.floor(GUEST_CREDITS.bytes / (1_000 * (1_000 + 256 + 24) + 300)))
  })

  test.each([
    ['capabilities', () => fromAbroad(A, foreign(8, 1_000_000))],
    ['a media type', () => fromAbroad(A, [], 'm'.repeat(8_000_000))],
  ])('of another node: %s', async (_, make) => {
    const test = createTestKernel()
    await test.launch(A, deaf, { capabilities: [network] })
    for (let sent = 0; sent < 20; sent += 1) test.kernel.receive(make())
    const { inbox } = (await test.kernel.diagnostics()).find(({ id }) => id === A) ?? { inbox: undefined }
    expect(inbox?.messages).toBe(Math.floor(INBOX_MAX.bytes / 2 / 8_000_000))
    expect(inbox?.bytes).toBeLessThanOrEqual(INBOX_MAX.bytes / 2)
    expect(test.printed(0)).toEqual([expect.stringContaining(`${A} has too much mail waiting`)])
  })
})

describe('what a process is made of is bounded', () => {
  const terms = { wasmBytesHandle: '/x', witVersion: 1, onExit: { kind: 'none' }, initialCapabilities: [] } as const
  const request = {
    target: parseAddress(`our@${B}`),
    inherit: false,
    expectsResponse: undefined,
    body: new Uint8Array(ON_EXIT_MAX.bytes), // as JSON, less than a request may have
    metadata: undefined,
    capabilities: [],
    blob: undefined,
  }
  const tooMuch = { kind: 'requests', requests: [request] } as const
  const longName = parseProcessId(`${'a'.repeat(PROCESS_ID_MAX_LENGTH)}:test:alice.os`)

  test.each([
    ['its name', longName, {}, 'has 526 characters, expected at most 512'],
    [
      'the path of its component',
      parseProcessId(A),
      { wasmBytesHandle: '/'.repeat(WASM_HANDLE_MAX_LENGTH + 1) },
      '4097',
    ],
    ['its on-exit', parseProcessId(A), { onExit: tooMuch }, 'its on-exit has 1 requests that count for'],
  ])('%s', async (_, id, more, told) => {
    const test = createTestKernel()
    const command = { kind: 'InitializeProcess', id, ...terms, ...more, public: false } as const
    test.scripts.set('x', never)
    expect(await test.command(command, { wasm: 'x' })).toEqual({ kind: 'InitializeProcessError' })
    expect(test.printed(0)).toEqual([expect.stringContaining(told)])
  })

  test('also of a child', async () => {
    const test = createKernelThatSpawns()
    await test.launch(A, async (guest) => void (await guest.spawn({ wasmPath: '/x', name: longName.process })))
    expect(test.printed(0)).toContainEqual(expect.stringContaining('has 526 characters, expected at most 512'))
    expect(test.printed(0)).toContainEqual(expect.stringContaining(`${A} trapped: cannot spawn`))
  })

  test('also what is set later: it stays as it was', async () => {
    const test = createTestKernel()
    await test.launch(A, async (guest) => {
      guest.setOnExit(tooMuch)
      await never(guest)
    })
    await test.command({ kind: 'SetOnExit', target: parseProcessId(A), onExit: tooMuch })
    expect(test.printed(0)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.stringContaining(`the on-exit of ${A} stays as it was: its on-exit has 1`),
      ),
    )
    expect((await test.kernel.diagnostics()).find(({ id }) => id === A)?.onExit).toBe('none')
  })

  test.each([
    ['a target without a node', { target: { node: '', process: parseProcessId(B) } }],
    ['a target in one part', { target: { node: 'our', process: { process: B, package: '', publisher: '' } } }],
    [
      'a capability of nobody',
      { capabilities: [{ issuer: { node: 'our', process: { ...parseProcessId(B), publisher: '' } }, params: '1' }] },
    ],
  ])('also whom it names: what could not be read at the next boot is not kept (%s)', async (_, wrong) => {
    const store = createMemoryStore()
    const test = createTestKernel({ store })
    const onExit = { kind: 'requests', requests: [{ ...request, body: new Uint8Array(0), ...wrong }] } as const
    await test.launch(A, async (guest) => {
      guest.setOnExit(onExit)
      await never(guest)
    })
    expect(test.printed(0)).toEqual([
      expect.stringContaining(`the on-exit of ${A} stays as it was: its on-exit cannot be kept: address "`),
    ])
    expect(store.listProcesses().map(({ id }) => id)).not.toContain(A)
  })

  test('also its state', async () => {
    const test = createTestKernel()
    await test.launch(A, async (guest) => {
      await guest.ask({ kind: 'set-state', bytes: new Uint8Array(STATE_MAX_BYTES + 1) })
    })
    expect(test.printed(0)).toEqual([
      `${A} trapped: set-state failed: the state has ${STATE_MAX_BYTES + 1} bytes, expected at most ${STATE_MAX_BYTES}`,
    ])
    expect(await test.store.readState(A)).toBeUndefined()
  })
})

test('a guest that changes what is kept faster than the disk takes it has to wait', async () => {
  const inner = createMemoryStore()
  let held = false
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let guest: GuestKernel | undefined
  const test = createTestKernel({
    store: { ...inner, commit: (changes) => (held ? gate.then(() => inner.commit(changes)) : inner.commit(changes)) },
    runner: {
      prepare: () => Promise.resolve({ sizeBytes: 0 }),
      start({ kernel }) {
        guest = kernel
        const usage = () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 })
        return { kill: () => Promise.resolve(), usage, giveCredit: () => undefined }
      },
    },
  })
  await test.launch(A, never, { onExit: { kind: 'restart' } })
  held = true
  let done = 0
  for (const capability of ownCapabilities(A, COMMITS_MAX + 2)) {
    guest?.act({ kind: 'save-capabilities', capabilities: [capability] }, () => void (done += 1))
  }
  await idle()
  expect(done).toBe(COMMITS_MAX)
  release()
  await idle()
  expect(done).toBe(COMMITS_MAX + 2)
  guest?.act({ kind: 'print', verbosity: 0, text: 'x' }, () => void (done += 1))
  expect(done).toBe(COMMITS_MAX + 3)
})

test('a target with parts that are empty, or hold separators, is nobody, here and abroad', async () => {
  const test = createTestKernel()
  const errors: unknown[] = []
  const id = { process: 'kernel', package: 'distro', publisher: 'sys' }
  const targets = [
    { node: '', process: id },
    { node: 'our', process: { process: '', package: '', publisher: '' } },
    { node: 'our', process: { process: 'kernel:distro', package: 'sys', publisher: '' } },
    { node: 'our', process: { process: 'kernel:distro:sys', package: '', publisher: '' } },
    { node: `${OUR_NAME}@kernel:distro:sys`, process: id },
    { node: 'bob.os', process: { process: 'x:y', package: 'test', publisher: 'bob.os' } },
    { node: 'bob.os', process: { process: 'x'.repeat(ADDRESS_MAX_LENGTH), package: 'test', publisher: 'bob.os' } },
  ]
  const holds = { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"messaging"' }
  await test.launch(
    A,
    async (guest) => {
      for (const target of targets) {
        const body = utf8ToBytes('"Shutdown"')
        const request = { target, inherit: false, expectsResponse: 5n, body, metadata: undefined, capabilities: [] }
        const answer = await guest.ask({ kind: 'send-and-await', request: { ...request, blob: undefined } })
        errors.push(answer.kind === 'event' && answer.event.kind === 'send-error' && answer.event.error)
      }
    },
    { capabilities: [network, holds] },
  )
  expect(errors).toEqual(targets.map(() => 'timeout'))
  expect(test.sent).toEqual([])
})
