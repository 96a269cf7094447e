import { NetworkError } from '../errors.ts'
import { isPortFree, takeFreePort } from './ports.ts'

/** The port of a part that is started again and again: replaced while nobody relies on it, and kept from then on. */
export type KeptPort = {
  current: () => number
  /** Others have been told of it: who looks for the part there must not find another program. */
  keep: () => void
  /**
   * The port to start on, which is free just now.
   *
   * @throws NetworkError `port-taken` when it is to be kept, and another program has taken it meanwhile.
   */
  forStart: () => Promise<number>
}

/** The first free port from `from` on, as `takeFreePort` has it. */
export async function openKeptPort(from: number, taken: Set<number>): Promise<KeptPort> {
  let port = await takeFreePort(from, taken)
  let isKept = false
  return {
    current: () => port,
    keep: () => {
      isKept = true
    },
    forStart: async () => {
      if (await isPortFree(port)) return port
      if (isKept) {
        const message = `Cannot listen on port ${port} again: another program has taken it, and others look for us there`
        throw new NetworkError({ code: 'port-taken', port }, message)
      }
      port = await takeFreePort(from, taken)
      return port
    },
  }
}
