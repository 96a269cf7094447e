import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A question to the chain, and the path at which it was asked. */
export type Question = { path: string; method: string }

/**
 * A chain in front of another: hands questions on, once `before` has heard of them. A number from it is the HTTP status
 * to refuse the question with.
 */
export async function openFront(targetUrl: string, before: (question: Question) => Promise<void> | number | undefined) {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const { method } = JSON.parse(body) as { method: string }
      const status = await before({ path: request.url ?? '/', method })
      response.setHeader('content-type', 'application/json')
      if (typeof status === 'number') {
        response.writeHead(status).end('{"error":"refused"}')
        return
      }
      const answer = await fetch(targetUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      response.end(await answer.text())
    })().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
