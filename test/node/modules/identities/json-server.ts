import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type JsonServer = { url: string; requests: unknown[]; close: () => Promise<void> }

/** A real HTTP server on a port of its own that answers each JSON body with what `answer` makes of it. */
export async function startJsonServer(
  answer: (body: unknown) => { status?: number; body: string } | undefined,
  port = 0,
): Promise<JsonServer> {
  const requests: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const body: unknown = JSON.parse(text)
      requests.push(body)
      const reply = answer(body)
      if (!reply) return // no answer at all
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' })
      response.end(reply.body)
    })
  })
  await listen(server, port)
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
}
