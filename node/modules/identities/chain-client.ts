import { hypermapAbi } from '@hyperware/deployments/abi/hypermap'
import { type Hex, isHex, type Namehash } from '@hyperware/protocol'
import { decodeFunctionResult, encodeFunctionData } from 'viem/utils'
import { badAnswer, type Endpoint, postJson } from './endpoint.ts'
import { isRecord } from '../../kernel/json.ts'

/** One entry as `Hypermap.get` returns it: all zero and empty when nobody minted it. */
export type ChainEntry = { tba: Hex; owner: Hex; data: Hex }

/** The chain id the endpoint serves. @throws EndpointError */
export async function fetchChainId(chain: Endpoint, signal?: AbortSignal): Promise<number> {
  return decodeQuantity(chain.url, 'eth_chainId', await call(chain, 'eth_chainId', [], signal))
}

/** The number of the newest block. @throws EndpointError */
export async function fetchBlockNumber(chain: Endpoint, signal?: AbortSignal): Promise<number> {
  return decodeQuantity(chain.url, 'eth_blockNumber', await call(chain, 'eth_blockNumber', [], signal))
}

/** Reads one entry of Hypermap at the newest block. @throws EndpointError */
export async function fetchEntry(
  chain: Endpoint,
  input: { hypermap: Hex; namehash: Namehash },
  signal?: AbortSignal,
): Promise<ChainEntry> {
  const data = encodeFunctionData({ abi: hypermapAbi, functionName: 'get', args: [input.namehash] })
  const result = await call(chain, 'eth_call', [{ to: input.hypermap, data }, 'latest'], signal)
  if (typeof result !== 'string' || !isHex(result)) throw badAnswer(chain.url, 'eth_call did not return bytes')
  if (result === '0x') throw badAnswer(chain.url, `there is no contract at ${input.hypermap}`)
  try {
    const [tba, owner, entryData] = decodeFunctionResult({ abi: hypermapAbi, functionName: 'get', data: result })
    return { tba, owner, data: entryData }
  } catch {
    throw badAnswer(chain.url, `the contract at ${input.hypermap} does not answer as Hypermap does`)
  }
}

async function call(
  chain: Endpoint,
  method: string,
  params: readonly unknown[],
  signal?: AbortSignal,
): Promise<unknown> {
  const answer = await postJson(chain, { jsonrpc: '2.0', id: 1, method, params }, signal)
  if (!isRecord(answer)) throw badAnswer(chain.url, 'it is not a JSON-RPC answer')
  if (isRecord(answer['error'])) {
    const message = String(answer['error']['message']).slice(0, 200)
    throw badAnswer(chain.url, `${method} failed with ${JSON.stringify(message)}`)
  }
  return answer['result']
}

function decodeQuantity(url: string, method: string, result: unknown): number {
  const quantity = typeof result === 'string' && /^0x[0-9a-fA-F]{1,13}$/.test(result) ? Number(result) : Number.NaN
  if (!Number.isSafeInteger(quantity)) throw badAnswer(url, `${method} did not return a number`)
  return quantity
}
