import {
  formatProcessId,
  json,
  type KernelMessage,
  TIMER_PROCESS,
  timerRequestJson,
  unreachable,
} from '@hyperware/protocol'
import { answerTo } from '../answer.ts'

/** Timers that may run at one time, and that one process may have of them. */
export const TIMERS_MAX = 100_000
export const PROCESS_TIMERS_MAX = 10_000
/** Longest wait that one timer of the platform can hold, in milliseconds. Longer ones are begun anew. */
const PLATFORM_MAX_MS = 2 ** 31 - 1

/** What the timer needs of its node. `print` writes a line to the terminal at a verbosity, by the process it is about. */
export type TimerDeps = {
  readonly ourName: string
  readonly now: () => number
  readonly send: (message: KernelMessage) => void
  readonly print: (verbosity: number, text: string, subject?: string) => void
}

export type Timer = { readonly handle: (message: KernelMessage) => void; readonly stop: () => void }

type Running = { readonly handle: NodeJS.Timeout; readonly asker: string; readonly dueMs: number }

/**
 * The module `timer:distro:sys` (modules.md section 6): answers `{"SetTimer":ms}` with an empty body after that time,
 * whether or not a response was expected. Timers do not outlive the node.
 */
export function createTimer(deps: TimerDeps): Timer {
  const running = new Map<symbol, Running>()
  const perAsker = new Map<string, number>()
  const our = { node: deps.ourName, process: TIMER_PROCESS }

  function begin(message: KernelMessage, dueMs: number): void {
    const asker = formatProcessId(message.source.process)
    const of = perAsker.get(asker) ?? 0
    if (running.size >= TIMERS_MAX || of >= PROCESS_TIMERS_MAX) {
      return deps.print(0, `timer: ${asker} has ${of} timers of ${running.size} in all, and gets no more`, asker)
    }
    perAsker.set(asker, of + 1)
    // Made now, so that the request is not kept: it may have come with any blob.
    wait(Symbol(asker), answerTo(our, message, { body: new Uint8Array(0) }), asker, dueMs)
  }

  function wait(key: symbol, answer: KernelMessage, asker: string, dueMs: number): void {
    const waitMs = Math.min(Math.max(0, dueMs - deps.now()), PLATFORM_MAX_MS)
    const handle = setTimeout(() => {
      // A deadline is a lower bound, and one too far away for the platform is reached in steps.
      if (deps.now() < dueMs) return wait(key, answer, asker, dueMs)
      running.delete(key)
      forget(asker)
      deps.send(answer)
    }, waitMs)
    running.set(key, { handle, asker, dueMs })
  }

  function forget(asker: string): void {
    const left = (perAsker.get(asker) ?? 1) - 1
    if (left === 0) perAsker.delete(asker)
    else perAsker.set(asker, left)
  }

  return {
    handle(message) {
      if (message.source.node !== deps.ourName || message.message.kind === 'response') return
      const request = json.decodeRequest(timerRequestJson, 'the request', message.message.body)
      if (!request.ok) {
        return deps.print(1, `timer: request of ${formatProcessId(message.source.process)} ignored: ${request.problem}`)
      }
      switch (request.value.kind) {
        case 'SetTimer':
          // Beyond this no clock of the platform counts; such a timer never ends in practice.
          return begin(message, Math.min(deps.now() + Number(request.value.durationMs), Number.MAX_SAFE_INTEGER))
        case 'Debug':
          return deps.print(0, `timer: ${running.size} timers run`, formatProcessId(message.source.process))
        default:
          return unreachable(request.value)
      }
    },
    stop() {
      for (const { handle } of running.values()) clearTimeout(handle)
      running.clear()
      perAsker.clear()
    },
  }
}
