import type { Timer } from './effects.ts'

/** Calls back after this long; the returned function prevents it. */
export type Schedule = (callback: () => void, waitMs: number) => () => void

/** The deadlines that run, one for each subject. */
export type Deadlines = {
  /** Replaces the one that its subject has. */
  readonly start: (timer: Timer, deadlineMs: number) => void
  readonly stop: (subject: Timer['subject']) => void
  readonly stopAll: () => void
}

/** Longest wait one timer of the platform can hold, in milliseconds. */
const WAIT_MAX_MS = 2 ** 31 - 1

/** `now` gives milliseconds of a clock that never goes back; `passed` hears of each deadline, never before it. */
export function createDeadlines(
  { schedule, now }: { readonly schedule: Schedule; readonly now: () => number },
  passed: (timer: Timer) => void,
): Deadlines {
  const running = new Map<Timer['subject'], () => void>()

  function stop(subject: Timer['subject']): void {
    running.get(subject)?.()
    running.delete(subject)
  }

  return {
    start: (timer, deadlineMs) => {
      stop(timer.subject)
      const waitMs = Math.min(Math.max(0, deadlineMs - now()), WAIT_MAX_MS)
      const cancel = schedule(() => {
        running.delete(timer.subject)
        passed(timer)
      }, waitMs)
      running.set(timer.subject, cancel)
    },
    stop,
    stopAll: () => {
      for (const subject of running.keys()) stop(subject)
    },
  }
}

export function platformTimer(callback: () => void, waitMs: number): () => void {
  const timer = setTimeout(callback, waitMs)
  return () => clearTimeout(timer)
}
