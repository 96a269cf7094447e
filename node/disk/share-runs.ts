/**
 * Lets many callers share one run of a slow task. Whoever calls gets the first run that begins after the call, so what
 * was so before is in it. One run at a time is under way, and at most one waits.
 */
export function shareRuns<T>(task: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  return () => {
    next ??= last
      .catch(() => undefined) // whoever waited for that one hears of it
      .then(() => {
        next = undefined
        return task()
      })
    last = next
    return next
  }
}
