import { readdirSync, readFileSync } from 'node:fs'
import { parseAddress } from '@hyperware/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  creditBytes,
  GUEST_CREDITS,
  type GuestAction,
  type GuestExit,
  type GuestQuestion,
  type RunningGuest,
} from '../../../node/kernel/guest.ts'
import { PIECE_BYTES } from '../../../node/kernel/copy-in-turns.ts'
import { PAGE_BYTES } from '../../../node/wasm/cells.ts'
import { type ComponentRunner, createComponentRunner, MEMORY_MAX_BYTES } from '../../../node/wasm/runner.ts'
import { UNPACED_BYTES } from '../../../node/wasm/state-pace.ts'
import { until } from '../../helpers/until.ts'
import * as guests from './wat-guests.ts'

const OUR = parseAddress('alice.os@main:app:pub.os')
const LIMITS = { memoryMaxBytes: 64 * PAGE_BYTES }

let runner: ComponentRunner
beforeAll(() => {
  runner = createComponentRunner({ idleThreads: 2 })
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((guest) => guest.kill()))
})
afterAll(() => runner.close())

const running: RunningGuest[] = []

/** An instance, and everything that it told the kernel, which answers nothing. */
type Probe = {
  readonly guest: RunningGuest
  readonly acts: GuestAction[]
  readonly asks: GuestQuestion[]
  readonly exits: GuestExit[]
  readonly exited: Promise<GuestExit>
}

/** `holdBack`: what actions took is given back when the test says so, by calling what it is handed. */
async function start(
  wasm: Promise<Uint8Array>,
  limits = LIMITS,
  holdBack: (done: () => void) => void = (done) => done(),
): Promise<Probe> {
  const prepared = await runner.prepare(await wasm, limits)
  const acts: GuestAction[] = []
  const asks: GuestQuestion[] = []
  const exits: GuestExit[] = []
  const exit = Promise.withResolvers<GuestExit>()
  const guest = runner.start({
    prepared,
    our: OUR,
    kernel: {
      act(action, done) {
        acts.push(action)
        if (done !== undefined) holdBack(done)
      },
      ask: (question) => void asks.push(question),
      exited: (ended) => {
        exits.push(ended)
        exit.resolve(ended)
      },
    },
  })
  running.push(guest)
  return { guest, acts, asks, exits, exited: exit.promise }
}

/** Processor time of all threads since then, in ms. */
function spentMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1_000
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

describe('a process that ends by itself', () => {
  test.for<{ how: string; wasm: () => Promise<Uint8Array>; exit: GuestExit }>([
    { how: 'by returning', wasm: guests.returning, exit: { kind: 'returned' } },
    { how: 'by a trap', wasm: guests.trapping, exit: { kind: 'trapped', reason: 'unreachable' } },
    {
      how: 'by using up its stack',
      wasm: guests.recursing,
      exit: { kind: 'trapped', reason: 'Maximum call stack size exceeded' },
    },
    {
      how: 'by a list that nobody needs',
      wasm: guests.listing,
      exit: { kind: 'trapped', reason: 'the guest gave a list of 5120000 bytes, expected at most 4194304' },
    },
    {
      how: 'before its init is called',
      wasm: guests.failingAtStart,
      exit: { kind: 'trapped', reason: 'divide by zero' },
    },
  ])('is told once: $how', async ({ wasm, exit }) => {
    const { exited, exits, guest } = await start(wasm())
    expect(await exited).toEqual(exit)
    await guest.kill()
    expect(exits, 'not told again when its thread ends').toHaveLength(1)
  })

  test('by a trap leaves its last words', async () => {
    const { exited } = await start(guests.complaining())
    const exit = await exited
    const reason = exit.kind === 'trapped' ? exit.reason : ''
    expect([reason.slice(0, 12), reason.length, reason.slice(-30)]).toEqual([
      'unreachable\n',
      12 + 5_000,
      'yyyythe disk of dreams is full',
    ])
  })

  test('because its thread dies has a reason too', async () => {
    const { exited } = await start(guests.hoarding(), { memoryMaxBytes: 4_096 * PAGE_BYTES })
    expect(await exited).toEqual({
      kind: 'trapped',
      reason: 'values on their way into or out of the process took too much memory',
    })
  })
})

