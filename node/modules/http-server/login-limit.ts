/**
 * How many passwords may be tried: each costs a second of a core, and guesses should be slow. One bucket for the whole
 * node, since all its clients share the loopback address.
 */
export type LoginLimit = {
  /** Undefined when an attempt may go ahead, else how long to wait, in milliseconds. */
  start: (nowMs: number) => number | undefined
  /** An attempt is over. One that succeeded does not count. */
  finish: (succeeded: boolean) => void
}

export function createLoginLimit(options: { burst: number; refillMs: number; concurrent: number }): LoginLimit {
  let tokens = options.burst
  let refilledAtMs: number | undefined
  let running = 0

  function refill(nowMs: number): void {
    refilledAtMs ??= nowMs
    const earned = Math.floor(Math.max(0, nowMs - refilledAtMs) / options.refillMs)
    tokens = Math.min(options.burst, tokens + earned)
    refilledAtMs += earned * options.refillMs
    if (tokens === options.burst) refilledAtMs = nowMs
  }

  return {
    start(nowMs) {
      refill(nowMs)
      if (running >= options.concurrent) return options.refillMs
      if (tokens < 1) return Math.max(1, (refilledAtMs ?? nowMs) + options.refillMs - nowMs)
      tokens -= 1
      running += 1
      return undefined
    },
    finish(succeeded) {
      running -= 1
      if (succeeded) tokens = Math.min(options.burst, tokens + 1)
    },
  }
}
