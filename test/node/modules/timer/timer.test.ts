import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatProcessId, type KernelMessage, parseAddress, TIMER_PROCESS, utf8ToBytes } from '@hyperware/protocol'
import { collectGarbage } from '../../garbage.ts'
import { createTimer, TIMERS_MAX } from '../../../../node/modules/timer/timer.ts'

function startTimer() {
  const sent: KernelMessage[] = []
  const printed: string[] = []
  const gone = new Set<string>()
  const timer = createTimer({
    ourName: 'our.os',
    now: () => Date.now(),
    send: (message) => void sent.push(message),
    knows: (process) => !gone.has(formatProcessId(process)),
    print: (verbosity, text) => void printed.push(`${verbosity} ${text}`),
  })
  return {
    sent,
    printed,
    /** Processes that ended. */
    gone,
    timer,
    ask: (
      body: string,
      { id = 1n, source = 'our.os@main:app:pub.os' }: { id?: bigint; source?: string } = {},
    ): void => {
      timer.handle({
        id,
        source: parseAddress(source),
        target: { node: 'our.os', process: TIMER_PROCESS },
        rsvp: undefined,
        message: {
          kind: 'request',
          inherit: false,
          expectsResponse: undefined,
          body: utf8ToBytes(body),
          metadata: undefined,
          capabilities: [],
        },
        blob: undefined,
      })
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a timer', () => {
  test('answers with an empty body when its time has come, and not before', () => {
    const { ask, sent } = startTimer()
    ask('{"SetTimer":1500}', { id: 2n ** 63n + 1n })
    vi.advanceTimersByTime(1_499)
    expect(sent).toEqual([])
    vi.advanceTimersByTime(1)
    expect(sent).toMatchObject([
      {
        id: 2n ** 63n + 1n,
        target: parseAddress('our.os@main:app:pub.os'),
        message: { kind: 'response', body: new Uint8Array(0) },
      },
    ])
  })

  test('does not keep what its request came with', async () => {
    vi.useRealTimers()
    const { timer } = startTimer()
    const source = parseAddress('our.os@main:app:pub.os')
    function ask(): WeakRef<Uint8Array> {
      const bytes = new Uint8Array(1_024)
      const said = { inherit: false, expectsResponse: undefined, metadata: undefined, capabilities: [] }
      const target = { node: 'our.os', process: TIMER_PROCESS }
      const message = { kind: 'request', body: utf8ToBytes('{"SetTimer":60000}'), ...said } as const
      timer.handle({ id: 1n, source, target, rsvp: undefined, message, blob: { mime: undefined, bytes } })
      return new WeakRef(bytes)
    }
    const blob = ask()
    await collectGarbage()
    expect(blob.deref()).toBeUndefined()
    timer.stop()
  })

  test('of zero answers at once', () => {
    const { ask, sent } = startTimer()
    ask('{"SetTimer":0}')
    vi.advanceTimersByTime(0)
    expect(sent).toHaveLength(1)
  })

  test('of sixty days is longer than one of the platform, and still right', () => {
    const { ask, sent } = startTimer()
    const sixtyDaysMs = 60 * 86_400_000
    ask(`{"SetTimer":${sixtyDaysMs}}`)
    vi.advanceTimersByTime(sixtyDaysMs - 1)
    expect(sent).toEqual([])
    vi.advanceTimersByTime(1)
    expect(sent).toHaveLength(1)
  })

  test('as long as 64 bits can say never ends, and ends with the node', () => {
    const { ask, sent, timer } = startTimer()
    ask(`{"SetTimer":${2n ** 64n - 1n}}`)
    vi.advanceTimersByTime(2 ** 31)
    timer.stop()
    expect(sent).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is not begun for another node, nor by a body that says nothing', () => {
    const { ask, sent, printed } = startTimer()
    ask('{"SetTimer":0}', { source: 'far.os@main:app:pub.os' })
    ask('{"SetTimer":-1}')
    vi.advanceTimersByTime(10)
    expect(sent).toEqual([])
    expect(printed).toEqual([
      '1 timer: request of main:app:pub.os ignored: the request.SetTimer is "-1", expected a whole number from 0 to 18446744073709551615',
    ])
  })

  test('more than a package may have are refused, whichever process asks, and others still get theirs', () => {
    const { ask, sent, printed } = startTimer()
    for (let index = 0; index <= TIMERS_MAX.each; index += 1) {
      ask('{"SetTimer":5}', { source: `our.os@child-${index % 3}:app:pub.os` })
    }
    ask('{"SetTimer":5}', { source: 'our.os@main:other:pub.os' })
    expect(printed).toEqual([
      `0 timer: app:pub.os has ${TIMERS_MAX.each} timers of ${TIMERS_MAX.each} in all, and gets no more`,
    ])
    vi.advanceTimersByTime(5)
    expect(sent).toHaveLength(TIMERS_MAX.each + 1)
    ask('{"SetTimer":0}')
    vi.advanceTimersByTime(0)
    expect(sent).toHaveLength(TIMERS_MAX.each + 2)
  })

  test('of a process that is gone makes room for those that run, whose own stay', () => {
    const { ask, sent, printed, gone } = startTimer()
    const source = (process: string): string => `our.os@${process}:app:pub.os`
    ask('{"SetTimer":5}', { source: source('main') })
    for (let index = 1; index < TIMERS_MAX.each; index += 1) ask('{"SetTimer":5}', { source: source('child') })
    gone.add('child:app:pub.os')
    expect(printed).toEqual([])
    ask('{"SetTimer":5}', { source: source('main') })
    ask('"Debug"')
    expect(printed).toEqual(['0 timer: 2 timers run'])
    vi.advanceTimersByTime(5)
    expect(sent.map(({ target }) => target.process.process)).toEqual(['main', 'main'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('beyond what all may have together is refused while every package still runs', () => {
    const { ask, printed, timer } = startTimer()
    for (let count = 0; count * TIMERS_MAX.each < TIMERS_MAX.all; count += 1) {
      for (let index = 0; index < TIMERS_MAX.each; index += 1) {
        ask('{"SetTimer":5}', { source: `our.os@main:app-${count}:pub.os` })
      }
    }
    ask('{"SetTimer":5}')
    expect(printed).toEqual([`0 timer: app:pub.os has 0 timers of ${TIMERS_MAX.all} in all, and gets no more`])
    timer.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is counted when somebody asks', () => {
    const { ask, printed } = startTimer()
    ask('{"SetTimer":5}')
    ask('"Debug"')
    expect(printed).toEqual(['0 timer: 1 timers run'])
  })
})
