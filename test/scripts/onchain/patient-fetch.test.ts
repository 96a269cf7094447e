import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, http } from 'viem'
import { afterEach, describe, expect, test } from 'vitest'
import { createPatientFetch } from '../../../scripts/onchain/patient-fetch.ts'

/** Long enough for a machine that is busy with other things too to answer what it can answer. */
const SILENCE_MS = 1_500
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A chain that answers each method after its time, in milliseconds, or not at all. Counts what it is asked. */
async function openSlowChain(afterMs: (method: string) => number | undefined, answerMaxMs = 20 * SILENCE_MS) {
  const asked: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { id, method } = JSON.parse(await text(request)) as { id: number; method: string }
    asked.push(method)
    const waitMs = afterMs(method)
    if (waitMs === undefined) return
    await sleep(waitMs)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result: '0x7' }))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fetchFn = createPatientFetch({ silenceMs: SILENCE_MS, answerMaxMs })
  const client = createPublicClient({ transport: http(url, { timeout: 0, fetchFn, retryCount: 0 }), cacheTime: 0 })
  return { client, asked }
}

describe('a call to a chain', () => {
  test('is waited for while the chain answers other things, and is made once', async () => {
    const { client, asked } = await openSlowChain((method) => (method === 'eth_chainId' ? 0 : 3 * SILENCE_MS))
    expect(await client.getBlockNumber()).toBe(7n)
    expect(asked.filter((method) => method === 'eth_blockNumber')).toHaveLength(1)
    expect(asked.filter((method) => method === 'eth_chainId').length).toBeGreaterThan(1)
  })

  test('that is answered soon asks nothing else', async () => {
    const { client, asked } = await openSlowChain(() => 0)
    expect(await client.getBlockNumber()).toBe(7n)
    await sleep(2 * SILENCE_MS)
    expect(asked).toEqual(['eth_blockNumber'])
  })

  test('is given up when the chain says nothing at all', async () => {
    const { client } = await openSlowChain(() => undefined)
    await expect(client.getBlockNumber()).rejects.toThrow('Cannot call eth_chainId at')
  })

  test('is given up after a long time though the chain is there', async () => {
    const { client } = await openSlowChain((method) => (method === 'eth_chainId' ? 0 : undefined), 2 * SILENCE_MS)
    await expect(client.getBlockNumber()).rejects.toThrow('no answer came within 3 s')
  })
})
