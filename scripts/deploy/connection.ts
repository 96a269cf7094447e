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
export async function codeAt({ reader }: Connection, address: Hex): Promise<Hex> {
  return (await reader.getCode({ address })) ?? '0x'
}
