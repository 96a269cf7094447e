import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what the system itself gives out, so that nobody is given a port between its choice here and its use. */
const [FIRST, LAST] = [12_000, 30_000]
let next = FIRST + ((process.pid * 90) % (LAST - FIRST))

/** A TCP port of this machine where nobody listens, and that no other caller gets. */
export async function freePort(): Promise<number> {
  for (;;) {
    next = next === LAST ? FIRST : next + 1
    const server = createServer().listen(next, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false, // somebody listens there
    )
    server.close()
    if (isFree) return next
  }
}
