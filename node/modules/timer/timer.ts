import {
  formatProcessId,
  json,
  type KernelMessage,
  type ProcessId,
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

/**
 * What the timer needs of its node. `knows` says whether there still is such a process; `print` writes a line to the
 * terminal at a verbosity, by the process it is about.
 */
export type TimerDeps = {
  readonly ourName: string
  readonly now: () => number
  readonly send: (message: KernelMessage) => void
  readonly knows: (process: ProcessId) => boolean
  readonly print: (verbosity: number, text: string, subject?: string) => void
}

export type Timer = { readonly handle: (message: KernelMessage) => void; readonly stop: () => void }

/** The timers of one process. */
type Own = { readonly process: ProcessId; readonly running: Set<NodeJS.Timeout> }

/**
 * The module `timer:distro:sys` (modules.md section 6): answers `{"SetTimer":ms}` with an empty body after that time,
 * whether or not a response was expected. Timers do not outlive the node. They outlive their process, which may restart,
 * until others need the room.
 */
export function createTimer(deps: TimerDeps): Timer {
  const owners = new Map<string, Own>()
  let total = 0
  const our = { node: deps.ourName, process: TIMER_PROCESS }

  function begin(message: KernelMessage, dueMs: number): void {
    const { process } = message.source
    const asker = formatProcessId(process)
    if (total >= TIMERS_MAX) forgetGone()
    const own = owners.get(asker) ?? { process, running: new Set() }
    const of = own.running.size
    if (total >= TIMERS_MAX || of >= PROCESS_TIMERS_MAX) {
      return deps.print(0, `timer: ${asker} has ${of} timers of ${total} in all, and gets no more`, asker)
    }
    owners.set(asker, own)
    // Made now, so that the request is not kept: it may have come with any blob.
    wait(own, answerTo(our, message, { body: new Uint8Array(0) }), dueMs)
  }

  function wait(own: Own, answer: KernelMessage, dueMs: number): void {
    const waitMs = Math.min(Math.max(0, dueMs - deps.now()), PLATFORM_MAX_MS)
    const handle = setTimeout(() => {
      own.running.delete(handle)
      total -= 1
      // A deadline is a lower bound, and one too far away for the platform is reached in steps.
      if (deps.now() < dueMs) return wait(own, answer, dueMs)
      if (own.running.size === 0) owners.delete(formatProcessId(own.process))
      deps.send(answer)
    }, waitMs)
    own.running.add(handle)
    total += 1
  }

  /** Children that set timers and ended would otherwise take those of everybody, for as long as they said. */
  function forgetGone(): void {
    for (const [asker, own] of owners) if (!deps.knows(own.process)) forget(asker, own)
  }

  function forget(asker: string, own: Own): void {
    for (const handle of own.running) clearTimeout(handle)
    total -= own.running.size
    owners.delete(asker)
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
          return deps.print(0, `timer: ${total} timers run`, formatProcessId(message.source.process))
        default:
          return unreachable(request.value)
      }
    },
    stop() {
      for (const [asker, own] of owners) forget(asker, own)
    },
  }
}
