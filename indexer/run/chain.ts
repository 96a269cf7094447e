import { setTimeout as sleep } from 'node:timers/promises'
import { IndexerError } from './errors.ts'

const PATIENCE_MS = 10_000
const ATTEMPT_MS = 3_000
const PAUSE_MS = 250

/** One JSON-RPC call. Throws what `fetch` throws, and an `Error` with the server's message. */
async function call(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(ATTEMPT_MS),
  })
  const answer: unknown = await response.json()
  if (!isObject(answer) || !('result' in answer)) {
    throw new Error(`${method} was answered with ${JSON.stringify(answer).slice(0, 200)}, expected a result`)
  }
  return answer['result']
}

/** One JSON-RPC call, tried again for 10 s. Throws `IndexerError` with code `chain-unreachable`. */
async function callPatiently(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await call(rpcUrl, method, params)
    } catch (cause) {
      if (Date.now() < deadline) {
        await sleep(PAUSE_MS)
        continue
      }
      throw chainUnreachable(rpcUrl, `no chain answered ${method} there for ${PATIENCE_MS / 1000} s`, cause)
    }
  }
}

function chainUnreachable(rpcUrl: string, detail: string, cause?: unknown): IndexerError {
  return new IndexerError({ code: 'chain-unreachable', rpcUrl }, `Cannot index ${rpcUrl}: ${detail}`, {
    cause,
    hint: 'start the chain first, or point --rpc at one that runs',
  })
}

/**
 * A block as far as it says which chain this is. Undefined when the chain has no such block. Waits for the chain to
 * answer, at most 10 s. Throws `IndexerError`.
 */
export async function findBlock(
  rpcUrl: string,
  block: number,
): Promise<{ hash: string; timestamp: number } | undefined> {
  const found = await callPatiently(rpcUrl, 'eth_getBlockByNumber', [`0x${block.toString(16)}`, false])
  if (!isObject(found)) return undefined
  return { hash: String(found['hash']), timestamp: Number(found['timestamp']) }
}

/** The hash of the first block, which tells chains of the same id apart. Throws `IndexerError`, as `findBlock` does. */
export async function getGenesis(rpcUrl: string): Promise<string> {
  const block = await findBlock(rpcUrl, 0)
  if (block === undefined) throw chainUnreachable(rpcUrl, 'the chain there has no block 0')
  return block.hash
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Waits for the chain to answer, at most 10 s, and makes sure it is the one that was meant. Throws `IndexerError`. */
export async function expectChain({ rpcUrl, chainId }: { rpcUrl: string; chainId: number }): Promise<void> {
  const found = Number(await callPatiently(rpcUrl, 'eth_chainId', []))
  if (found === chainId) return
  throw new IndexerError(
    { code: 'chain-mismatch', rpcUrl, found, expected: chainId },
    `Cannot index ${rpcUrl}: it is chain ${found}, expected chain ${chainId} of the deployment`,
    { hint: `start with --chain-id ${found} if deployments/${found}.json describes it, or point --rpc elsewhere` },
  )
}