describe('a process is ended from outside', () => {
  test.for<{ doing: string; wasm: () => Promise<Uint8Array>; begun: (probe: Probe) => boolean }>([
    { doing: 'it waits for a message', wasm: guests.sinking, begun: ({ asks }) => asks.length === 1 },
    { doing: 'it prints without end', wasm: guests.printing, begun: ({ acts }) => acts.length > 1_000 },
    {
      doing: 'it waits for credit',
      wasm: () => guests.flooding('other'),
      begun: ({ acts }) => acts.length === GUEST_CREDITS.messages,
    },
  ])('while $doing', async ({ wasm, begun }) => {
    const probe = await start(wasm())
    await until(() => begun(probe))
    await probe.guest.kill()
    const heard = probe.acts.length
    await pause(20)
    expect(probe.acts.length, 'it says nothing more').toBe(heard)
    expect(probe.exits, 'nor that it ended').toEqual([])
  })

  test.for([
    { doing: 'it spins', wasm: guests.spinning },
    { doing: 'it fills its memory, over and over', wasm: guests.allocating },
  ])('while $doing', async ({ wasm }) => {
    const { guest, exits } = await start(wasm(), { memoryMaxBytes: MEMORY_MAX_BYTES })
    while ((await guest.usage()).cpuMs < 200) await pause(5)
    await guest.kill()
    expect(exits).toEqual([])
  })

  // Each of these takes most of a second of processor time, to touch memory for the first time. What cannot be interrupted is
  // killed when it is over: the comparison is with the same, let to its end, however long both take on a busy machine.
  test('while one instruction fills 1 GiB, or one call sends it', async () => {
    const limits = { memoryMaxBytes: 1_024 ** 3 }
    const whole = await start(guests.filling(), limits)
    await until(() => whole.acts.length >= 1)
    const began = process.cpuUsage()
    await until(() => whole.acts.length >= 2)
    const wholeMs = spentMs(began)
    await whole.guest.kill()
    for (const wasm of [guests.filling(), guests.handingOver('other')]) {
      const { guest, acts } = await start(wasm, limits)
      await until(() => acts.length === 1)
      await pause(10)
      const asked = process.cpuUsage()
      await guest.kill()
      expect(spentMs(asked) / wholeMs).toBeLessThan(0.5)
      expect(acts).toHaveLength(1)
    }
  })

  test('before it has begun', async () => {
    const { guest, acts } = await start(guests.printing())
    await guest.kill()
    await pause(20)
    expect(acts).toEqual([])
  })

  test('more than once', async () => {
    const { guest } = await start(guests.spinning())
    await Promise.all([guest.kill(), guest.kill()])
    await guest.kill()
  })
})

describe('memory', () => {
  test('stops at the maximum, and what a process has is known', async () => {
    const { guest, asks } = await start(guests.growing())
    await until(() => asks.length === 1)
    expect((await guest.usage()).memoryBytes).toBe(LIMITS.memoryMaxBytes)
  })

  test('a component that begins with more is refused', async () => {
    const wasm = await guests.returning()
    await expect(runner.prepare(wasm, { memoryMaxBytes: PAGE_BYTES })).rejects.toThrow(/memory/)
  })
})

describe('credits', () => {
  const sent = ({ acts }: Probe): number => acts.length

  test('count messages: the next goes when one comes back', async () => {
    const probe = await start(guests.flooding('other'))
    await until(() => sent(probe) === GUEST_CREDITS.messages)
    await pause(50)
    expect(sent(probe)).toBe(GUEST_CREDITS.messages)
    const [first] = probe.acts
    if (first?.kind !== 'send' || first.requests[0] === undefined) throw new Error('expected a request')
    probe.guest.giveCredit({ messages: 1, bytes: creditBytes(first.requests[0].request) })
    await until(() => sent(probe) === GUEST_CREDITS.messages + 1)
    await pause(20)
    expect(sent(probe)).toBe(GUEST_CREDITS.messages + 1)
  })

  test('count bytes', async () => {
    const probe = await start(guests.flooding('other', 1_000_000))
    const most = Math.floor(GUEST_CREDITS.bytes / 1_000_256)
    await until(() => sent(probe) === most)
    await pause(50)
    expect(sent(probe)).toBe(most)
  })

  test('let a message larger than all of them go when nothing else is on the way', async () => {
    const sizeBytes = GUEST_CREDITS.bytes + 1_000_000
    const probe = await start(guests.flooding('other', sizeBytes), { memoryMaxBytes: 1_024 * PAGE_BYTES })
    for (const count of [1, 2, 3]) {
      await until(() => sent(probe) === count)
      await pause(20)
      expect(sent(probe)).toBe(count)
      probe.guest.giveCredit({ messages: 1, bytes: sizeBytes + 256 })
    }
  })

  test('that prints take stay away while the kernel is not done with them', async () => {
    const dones: (() => void)[] = []
    const probe = await start(guests.printing(), LIMITS, (done) => void dones.push(done))
    await until(() => sent(probe) === GUEST_CREDITS.messages)
    await pause(100)
    expect(sent(probe)).toBe(GUEST_CREDITS.messages)
    for (const done of dones.slice(0, 10)) done()
    await until(() => sent(probe) === GUEST_CREDITS.messages + 10)
  })

  test('that prints take come back by themselves', async () => {
    const probe = await start(guests.printing())
    await until(() => sent(probe) > 4 * GUEST_CREDITS.messages)
  })
})

describe('preparing', () => {
  test('compiles the same bytes once', async () => {
    const wasm = await guests.returning()
    const [first, second] = await Promise.all([runner.prepare(wasm, LIMITS), runner.prepare(wasm.slice(), LIMITS)])
    expect(second).toBe(first)
    expect(await runner.prepare(wasm, { memoryMaxBytes: 128 * PAGE_BYTES })).not.toBe(first)
  })

  test('compiles the same bytes again for another maximum of memory, which each then has', async () => {
    for (const pages of [3, 5]) {
      const { guest, asks } = await start(guests.growing(), { memoryMaxBytes: pages * PAGE_BYTES })
      await until(() => asks.length === 1)
      expect((await guest.usage()).memoryBytes).toBe(pages * PAGE_BYTES)
    }
  })

  test('refuses what is no component', async () => {
    await expect(runner.prepare(Uint8Array.of(1, 2, 3), LIMITS)).rejects.toThrow(/component/)
  })
})

