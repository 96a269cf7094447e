/**
 * Lets many callers share one run of a slow, idempotent save. A caller's promise settles with the first run that began
 * after its call, so whatever was true when it called is in what was saved. At most one run is under way and one waits.
 */
export function createGroupCommit<T>(save: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let waiting: Promise<T> | undefined

  const begin = (): Promise<T> => {
    const run = save().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }

  return () => {
    if (running === undefined) return begin()
    waiting ??= running
      .catch(() => undefined) // its own callers hear of that failure; the next run stands for itself
      .then(() => {
        waiting = undefined
        return begin()
      })
    return waiting
  }
}
