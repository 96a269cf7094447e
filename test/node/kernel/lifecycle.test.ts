import { parseAddress, parseProcessId, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import type { OnExit } from '../../../node/kernel/guest.ts'
import { PROCESSES_MAX } from '../../../node/kernel/limits.ts'
import { backoffSeconds, nextAttempt } from '../../../node/kernel/restart.ts'
import { bodyOf, never } from './events.ts'
import { createTestKernel, FakeClock, idle, OUR_NAME } from './kernel-fixture.ts'
import { messaging } from './scripted.ts'

const A = 'a:test:alice.os'
const B = 'b:test:alice.os'
const RESTART: OnExit = { kind: 'restart' }

function requestsTo(target: string, body: string): OnExit {
  const sent = { inherit: false, expectsResponse: 5n, body: utf8ToBytes(body), metadata: undefined, capabilities: [] }
  return { kind: 'requests', requests: [{ target: parseAddress(target), ...sent, blob: undefined }] }
}

describe('initialize and run', () => {
  test('what is sent in between arrives after the start, in order', async () => {
    const { launch, command } = createTestKernel()
    const heard: string[] = []
    await launch(
      B,
      async (guest) => {
        for (;;) heard.push(bodyOf(await guest.receive()))
      },
      { public: true, run: false },
    )
    await launch(A, async (guest) => {
      for (const body of ['1', '2', '3']) await guest.send(`our@${B}`, { body })
    })
    await idle()
    expect(heard).toEqual([])
    expect(await command({ kind: 'RunProcess', id: parseProcessId(B) })).toEqual({ kind: 'StartedProcess' })
    await idle()
    expect(heard).toEqual(['1', '2', '3'])
  })

  const base = { wasmBytesHandle: '', witVersion: 1, onExit: RESTART, initialCapabilities: [], public: false } as const
  test.each([
    ['no component', { id: parseProcessId(A) }, undefined],
    ['a component that is none', { id: parseProcessId(A) }, 'nonsense'],
    ['a name outside the alphabet', { id: parseProcessId('A:test:alice.os') }, 'idle'],
    ['a newer process world', { id: parseProcessId(A), witVersion: 2 }, 'idle'],
    ['a name that a module has', { id: parseProcessId('tester:distro:sys') }, 'idle'],
  ])('with %s is an error, and leaves nothing', async (_, wanted, wasm) => {
    const { command, scripts, store, printed } = createTestKernel()
    scripts.set('idle', never)
    const before = store.listProcesses().length
    const value = { kind: 'InitializeProcess', ...base, ...wanted } as const
    expect(await command(value, wasm === undefined ? {} : { wasm })).toEqual({ kind: 'InitializeProcessError' })
    expect(printed(0)).toHaveLength(1)
    expect(store.listProcesses()).toHaveLength(before)
    const after = await command({ kind: 'Debug', question: { kind: 'ProcessMap' } })
    expect(after).toMatchObject({ kind: 'Debug', answer: { processes: { size: 2 } } })
  })

  test('of no version, and of version 1, is the first process world', async () => {
    const { command, scripts } = createTestKernel()
    scripts.set('idle', never)
    for (const [process, witVersion] of [['x', undefined] as const, ['y', 1] as const]) {
      const id = { ...parseProcessId(A), process }
      const answer = await command({ kind: 'InitializeProcess', ...base, id, witVersion }, { wasm: 'idle' })
      expect(answer).toEqual({ kind: 'InitializedProcess' })
    }
  })

  test('the name is taken while the component is checked, and mail for one that fails comes back', async () => {
    const checked = Promise.withResolvers<{ sizeBytes: number }>()
    const { kernel, command, heard } = createTestKernel({
      runner: { prepare: () => checked.promise, start: () => Promise.reject(new Error('never')) as never },
    })
    const id = parseProcessId(A)
    const first = command({ kind: 'InitializeProcess', ...base, id }, { wasm: 'x' })
    await idle()
    expect(await command({ kind: 'InitializeProcess', ...base, id }, { wasm: 'x' })).toEqual({
      kind: 'InitializeProcessError',
    })
    const running = command({ kind: 'RunProcess', id })
    kernel.send({
      id: 99n,
      source: parseAddress('our@tester:distro:sys'),
      target: parseAddress(`our@${A}`),
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: 5n,
        body: utf8ToBytes('hi'),
        metadata: undefined,
        capabilities: [],
      },
      blob: undefined,
    })
    await idle()
    checked.reject(new Error('not a component'))
    await Promise.all([first, running])
    const kinds = heard.map((each) => (each.kind === 'message' ? each.message.id : `error ${each.error.message.id}`))
    expect(kinds).toContain('error 99')
    expect(await command({ kind: 'Debug', question: { kind: 'Process', id } })).toEqual({
      kind: 'Debug',
      answer: { kind: 'Process', process: undefined },
    })
  })

  test('running what is not there, or is a module, is an error; running twice starts once', async () => {
    const { command, launch } = createTestKernel()
    for (const id of ['nobody:test:alice.os', 'tester:distro:sys', 'kernel:distro:sys']) {
      expect(await command({ kind: 'RunProcess', id: parseProcessId(id) })).toEqual({ kind: 'RunProcessError' })
    }
    let starts = 0
    await launch(A, async (guest) => {
      starts += 1
      await never(guest)
    })
    expect(await command({ kind: 'RunProcess', id: parseProcessId(A) })).toEqual({ kind: 'StartedProcess' })
    await idle()
    expect(starts).toBe(1)
  })

  test('running what waits to be started again is an error: it is absent, and starts when its time has come', async () => {
    const { clock, command, launch } = createTestKernel()
    let starts = 0
    await launch(
      A,
      () => {
        starts += 1
        return Promise.resolve()
      },
      { onExit: RESTART },
    )
    await clock.advance(1_500)
    const before = starts
    expect(await command({ kind: 'RunProcess', id: parseProcessId(A) })).toEqual({ kind: 'RunProcessError' })
    await idle()
    expect(starts).toBe(before)
    await clock.advance(600_000)
    expect(starts).toBeGreaterThan(before)
  })

  test(`no more than ${PROCESSES_MAX} processes are there at once`, async () => {
    const { command, scripts } = createTestKernel()
    scripts.set('idle', never)
    const answers = new Map<string, number>()
    for (let made = 0; made < PROCESSES_MAX; made += 1) {
      const id = { ...parseProcessId(A), process: `p${made}` }
      // A fresh kernel each time would say nothing: the bound is over all of them.
      const answer = await command({ kind: 'InitializeProcess', ...base, id }, { wasm: 'idle' })
      answers.set(String(answer?.kind), (answers.get(String(answer?.kind)) ?? 0) + 1)
    }
    // The kernel and the tester count too.
    expect(Object.fromEntries(answers)).toEqual({ InitializedProcess: PROCESSES_MAX - 2, InitializeProcessError: 2 })
  })
})

