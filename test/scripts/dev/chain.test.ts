import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startChain, type DevChain } from '../../../scripts/dev/chain.ts'
import { callRpc } from '../../../scripts/dev/chain/anvil.ts'
import { BATCH_MAX_CALLS } from '../../../scripts/dev/chain/json-rpc.ts'
import { readState, restorePreviousState, stateFiles } from '../../../scripts/dev/chain/state-file.ts'
import { ChainError } from '../../../scripts/errors.ts'

const SENDER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const RECEIVER = '0x00000000000000000000000000000000000000aa'
/** Creation code that emits one log without topics and leaves no contract. */
const LOGGING_CODE = '0x60006000a0600060006000f3'

/** On a machine that is busy with other things too. */
const PATIENCE_MS = 240_000

type Receipt = { blockHash: string; blockNumber: string; status: string; logs: unknown[] }
type Block = { hash: string; parentHash: string; timestamp: string; number: string }

let dir: string
let pids: number[]
let open: DevChain[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-chain-'))
  pids = []
  open = []
})

afterEach(async () => {
  for (const chain of open) await chain.close().catch(() => undefined)
  rmSync(dir, { recursive: true, force: true })
})

async function start(): Promise<DevChain> {
  const chain = await startChain({ dir, port: 0, log: () => {}, onProcess: (pid) => pids.push(pid) })
  open.push(chain)
  return chain
}

const killAnvil = () => process.kill(pids.at(-1) ?? 0, 'SIGKILL')
const transfer = (chain: DevChain) =>
  callRpc(chain.rpcUrl, 'eth_sendTransaction', [{ from: SENDER, to: RECEIVER, value: '0x1', gas: '0x5208' }])
const receipt = async (chain: DevChain, hash: unknown) =>
  (await callRpc(chain.rpcUrl, 'eth_getTransactionReceipt', [hash])) as Receipt | null
const block = async (chain: DevChain, at: string) =>
  (await callRpc(chain.rpcUrl, 'eth_getBlockByNumber', [at, false])) as Block

