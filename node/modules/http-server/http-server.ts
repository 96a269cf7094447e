import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { HyperwareError } from '@hyperware/protocol'
import { type AppDeps, createApp } from './app.ts'

export class HttpServerError extends HyperwareError<{ code: 'port-taken'; port: number }> {}

export type HttpServer = { url: string; stop: () => Promise<void> }

/** Clients that may be connected at the same time. */
const CONNECTIONS_MAX = 256

/**
 * Listens on 127.0.0.1. Port 0 takes any free one.
 * @throws HttpServerError `port-taken`
 */
export async function startHttpServer(deps: AppDeps, port: number): Promise<HttpServer> {
  const app = createApp(deps)
  const server = createAdaptorServer({ fetch: app.fetch })
  server.maxConnections = CONNECTIONS_MAX
  if ('headersTimeout' in server) {
    server.headersTimeout = 10_000
    server.requestTimeout = 30_000
    server.keepAliveTimeout = 5_000
  }
  const address = await listen(server, port)
  server.on('error', (error) => deps.log.error('http-server-failed', { error: error.message }))
  return { url: `http://127.0.0.1:${address.port}`, stop: () => close(server) }
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
