import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The chain at `url` behind a node that refuses one method, as public ones do. */
export async function openRefusingNode(url: string, method: string): Promise<{ url: string; close: () => void }> {
  const answer = async (request: IncomingMessage): Promise<string> => {
    const body = await text(request)
    if (body.includes(`"${method}"`)) {
      const { id } = JSON.parse(body) as { id: number }
      return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: `no ${method} here` } })
    }
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return response.text()
  }
  const server = createServer((request, response) => {
    void answer(request).then((body) => response.setHeader('content-type', 'application/json').end(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}
