import {
  formatPackageId,
  formatProcessId,
  json,
  type KernelMessage,
  type ProcessId,
  TIMER_PROCESS,
  timerRequestJson,
  unreachable,
} from '@hyperware/protocol'
import { answerTo } from '../answer.ts'
import { createTally } from '../tally.ts'

/** Timers that may run at one time, of one package, whose processes may be many, and in all. */
export const TIMERS_MAX = { each: 10_000, all: 100_000 } as const
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
 * until others, or its own package, need the room.
 */
export function createTimer(deps: TimerDeps): Timer {
  const owners = new Map<string, Own>()
  const tally = createTally(TIMERS_MAX)
  const our = { node: deps.ourName, process: TIMER_PROCESS }

  function begin(message: KernelMessage, dueMs: number): void {
    const { process } = message.source
    const asker = formatProcessId(process)
    const owner = formatPackageId(process)
    if (tally.total() >= TIMERS_MAX.all || tally.of(owner) >= TIMERS_MAX.each) forgetGone()
    if (!tally.enter(owner)) {
      const all = tally.total()
      return deps.print(0, `timer: ${owner} has ${tally.of(owner)} timers of ${all} in all, and gets no more`, asker)
    }
    const own = owners.get(asker) ?? { process, running: new Set() }
    owners.set(asker, own)
    // Made now, so that the request is not kept: it may have come with any blob.
    wait(own, answerTo(our, message, { body: new Uint8Array(0) }), dueMs)
  }

  function wait(own: Own, answer: KernelMessage, dueMs: number): void {
    const waitMs = Math.min(Math.max(0, dueMs - deps.now()), PLATFORM_MAX_MS)
    const handle = setTimeout(() => {
      own.running.delete(handle)
      // A deadline is a lower bound, and one too far away for the platform is reached in steps.
      if (deps.now() < dueMs) return wait(own, answer, dueMs)
      tally.leave(formatPackageId(own.process))
      if (own.running.size === 0) owners.delete(formatProcessId(own.process))
      deps.send(answer)
    }, waitMs)
    own.running.add(handle)
  }

  /** Children that set timers and ended would otherwise take those of everybody, for as long as they said. */
  function forgetGone(): void {
    for (const [asker, own] of owners) if (!deps.knows(own.process)) forget(asker, own)
  }

  function forget(asker: string, own: Own): void {
    for (const handle of own.running) {
      clearTimeout(handle)
      tally.leave(formatPackageId(own.process))
    }
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
          return deps.print(0, `timer: ${tally.total()} timers run`, formatProcessId(message.source.process))
        default:
          return unreachable(request.value)
      }
    },
    stop() {
      for (const [asker, own] of owners) forget(asker, own)
    },
  }
}