describe('back-off', () => {
  test('the waits double from 2 to 512 s, then stay at 600 s', async () => {
    const { clock, launch } = createTestKernel()
    const startsMs: number[] = []
    await launch(
      A,
      () => {
        startsMs.push(clock.nowMs)
        return Promise.resolve()
      },
      { onExit: RESTART },
    )
    await clock.advance(2_500_000)
    const waits = startsMs.slice(1).map((ms, index) => (ms - (startsMs[index] ?? 0)) / 1_000)
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600])
  })

  test.each([
    ['a first run of 5 s is healthy', 1, 5_000, 1],
    ['a first run a little shorter is not', 1, 4_999, 2],
    ['after a wait of 8 s, 40 s are healthy', 4, 40_000, 1],
    ['after a wait of 8 s, 39 s are not', 4, 39_999, 5],
    ['after the longest wait, 3000 s are healthy', 40, 3_000_000, 1],
  ])('%s', (_, attempts, uptimeMs, expected) => expect(nextAttempt(attempts, uptimeMs)).toBe(expected))

  test('never overflows', () => expect(backoffSeconds(1e9)).toBe(600))

  test('a process that waits is absent: a request to it fails at once', async () => {
    const { clock, launch, printed } = createTestKernel()
    await launch(B, () => Promise.reject(new Error('crash')), { public: true, onExit: RESTART })
    const heard: string[] = []
    await launch(A, async (guest) => {
      heard.push((await guest.sendAndAwait(`our@${B}`)).kind)
    })
    expect(heard).toEqual(['send-error'])
    expect(printed(0)).toContain(`${B} trapped: crash`)
    await clock.advance(2_000)
    expect(printed(0).filter((text) => text === `${B} trapped: crash`)).toHaveLength(2)
  })

  test('a process asks to be restarted though it was not initialized so', async () => {
    const { clock, launch } = createTestKernel()
    let starts = 0
    await launch(A, (guest) => {
      starts += 1
      guest.setOnExit(RESTART)
      return Promise.resolve()
    })
    await clock.advance(2_000)
    expect(starts).toBe(2)
  })
})

describe('on-exit', () => {
  test.each([
    ['returns', () => Promise.resolve()],
    ['traps', () => Promise.reject(new Error('trap'))],
  ])('None: a process that %s is gone, and what it issued is revoked', async (_, script) => {
    const { kernel, launch, command } = createTestKernel()
    await launch(B, never, { capabilities: [messaging(OUR_NAME, A)] })
    expect(kernel.has(parseProcessId(B), messaging(OUR_NAME, A))).toBe(true)
    await launch(A, script)
    expect(await command({ kind: 'Debug', question: { kind: 'Process', id: parseProcessId(A) } })).toMatchObject({
      answer: { process: undefined },
    })
    expect(kernel.has(parseProcessId(B), messaging(OUR_NAME, A))).toBe(false)
  })

  test('Requests are sent when it ends, without waiting for a response, and checked as its own', async () => {
    const { launch, heard, printed } = createTestKernel()
    await launch(B, never)
    await launch(A, () => Promise.resolve(), { onExit: requestsTo('our@tester:distro:sys', 'bye') })
    const messages = heard.flatMap((each) => (each.kind === 'message' ? [each.message] : []))
    const bye = messages.find(({ source }) => source.process.process === 'a')
    expect(bye?.message).toMatchObject({ kind: 'request', expectsResponse: undefined, body: utf8ToBytes('bye') })
    const other = 'c:test:alice.os'
    await launch(other, () => Promise.resolve(), { onExit: requestsTo(`our@${B}`, 'bye') })
    expect(printed(0)).toContain(`${other} lacks the capability to message ${B}`)
  })

  test('nothing is sent or restarted when the process is killed', async () => {
    const { launch, command, heard } = createTestKernel()
    await launch(A, never, { onExit: requestsTo('our@tester:distro:sys', 'bye') })
    expect(await command({ kind: 'KillProcess', id: parseProcessId(A) })).toEqual({
      kind: 'KilledProcess',
      id: parseProcessId(A),
    })
    await idle()
    expect(heard.some((each) => each.kind === 'message' && each.message.source.process.process === 'a')).toBe(false)
  })
})

