import { BaseError, createPublicClient, createWalletClient, defineChain, http } from 'viem'
import type { Hex, LocalAccount, PublicClient, WalletClient } from 'viem'
import { ChainError } from '../errors.ts'
import { DeployError } from './errors.ts'

/** A chain that is deployed to, and the account that signs here; no key ever leaves this process. */
export type Connection = {
  rpcUrl: string
  chainId: number
  reader: PublicClient
  wallet: WalletClient
  signer: LocalAccount
}

/** What looking at a chain takes of a connection; a development client will do. */
export type Reading = { reader: Pick<PublicClient, 'getCode' | 'call'> }

const TIMEOUT_MS = 30_000

/**
 * Connects to any EVM chain. Every transaction is signed for the chain id found here, so none can reach another chain.
 *
 * @param input.expected chain id the caller means; any, if undefined.
 * @throws ChainError `chain-unreachable`; DeployError `wrong-chain`.
 */
export async function connect(input: {
  rpcUrl: string
  signer: LocalAccount
  expected?: number | undefined
}): Promise<Connection> {
  const { rpcUrl, signer, expected } = input
  const transport = http(rpcUrl, { timeout: TIMEOUT_MS, retryCount: 2 })
  const chainId = await telling(rpcUrl, 'ask for the chain id', () => createPublicClient({ transport }).getChainId())
  if (expected !== undefined && chainId !== expected) {
    throw new DeployError(
      { code: 'wrong-chain', rpcUrl, chainId, expected },
      `Cannot deploy to ${rpcUrl}: it is chain ${chainId}, expected ${expected}`,
      { hint: 'check the URL, or the chain id that was asked for' },
    )
  }
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const reader = createPublicClient({ chain, transport, cacheTime: 0 })
  return { rpcUrl, chainId, reader, wallet: createWalletClient({ chain, transport, account: signer }), signer }
}

/** Runs `ask` and turns what the client library throws into a ChainError that says what was attempted. */
export async function telling<T>(rpcUrl: string, doing: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (!(cause instanceof BaseError)) throw cause
    const detail = cause.details || cause.shortMessage
    const hint = 'what is done already is recognised: run the same command again when the chain answers'
    throw new ChainError({ code: 'chain-unreachable', rpcUrl, detail }, `Cannot ${doing} at ${rpcUrl}: ${detail}`, {
      hint,
      cause,
    })
  }
}

/** Code at an address, `0x` for none. */
export async function codeAt({ reader }: Reading, address: Hex): Promise<Hex> {
  return (await reader.getCode({ address })) ?? '0x'
}

/** Halves the range until the first block with code is left; 0 where the chain has forgotten its past. */
export async function findStartBlock({ reader }: Connection, address: Hex): Promise<number> {
  try {
    let [without, having] = [-1n, await reader.getBlockNumber()]
    while (having - without > 1n) {
      const middle = (without + having) / 2n
      const code = await reader.getCode({ address, blockNumber: middle })
      if (code === undefined) without = middle
      else having = middle
    }
    return Number(having)
  } catch {
    return 0 // earlier than needed, never too late
  }
}