describe('an answer that cannot be sent, as for lack of memory, ends the guest', () => {
  test.for([
    { when: 'at once', blobBytes: undefined },
    { when: 'after a copy in turns', blobBytes: PIECE_BYTES + 1 },
  ])('$when', async ({ blobBytes }) => {
    const exit = Promise.withResolvers<GuestExit>()
    const guest = runner.start({
      prepared: await runner.prepare(await guests.sinking(), LIMITS),
      our: OUR,
      kernel: {
        act: () => undefined,
        ask(_, answer) {
          const body = Uint8Array.of(1)
          const blob = blobBytes === undefined ? undefined : { mime: undefined, bytes: new Uint8Array(blobBytes) }
          const request = { inherit: false, expectsResponse: undefined, metadata: undefined, capabilities: [] }
          const give = (): void =>
            answer({ kind: 'event', event: { kind: 'request', source: OUR, request: { ...request, body, blob } } })
          // What was handed to somebody else cannot be sent any more.
          const lose = (): void => void structuredClone(body, { transfer: [body.buffer] })
          if (blobBytes === undefined) lose()
          give()
          if (blobBytes !== undefined) lose()
        },
        exited: (ended) => exit.resolve(ended),
      },
    })
    running.push(guest)
    const ended = await exit.promise
    expect(ended.kind === 'trapped' ? ended.reason : ended).toMatch(/^it could not be handed an answer: .*detached/)
  })
})

test('a guest that reads a large state again waits first, so that others have turns', async () => {
  const stateBytes = 4 * UNPACED_BYTES
  const READS = 4
  const askedAt: number[] = []
  const enough = Promise.withResolvers<void>()
  const guest = runner.start({
    prepared: await runner.prepare(await guests.rereading(), { memoryMaxBytes: 256 * PAGE_BYTES }),
    our: OUR,
    kernel: {
      act: () => undefined,
      ask: (question, answer) => {
        expect(question).toEqual({ kind: 'get-state' })
        askedAt.push(performance.now())
        if (askedAt.length > READS) enough.resolve()
        else answer({ kind: 'state', bytes: new Uint8Array(stateBytes) })
      },
      exited: ({ kind }) => enough.reject(new Error(`it ${kind}`)),
    },
  })
  running.push(guest)
  await enough.promise
  const [first = 0, last = 0] = [askedAt[0], askedAt.at(-1)]
  // 64 MiB a second; a timer may be early by a millisecond.
  expect(last - first).toBeGreaterThan((READS * stateBytes) / 65_536 - READS)
})

test('a guest that is killed while it waits to read its state asks nothing more', async () => {
  let asked = 0
  const answered = Promise.withResolvers<void>()
  const guest = runner.start({
    prepared: await runner.prepare(await guests.rereading(), { memoryMaxBytes: 1_024 * PAGE_BYTES }),
    our: OUR,
    kernel: {
      act: () => undefined,
      ask: (_, answer) => {
        asked += 1
        answer({ kind: 'state', bytes: new Uint8Array(32 * UNPACED_BYTES) })
        answered.resolve()
      },
      exited: () => undefined,
    },
  })
  running.push(guest)
  await answered.promise
  await pause(20) // in which it asks again, and has to wait for half a second
  await guest.kill()
  await pause(600)
  expect(asked).toBe(1)
})

test('processor time is counted for each process', async () => {
  const busy = await start(guests.spinning())
  const idle = await start(guests.sinking())
  await until(() => idle.asks.length === 1)
  const [busyMs, idleMs] = [(await busy.guest.usage()).cpuMs, (await idle.guest.usage()).cpuMs]
  while ((await busy.guest.usage()).cpuMs < busyMs + 200) await pause(5)
  expect((await idle.guest.usage()).cpuMs).toBeLessThan(idleMs + 100)
})

const CYCLES = 240
const WARM_UP_CYCLES = 80

test('starting and killing leaves nothing behind', async () => {
  const used = (): { rssBytes: number; mappings: number; threads: number } => ({
    rssBytes: process.memoryUsage.rss(),
    mappings: readFileSync('/proc/self/maps', 'utf8').split('\n').length,
    threads: readdirSync('/proc/self/task').length,
  })
  let before = used()
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    if (cycle === WARM_UP_CYCLES) before = used()
    const { guest, asks } = await start(guests.sinking())
    await until(() => asks.length === 1)
    await guest.kill()
    running.length = 0
  }
  const after = used()
  expect(after.rssBytes - before.rssBytes).toBeLessThan(64 * 1_048_576)
  expect(after.mappings - before.mappings).toBeLessThan(CYCLES - WARM_UP_CYCLES)
  expect(after.threads).toBeLessThanOrEqual(before.threads + 2)
})