describe('kill', () => {
  test('ends a process in every phase, and answers with its id', async () => {
    const { launch, command, clock } = createTestKernel()
    const id = parseProcessId(A)
    const killed = { kind: 'KilledProcess', id }
    const starts: string[] = []
    await launch(A, never, { run: false })
    expect(await command({ kind: 'KillProcess', id })).toEqual(killed)
    await launch(A, never)
    expect(await command({ kind: 'KillProcess', id })).toEqual(killed)
    await launch(
      A,
      () => {
        starts.push('start')
        return Promise.resolve()
      },
      { onExit: RESTART },
    )
    expect(await command({ kind: 'KillProcess', id })).toEqual(killed)
    await clock.advance(10_000)
    expect(starts).toEqual(['start'])
    await launch(A, async (guest) => void (await guest.sendAndAwait('bob.os@x:y:z')), {
      capabilities: [{ issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }],
    })
    expect(await command({ kind: 'KillProcess', id })).toEqual(killed)
    await launch(A, never)
  })

  test('revokes what the process issued, unless told not to', async () => {
    const { kernel, launch, command } = createTestKernel()
    const id = parseProcessId(A)
    await launch(B, never, { capabilities: [messaging(OUR_NAME, A)] })
    await launch(A, never)
    await command({ kind: 'KillProcess', id }, { metadata: 'no-revoke' })
    expect(kernel.has(parseProcessId(B), messaging(OUR_NAME, A))).toBe(true)
    await launch(A, never)
    await command({ kind: 'KillProcess', id })
    expect(kernel.has(parseProcessId(B), messaging(OUR_NAME, A))).toBe(false)
  })

  test('of an unknown process is answered only to who waits; a module lives on', async () => {
    const { command, kernel } = createTestKernel()
    const id = parseProcessId('nobody:test:alice.os')
    expect(await command({ kind: 'KillProcess', id })).toEqual({ kind: 'KilledProcess', id })
    expect(await command({ kind: 'KillProcess', id: parseProcessId('tester:distro:sys') })).toBeUndefined()
    expect((await kernel.diagnostics()).map((process) => process.id)).toContain('tester:distro:sys')
  })

  test('a runner that cannot kill, or start, is complained about and contained', async () => {
    const clock = new FakeClock()
    const { launch, command, printed } = createTestKernel({
      now: clock.now,
      runner: {
        prepare: () => Promise.resolve({ sizeBytes: 1 }),
        start({ our }) {
          if (our.process.process === 'b') throw new Error('no thread')
          const usage = () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 })
          return { kill: () => Promise.reject(new Error('stuck')), usage, giveCredit: () => undefined }
        },
      },
    })
    await launch(A, never)
    await launch(B, never)
    await command({ kind: 'KillProcess', id: parseProcessId(A) })
    await idle()
    expect(printed(0)).toEqual([`${B} trapped: no thread`, `${A} could not be ended: stuck`])
  })
})

test('a component that turns out bad after its process was killed does no harm to the next of that name', async () => {
  const checks: PromiseWithResolvers<{ sizeBytes: number }>[] = []
  const { command, printed, kernel } = createTestKernel({
    runner: {
      prepare() {
        const check = Promise.withResolvers<{ sizeBytes: number }>()
        checks.push(check)
        return check.promise
      },
      start: () => ({
        kill: () => Promise.resolve(),
        usage: () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
        giveCredit: () => undefined,
      }),
    },
  })
  const id = parseProcessId(A)
  const wanted = {
    wasmBytesHandle: '',
    witVersion: 1,
    onExit: RESTART,
    initialCapabilities: [],
    public: false,
  } as const
  await command({ kind: 'InitializeProcess', id, ...wanted }, { wasm: 'x' })
  await command({ kind: 'KillProcess', id })
  await command({ kind: 'InitializeProcess', id, ...wanted }, { wasm: 'x' })
  checks[1]?.resolve({ sizeBytes: 1 })
  await idle()
  checks[0]?.reject(new Error('bad'))
  await idle()
  expect(await command({ kind: 'RunProcess', id })).toEqual({ kind: 'StartedProcess' })
  expect((await kernel.diagnostics()).find((process) => process.id === A)?.phase).toBe('running')
  expect(printed(0)).toEqual([])
})
