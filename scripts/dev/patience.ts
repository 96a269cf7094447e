import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 250

/** How long something may go on without any sign of it. `moved` is a number that changes with each sign. */
export type Patience = { readonly stillMs: number; readonly moved: () => number }

/** Tells whether nothing has moved for so long. A machine that slept meanwhile is not held against anybody. */
export function watchMovement({ stillMs, moved }: Patience, nowMs = () => performance.now()): () => boolean {
  let last = moved()
  let sinceMs = nowMs()
  return () => {
    const current = moved()
    if (current !== last) {
      last = current
      sinceMs = nowMs()
    }
    return nowMs() - sinceMs >= stillMs
  }
}

/** Waits for `done` as long as something moves; undefined when nothing has for too long. */
export async function waitWhileMoving<T>(
  done: Promise<T>,
  patience: Patience,
  signal: AbortSignal,
): Promise<{ value: T } | undefined> {
  const isStill = watchMovement(patience)
  const result = done.then((value) => ({ value }))
  result.catch(() => undefined) // once it was given up, nobody asks
  for (;;) {
    const first = await Promise.race([result, sleep(LOOK_MS, undefined, { ref: false })])
    signal.throwIfAborted()
    if (first !== undefined) return first
    if (isStill()) return undefined
  }
}
