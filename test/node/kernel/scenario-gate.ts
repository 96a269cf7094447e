import { inspect } from 'node:util'
import { formatError, formatProcessId, type ProcessAddress } from '@hyperware/protocol'
import type {
  GuestAction,
  GuestAnswer,
  GuestExit,
  GuestKernel,
  GuestQuestion,
  GuestRunner,
  PreparedGuest,
  RunningGuest,
} from '../../../node/kernel/guest.ts'
import { idle } from './kernel-fixture.ts'
import { REPORT_VERBOSITY, type Report } from './scenario-report.ts'
import type { Script } from './scenario-script.ts'

/** Who plays the processes of a case: a runner, and the components that it takes. */
export type Cast = {
  readonly runner: GuestRunner
  /** What `component:idle` stands for: a component that runs. */
  readonly idle: Uint8Array
  /** A component that makes these calls and reports on each. */
  readonly puppet: (script: Script) => Uint8Array
  readonly close: () => Promise<void>
}

export const LIMITS = { memoryMaxBytes: 1 << 20 } as const

/**
 * Stands between a runner and the kernel: what a guest calls reaches the kernel when it is let through. The guests may
 * run ahead, in threads of their own; the kernel sees their calls in the order of the steps.
 */
export type Gate = {
  readonly runner: GuestRunner
  /** The instances that run, by the ids of their processes. */
  readonly seats: ReadonlyMap<string, Seat>
  /** Waits until the kernel has nothing left to do but to wait for its guests. */
  readonly settle: () => Promise<void>
}

type Call =
  | { readonly kind: 'act'; readonly action: GuestAction }
  | { readonly kind: 'ask'; readonly question: GuestQuestion; readonly answer: (answer: GuestAnswer) => void }
  | { readonly kind: 'exited'; readonly exit: GuestExit }
type Said = Call | { readonly kind: 'report'; readonly report: Report }

/** `scriptOf` is asked at the start of each instance; one without a script is what its process was initialized with. */
export function createGate(cast: Cast, scriptOf: (id: string) => Script | undefined): Gate {
  const seats = new Map<string, Seat>()
  const preparing = new Set<Promise<unknown>>()

  function start(prepared: PreparedGuest, our: ProcessAddress, kernel: GuestKernel): RunningGuest {
    const id = formatProcessId(our.process)
    const script = scriptOf(id)
    const seat = new Seat(kernel, { our, left: () => void leave() })
    const leave = (): boolean => seats.get(id) === seat && seats.delete(id)
    seats.set(id, seat)
    let guest: RunningGuest | undefined
    let killed = false
    const begin = async (): Promise<void> => {
      const part = script === undefined ? prepared : await cast.runner.prepare(cast.puppet(script), LIMITS)
      if (!killed) guest = cast.runner.start({ prepared: part, our, kernel: seat.kernel })
    }
    begin().catch((error: unknown) => seat.kernel.exited({ kind: 'trapped', reason: formatError(error) }))
    return {
      kill: async () => {
        killed = true
        leave()
        await guest?.kill()
      },
      usage: () => guest?.usage() ?? Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
      giveCredit: (credit) => guest?.giveCredit(credit),
    }
  }

  return {
    seats,
    runner: {
      prepare: (wasm, limits) => {
        const prepared = cast.runner.prepare(wasm, limits)
        const settled = prepared.then(
          () => undefined,
          () => undefined,
        )
        preparing.add(settled)
        void settled.then(() => preparing.delete(settled))
        return prepared
      },
      start: ({ prepared, our, kernel }) => start(prepared, our, kernel),
    },
    async settle() {
      for (await idle(); preparing.size > 0; await idle()) await Promise.all(preparing)
    },
  }
}

type SeatOptions = { readonly our: ProcessAddress; readonly left: () => void }

/** An instance, and what it said that has not been let through. */
export class Seat {
  readonly our: ProcessAddress
  /** What the guest speaks to. */
  readonly kernel: GuestKernel
  /** The call that the guest waits in, let through and not yet reported on. */
  open: { answered: boolean } | undefined
  /** What it reported last. */
  last: Report | undefined
  readonly #behind: GuestKernel
  readonly #left: () => void
  readonly #said: Said[] = []
  #listener: ((said: Said) => void) | undefined

  constructor(kernel: GuestKernel, { our, left }: SeatOptions) {
    this.our = our
    this.#behind = kernel
    this.#left = left
    this.kernel = {
      act: (action) => this.#hear(heard(action)),
      ask: (question, answer) => this.#hear({ kind: 'ask', question, answer }),
      exited: (exit) => this.#hear({ kind: 'exited', exit }),
    }
  }

  /** Lets the next call through to the kernel, once the guest has made it. */
  async pass(): Promise<Call> {
    const said = await this.#next()
    switch (said.kind) {
      case 'report':
        throw new Error(`expected a call, not the report ${inspect(said.report)}`)
      case 'act':
        this.#behind.act(said.action)
        return said
      case 'ask': {
        const open = { answered: false }
        this.open = open
        this.#behind.ask(said.question, (answer) => {
          open.answered = true
          said.answer(answer)
        })
        return said
      }
      case 'exited':
        this.#left()
        this.#behind.exited(said.exit)
        return said
    }
  }

  /** What the guest reports next. */
  async report(): Promise<Report> {
    const said = await this.#next()
    if (said.kind !== 'report') throw new Error(`expected a report, not ${inspect(said)}`)
    this.open = undefined
    return said.report
  }

  /** What is there to be let through or reported next, once the guest has said it. */
  async peek(): Promise<Said> {
    const said = await this.#next()
    this.#said.unshift(said)
    return said
  }

  #hear(said: Said): void {
    if (this.#listener === undefined) this.#said.push(said)
    else this.#listener(said)
    this.#listener = undefined
  }

  #next(): Promise<Said> {
    const said = this.#said.shift()
    if (said !== undefined) return Promise.resolve(said)
    return new Promise((resolve) => {
      this.#listener = resolve
    })
  }
}

function heard(action: GuestAction): Said {
  if (action.kind !== 'print' || action.verbosity !== REPORT_VERBOSITY) return { kind: 'act', action }
  return { kind: 'report', report: JSON.parse(action.text) as Report }
}
