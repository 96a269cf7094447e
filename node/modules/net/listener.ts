import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Log } from '../../kernel/log.ts'
import { accepted } from './connection.ts'
import { HALF_OPEN_MAX, HALF_OPEN_PER_ADDRESS_MAX } from './constants.ts'
import { NetError } from './errors.ts'
import { Link } from './link.ts'
import type { LinkDeps } from './link.ts'
import { tcpTransport } from './tcp.ts'

/** Accepts connections, and bounds how many may be shaking hands at one time. */
export type Listener = {
  readonly listen: (where: { host: string; port: number }) => Promise<void>
  /** A link left the handshake, one way or another. */
  readonly settle: (link: Link) => void
  readonly close: () => Promise<void>
}

export function createListener(deps: LinkDeps, log: Log): Listener {
  const halfOpen = new Map<Link, string>()
  const perAddress = new Map<string, number>()
  let refused = 0
  let refusedReport: NodeJS.Timeout | undefined

  /** A flood is one line a second, not one per connection. */
  const refuse = (socket: Socket): void => {
    socket.destroy()
    refused += 1
    refusedReport ??= setTimeout(() => {
      log.warn('connections-refused', { count: refused, reason: 'too many handshakes under way' })
      refused = 0
      refusedReport = undefined
    }, 1_000).unref()
  }

  const accept = (socket: Socket): void => {
    const address = socket.remoteAddress ?? 'unknown'
    const fromAddress = perAddress.get(address) ?? 0
    if (halfOpen.size >= HALF_OPEN_MAX || fromAddress >= HALF_OPEN_PER_ADDRESS_MAX) return refuse(socket)
    const { suite } = deps.context
    const keys = { staticKeys: suite.generateKeyPair(), ephemeralKeys: suite.generateKeyPair() }
    const remote = `${address}:${socket.remotePort ?? 0}`
    const link = new Link(deps, { direction: 'incoming', via: undefined }, accepted(keys, deps.elapsed()), (events) =>
      tcpTransport(socket, remote, events),
    )
    halfOpen.set(link, address)
    perAddress.set(address, fromAddress + 1)
  }

  const server = createServer({ noDelay: true }, accept)

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(host, port, cause)))
        server.listen({ host, port }, () => {
          server.removeAllListeners('error')
          server.on('error', (error) => log.error('listener-failed', { error: error.message }))
          resolve()
        })
      }),
    settle(link) {
      const address = halfOpen.get(link)
      if (address === undefined) return
      halfOpen.delete(link)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    },
    close: () =>
      new Promise((resolve) => {
        clearTimeout(refusedReport)
        if (server.listening) server.close(() => resolve())
        else resolve()
      }),
  }
}

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): NetError {
  const what = `Cannot listen for other nodes on ${host}:${port}`
  if (cause.code === 'EADDRINUSE') {
    return new NetError({ code: 'port-taken', host, port }, `${what}: another program has taken the port`, {
      cause,
      hint: 'stop that program, or publish another ~tcp-port for this node',
    })
  }
  return new NetError({ code: 'listen-failed', host, port }, `${what}: ${cause.message}`, { cause })
}
