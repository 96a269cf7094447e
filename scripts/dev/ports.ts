import { createServer } from 'node:net'
import { NetworkError } from '../errors.ts'

const TRIES_MAX = 200

/** Whether a port of the loopback interface could be listened on just now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

/**
 * The first free port from `from` on that is not in `taken`, which gets it added: ports that were given out but are not
 * listened on yet.
 *
 * @throws NetworkError `no-free-port` after 200 tries.
 */
export async function takeFreePort(from: number, taken: Set<number>): Promise<number> {
  for (let port = from; port < from + TRIES_MAX && port <= 65_535; port++) {
    if (taken.has(port) || !(await isPortFree(port))) continue
    taken.add(port)
    return port
  }
  throw new NetworkError(
    { code: 'no-free-port', from, tried: TRIES_MAX },
    `Cannot find a free port: ${TRIES_MAX} from ${from} on are taken`,
  )
}
