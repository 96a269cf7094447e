/**
 * A large state is read by the thread that writes the store, 1.6 ms for each MiB, and nothing is written meanwhile. A guest
 * that reads one again and again waits between, so that it has that thread for a tenth of the time.
 */
export type StatePace = {
  /** How long the next read has to wait. */
  readonly waitMs: () => number
  /** A state was read. */
  readonly took: (bytes: number) => void
}

const BYTES_PER_MS = 65_536

/** Nobody waits for having read shorter ones. */
export const UNPACED_BYTES = 1_048_576

/** `now` gives milliseconds of a clock that never goes back. */
export function createStatePace(now: () => number): StatePace {
  let nextMs = -Infinity
  return {
    waitMs: () => Math.max(0, Math.ceil(nextMs - now())),
    took: (bytes) => {
      if (bytes > UNPACED_BYTES) nextMs = now() + bytes / BYTES_PER_MS
    },
  }
}
