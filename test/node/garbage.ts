import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Frees everything that nobody keeps, so that a `WeakRef` tells whether somebody does. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What the running task has looked at stays until it ends.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
}
