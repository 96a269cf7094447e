import { type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { type Server, type ServerResponse, createServer } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { findBlock, getGenesis } from '../../../indexer/run/chain.ts'
import { IndexerError } from '../../../indexer/run/errors.ts'

let server: Server | undefined

afterEach(() => {
  vi.useRealTimers()
  server?.closeAllConnections()
  server?.close()
})

/** A chain that answers its questions, counted from 1, as `answer` does. */
async function openChain(answer: (question: number, response: ServerResponse) => void): Promise<string> {
  let questions = 0
  server = createServer((_request, response) => answer(++questions, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const say = (response: ServerResponse, answer: object) => void response.end(JSON.stringify({ id: 1, ...answer }))
const BLOCK = { result: { hash: '0xaa', timestamp: '0x5' } }

test('a question that fails is asked again', async () => {
  const url = await openChain((question, response) => {
    if (question === 1) response.destroy()
    else if (question === 2) say(response, { error: { code: -32_000, message: 'not now' } })
    else say(response, BLOCK)
  })
  expect(await findBlock(url, 7)).toEqual({ hash: '0xaa', timestamp: 5 })
})

test('a block that the chain does not have is an answer', async () => {
  const url = await openChain((_question, response) => say(response, { result: null }))
  expect(await findBlock(url, 7)).toBeUndefined()
})

test('a chain that answers nothing but errors for 10 s is unreachable', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const url = await openChain((_question, response) => {
    vi.setSystemTime(Date.now() + 6_000)
    say(response, { error: { code: -32_000, message: 'not now' } })
  })
  const error = await findBlock(url, 7).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(IndexerError)
  expect(error).toMatchObject({
    code: 'chain-unreachable',
    message: `Cannot index ${url}: no chain answered eth_getBlockByNumber there for 10 s`,
  })
})

test('a chain without a first block does not pass for another chain', async () => {
  const url = await openChain((_question, response) => say(response, { result: null }))
  await expect(getGenesis(url)).rejects.toMatchObject({ code: 'chain-unreachable' })
})