/** One request with exactly these bytes and headers. */
function rawPost(chain: DevChain, body: string, headers: Record<string, string> = {}, method = 'POST') {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request(chain.rpcUrl, { method, headers: { 'content-type': 'application/json', ...headers } })
    outgoing.on('response', (incoming) => {
      let text = ''
      incoming.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const call = (id: number, method: string, params: unknown[] = []) => ({ jsonrpc: '2.0', id, method, params })

async function problemOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('what was acknowledged', () => {
  test(
    'survives a kill of anvil at any moment, with blocks, receipts and logs as they were',
    async () => {
      const chain = await start()
      const deployed = await callRpc(chain.rpcUrl, 'eth_sendTransaction', [
        { from: SENDER, data: LOGGING_CODE, gas: '0x100000' },
      ])
      const mined = await receipt(chain, deployed)
      expect(mined?.logs).toHaveLength(1)
      const allTransfers = async () => {
        const last = Number(await callRpc(chain.rpcUrl, 'eth_blockNumber'))
        const numbers = Array.from({ length: last + 1 }, (_, index) => `0x${index.toString(16)}`)
        const counts = await Promise.all(
          numbers.map((at) => callRpc(chain.rpcUrl, 'eth_getBlockTransactionCountByNumber', [at])),
        )
        return counts.reduce<number>((sum, count) => sum + Number(count), -1)
      }
      const logsBefore = await callRpc(chain.rpcUrl, 'eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }])

      const acknowledged: unknown[] = []
      const killed = new Set<number | undefined>()
      for (let round = 0; round < 6; round++) {
        const before = acknowledged.length
        const sending = { over: false }
        const senders = Array.from({ length: 4 }, async () => {
          while (!sending.over) {
            const hash = await transfer(chain).catch(() => undefined)
            if (hash !== undefined) acknowledged.push(hash)
          }
        })
        await expect.poll(() => acknowledged.length - before, { timeout: PATIENCE_MS }).toBeGreaterThan(2)
        await sleep(Math.random() * 120)
        killed.add(pids.at(-1))
        killAnvil()
        sending.over = true
        await Promise.all(senders)
        for (const hash of acknowledged)
          expect(await receipt(chain, hash), `kill ${round}`).toMatchObject({ status: '0x1' })
        const received = Number(await callRpc(chain.rpcUrl, 'eth_getBalance', [RECEIVER, 'latest']))
        expect(await allTransfers(), `transfers in the blocks after kill ${round}`).toBe(received)
      }
      expect(killed.size).toBe(6)
      expect(await receipt(chain, deployed)).toEqual(mined)
      expect(await callRpc(chain.rpcUrl, 'eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }])).toEqual(logsBefore)
    },
    PATIENCE_MS,
  )

  test('is there after a stop and a start, and the chain goes on from the same blocks', async () => {
    const first = await start()
    const hash = await transfer(first)
    const [genesis, latest] = [await block(first, '0x0'), await block(first, 'latest')]
    await first.close()
    const second = await start()
    expect(await receipt(second, hash)).toMatchObject({ status: '0x1', blockHash: latest.hash })
    expect((await block(second, '0x0')).hash).toBe(genesis.hash)
    await transfer(second)
    expect((await block(second, 'latest')).parentHash).toBe(latest.hash)
  })

  test('keeps its first block over any number of restarts, and no other one beside it', async () => {
    const first = await start()
    await transfer(first)
    const genesis = await block(first, '0x0')
    await first.close()
    for (let restart = 0; restart < 3; restart++) {
      await sleep(1_100) // a chain begun now would have another timestamp, so another first block
      const chain = await start()
      expect((await block(chain, '0x0')).hash).toBe(genesis.hash)
      expect((await block(chain, '0x1')).parentHash).toBe(genesis.hash)
      const before = Math.floor(Date.now() / 1000)
      await transfer(chain)
      expect(Number((await block(chain, 'latest')).timestamp)).toBeGreaterThanOrEqual(before - 1)
      await chain.close()
    }
    const { state } = readState(stateFiles(dir).current)
    const { blocks } = JSON.parse(gunzipSync(state).toString('utf8')) as { blocks: { header: { number: string } }[] }
    expect(blocks.map(({ header }) => Number(header.number)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
  })

  test('includes a moved clock, so that time never runs backwards over a restart', async () => {
    const first = await start()
    const startedS = Math.floor(Date.now() / 1000)
    await callRpc(first.rpcUrl, 'evm_increaseTime', [3_600])
    killAnvil()
    await block(first, 'latest') // a read waits for the anvil that takes over
    await transfer(first)
    const { timestamp } = await block(first, 'latest')
    expect(Number(timestamp)).toBeGreaterThanOrEqual(startedS + 3_599)
    expect(Number(timestamp)).toBeLessThanOrEqual(Date.now() / 1000 + 3_602)
  })

  test('is only what was mined: a transaction with a nonce gap is answered but waits', async () => {
    const chain = await start()
    const waiting = await callRpc(chain.rpcUrl, 'eth_sendTransaction', [
      { from: SENDER, to: RECEIVER, nonce: '0x1', gas: '0x5208' },
    ])
    expect(await receipt(chain, waiting)).toBeNull()
    await callRpc(chain.rpcUrl, 'eth_sendTransaction', [{ from: SENDER, to: RECEIVER, nonce: '0x0', gas: '0x5208' }])
    await expect.poll(async () => (await receipt(chain, waiting))?.status).toBe('0x1')
  })

  test('is not what another transaction of the same nonce took the place of', async () => {
    const chain = await start()
    await callRpc(chain.rpcUrl, 'evm_setAutomine', [false])
    const [first, second] = ['0x77359400', '0xee6b2800'].map((gasPrice, id) =>
      call(id, 'eth_sendTransaction', [{ from: SENDER, to: RECEIVER, nonce: '0x0', gas: '0x5208', gasPrice }]),
    )
    const { text } = await rawPost(chain, JSON.stringify([first, second]))
    const answers = JSON.parse(text) as { error?: { message: string } }[]
    expect(answers.map(({ error }) => error?.message)).toEqual([
      expect.stringMatching(/^Cannot confirm the change: .* another one of the same nonce took its place/),
      expect.stringMatching(/^Cannot confirm the change: /),
    ])
  })

  test('over a WebSocket is as durable as over HTTP, and subscriptions arrive there', async () => {
    const chain = await start()
    const socket = new WebSocket(chain.wsUrl)
    const messages: { id?: number; result?: unknown; method?: string }[] = []
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8')) as never))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }))
    await expect.poll(() => messages.find((message) => message.id === 1)?.result).toBeTypeOf('string')
    const params = [{ from: SENDER, to: RECEIVER, value: '0x1', gas: '0x5208' }]
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'eth_sendTransaction', params }))
    await expect.poll(() => messages.find((message) => message.id === 2)?.result).toBeTypeOf('string')
    await expect.poll(() => messages.some((message) => message.method === 'eth_subscription')).toBe(true)
    killAnvil()
    const hash = messages.find((message) => message.id === 2)?.result
    expect(await receipt(chain, hash)).toMatchObject({ status: '0x1' })
    socket.terminate()
  })
})

describe('a saved state', () => {
  test.each([
    ['one flipped bit', (bytes: Buffer) => bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)],
    ['a cut end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 10)],
    ['no content', () => Buffer.alloc(0)],
    ['other content', () => Buffer.from('{"accounts":{}}')],
    ['a header that is not JSON', (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('{', '['), 'latin1')],
  ])('with %s is refused, and the copy before it can be restored', async (_case, damage) => {
    const first = await start()
    const kept = await transfer(first)
    const lost = await transfer(first)
    await first.close()
    const files = stateFiles(dir)
    writeFileSync(files.previous, readFileSync(files.current))
    writeFileSync(files.current, damage(readFileSync(files.current)))

    const problem = await problemOf(start())
    expect(problem).toBeInstanceOf(ChainError)
    expect((problem as ChainError).code).toBe('state-damaged')
    expect((problem as ChainError).message).toContain(`Cannot load the chain's state from "${files.current}": `)
    expect((problem as ChainError).hint).toContain('hyperware chain restore')

    expect(restorePreviousState(dir).block).toBe(2)
    const second = await start()
    expect(await receipt(second, kept)).toMatchObject({ status: '0x1' })
    expect(await receipt(second, lost)).toMatchObject({ status: '0x1' })
  })

  test('is replaced as a whole: an interrupted write leaves the old one in force', async () => {
    const first = await start()
    await transfer(first)
    await first.close()
    writeFileSync(stateFiles(dir).next, 'half a sta')
    expect(readState(stateFiles(dir).current).header).toMatchObject({ chainId: 31337, block: 1 })
    const second = await start()
    expect(await callRpc(second.rpcUrl, 'eth_blockNumber')).toBe('0x1')
  })

  test('that is gone while the copy before it is there is no new chain: that copy is restored', async () => {
    const first = await start()
    const kept = await transfer(first)
    await transfer(first)
    await first.close()
    const files = stateFiles(dir)
    writeFileSync(files.previous, readFileSync(files.current))
    rmSync(files.current)

    const problem = await problemOf(start())
    expect(problem).toMatchObject({ code: 'state-damaged' })
    expect((problem as ChainError).hint).toContain('hyperware chain restore')

    expect(restorePreviousState(dir).block).toBe(2)
    expect(await receipt(await start(), kept)).toMatchObject({ status: '0x1' })
  })

  test('that has no copy before it cannot be restored', () => {
    expect(() => restorePreviousState(dir)).toThrow(
      new ChainError(
        { code: 'state-absent', file: stateFiles(dir).previous },
        `Cannot load the chain's state: "${stateFiles(dir).previous}" does not exist`,
      ),
    )
  })
})

describe('the front', () => {
  test('answers batches in order, also those that change the chain', async () => {
    const chain = await start()
    const params = [{ from: SENDER, to: RECEIVER, value: '0x1', gas: '0x5208' }]
    const { text } = await rawPost(
      chain,
      JSON.stringify([call(1, 'eth_chainId'), call(2, 'eth_sendTransaction', params), call(3, 'nothing_known')]),
    )
    const answers = JSON.parse(text) as { id: number; result?: string; error?: { code: number } }[]
    expect(answers.map((answer) => answer.id)).toEqual([1, 2, 3])
    expect(answers[0]?.result).toBe('0x7a69')
    expect(answers[2]?.error?.code).toBe(-32601)
    killAnvil()
    expect(await receipt(chain, answers[1]?.result)).toMatchObject({ status: '0x1' })
  })

  test.each([
    ['not JSON', 'nope', 200, -32700],
    ['no method', '{"id":1}', 200, -32600],
    ['an empty batch', '[]', 200, -32600],
    ['a batch with a number in it', '[1]', 200, -32600],
    [
      'too long a batch',
      JSON.stringify(Array.from({ length: BATCH_MAX_CALLS + 1 }, () => call(1, 'eth_chainId'))),
      200,
      -32005,
    ],
  ])('refuses %s with a JSON-RPC error', async (_case, body, status, code) => {
    const chain = await start()
    const answer = await rawPost(chain, body)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ id: null, error: { code } })
    expect(await callRpc(chain.rpcUrl, 'eth_chainId')).toBe('0x7a69')
  })

  test('refuses a body that says it is too long before reading it', async () => {
    const chain = await start()
    const answer = await rawPost(chain, '', { 'content-length': String(64 * 1024 * 1024) }).catch(
      (error: unknown) => error,
    )
    expect(answer).toMatchObject({ status: 413 })
  })

  test('refuses a host name that is not of this machine, and other methods than POST', async () => {
    const chain = await start()
    expect((await rawPost(chain, '{"id":1,"method":"eth_chainId"}', { host: 'rebound.example:8545' })).status).toBe(403)
    expect((await rawPost(chain, '', {}, 'GET')).status).toBe(405)
    expect((await rawPost(chain, '', {}, 'OPTIONS')).status).toBe(204)
  })
})
