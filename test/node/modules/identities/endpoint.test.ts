import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { endpointAt, postJson } from '../../../../node/modules/identities/endpoint.ts'

const LIMITS = { timeoutMs: 5_000, maxBytes: 1_000 }

test('an endpoint whose address has a name and a password in it gets them, and no message does', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(seen.length === 1 ? 200 : 500).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = endpointAt(`http://me:p%40ss@127.0.0.1:${port}/rpc`, LIMITS)
  expect(await postJson(endpoint, {})).toEqual({})
  await expect(postJson(endpoint, {})).rejects.toThrow(
    `Cannot ask "http://127.0.0.1:${port}/rpc": it answered 500 "{}"`,
  )
  await new Promise((resolve) => server.close(resolve))
  expect(seen).toEqual(Array.from({ length: 2 }, () => `Basic ${Buffer.from('me:p@ss').toString('base64')}`))
})

test('a percent sign in a password may stand for itself', () => {
  const authorization = `Basic ${Buffer.from('me:100%').toString('base64')}`
  expect(endpointAt('https://me:100%@rpc.example/', LIMITS)).toEqual({
    url: 'https://rpc.example/',
    authorization,
    ...LIMITS,
  })
})

test('an endpoint without them is asked as it is written', () => {
  expect(endpointAt('http://127.0.0.1:8545', LIMITS)).toEqual({ url: 'http://127.0.0.1:8545', ...LIMITS })
})
