import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { formatError, HyperwareError } from '@hyperware/protocol'
import type { AppSockets } from './app-sockets.ts'
import { type AppDeps, createApp } from './app.ts'
import type { Apps } from './apps.ts'
import { secured } from './guard.ts'

export class HttpServerError extends HyperwareError<{ code: 'port-taken'; port: number }> {}

export type HttpServer = { url: string; stop: () => Promise<void> }

/** Clients that may be connected at the same time. */
const CONNECTIONS_MAX = 256

/** What processes serve beside the node's own pages. */
export type Served = { readonly apps: Apps; readonly sockets: AppSockets }

/**
 * Listens on 127.0.0.1. Port 0 takes any free one. Without `served` there are the node's own pages only.
 * @throws HttpServerError `port-taken`
 */
export async function startHttpServer(deps: AppDeps, port: number, served?: Served): Promise<HttpServer> {
  const app = createApp(deps)
  const server = createAdaptorServer({
    fetch: (request, env) => {
      if (!('incoming' in env) || served?.apps.owns(env.incoming as IncomingMessage) !== true)
        return app.fetch(request, env)
      return served.apps.serve(env.incoming as IncomingMessage).catch((error: unknown) => {
        deps.log.error('http-failed', { path: request.url, error: formatError(error) })
        return secured(new Response('Cannot answer: the node failed; its log says why', { status: 500 }))
      })
    },
    // What is not a WebSocket of a process is answered as if it had not asked for one.
    serverOptions: { shouldUpgradeCallback: (incoming) => served?.sockets.accepts(incoming) ?? false },
  })
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (served === undefined) socket.destroy()
    else served.sockets.open(incoming, socket, head)
  })
  server.maxConnections = CONNECTIONS_MAX
  if ('headersTimeout' in server) {
    server.headersTimeout = 10_000
    server.requestTimeout = 30_000
    server.keepAliveTimeout = 5_000
  }
  const address = await listen(server, port)
  server.on('error', (error) => deps.log.error('http-server-failed', { error: error.message }))
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop() {
      // The server waits for all its sockets, and closes all but those that became WebSockets.
      served?.sockets.stop()
      return close(server)
    },
  }
}

function listen(server: ServerType, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES') return reject(cause)
      const message = `Cannot serve HTTP on 127.0.0.1:${port}: the port is taken or not allowed`
      reject(new HttpServerError({ code: 'port-taken', port }, message, { hint: 'choose another --http-port', cause }))
    })
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error')
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address)
    })
  })
}

/** Ends idle connections at once and running answers after a moment. */
function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if (!('closeAllConnections' in server)) return
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 500).unref()
  })
}
