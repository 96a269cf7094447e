import { formatError } from '@hyperware/protocol'
import type { Effect, KernelEvent } from './effects.ts'
import type { GuestAnswer, GuestRunner, GuestUsage, RunningGuest } from './guest.ts'
import type { Instance } from './process.ts'

/** The guest of each instance that runs. */
export type RunningGuests = {
  readonly start: (effect: Extract<Effect, { kind: 'start' }>) => void
  /** Gives what an instance waits for; nothing happens when it waits for nothing. */
  readonly answer: (instance: Instance, answer: GuestAnswer) => void
  readonly giveCredit: (instance: Instance, credit: { readonly messages: number; readonly bytes: number }) => void
  readonly usageOf: (instance: Instance) => Promise<GuestUsage> | undefined
  readonly kill: (instance: Instance) => void
  readonly killAll: () => void
  /** Resolves when the threads of all that were killed are gone. */
  readonly gone: () => Promise<void>
}

export type RunningGuestsDeps = {
  /** Undefined in a node that runs its modules only. */
  readonly runner: GuestRunner | undefined
  readonly enqueue: (event: KernelEvent) => void
  /** Calls back when a guest may change what is kept once more. */
  readonly whenKept: (done: () => void) => void
  readonly complain: (subject: string, text: string) => void
}

type Seat = { guest: RunningGuest | undefined; answer: ((answer: GuestAnswer) => void) | undefined }

/** Carries the calls of guests to the kernel's queue, and the answers back. */
export function createRunningGuests({ runner, enqueue, whenKept, complain }: RunningGuestsDeps): RunningGuests {
  const seats = new Map<Instance, Seat>()
  const ending = new Set<Promise<void>>()

  function kill(instance: Instance): void {
    const guest = seats.get(instance)?.guest
    seats.delete(instance)
    if (guest === undefined) return
    const { key } = instance.process
    const gone = guest
      .kill()
      .catch((error: unknown) => complain(key, `${key} could not be ended: ${formatError(error)}`))
      .finally(() => ending.delete(gone))
    ending.add(gone)
  }

  return {
    start({ instance, prepared }) {
      const seat: Seat = { guest: undefined, answer: undefined }
      seats.set(instance, seat)
      try {
        seat.guest = runner?.start({
          prepared,
          our: instance.process.address,
          kernel: {
            act(action, done) {
              enqueue({ kind: 'act', instance, action })
              if (done !== undefined) whenKept(done)
            },
            ask(question, callback) {
              seat.answer = callback
              enqueue({ kind: 'ask', instance, question })
            },
            exited(exit) {
              seats.delete(instance)
              enqueue({ kind: 'exited', instance, exit })
            },
          },
        })
      } catch (error) {
        seats.delete(instance)
        enqueue({ kind: 'exited', instance, exit: { kind: 'trapped', reason: formatError(error) } })
      }
    },
    answer(instance, answer) {
      const seat = seats.get(instance)
      const waiting = seat?.answer
      if (seat === undefined || waiting === undefined) return
      seat.answer = undefined
      waiting(answer)
    },
    giveCredit: (instance, credit) => seats.get(instance)?.guest?.giveCredit(credit),
    usageOf: (instance) => seats.get(instance)?.guest?.usage(),
    kill,
    killAll: () => {
      for (const instance of seats.keys()) kill(instance)
    },
    gone: async () => void (await Promise.all(ending)),
  }
}
