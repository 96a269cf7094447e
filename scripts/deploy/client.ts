import { setTimeout as sleep } from 'node:timers/promises'
import { createTestClient, http, publicActions, TransactionReceiptNotFoundError, walletActions } from 'viem'
import type { Hex, TransactionReceipt, Transport } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { anvil } from 'viem/chains'
import { decodeRevert } from '../onchain/contract-errors.ts'
import { createPatientFetch } from '../onchain/patient-fetch.ts'
import { DeployError } from './errors.ts'
import { DEV_CHAIN_ID } from './plan.ts'

/** Key of the first account of every anvil chain, known to all the world; it owns everything there. */
export const DEV_ADMIN_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const RECEIPT_TIMEOUT_MS = 120_000
const RECEIPT_POLL_MS = 20

/** A client of an anvil chain reached over HTTP. */
export function createDevClient(rpcUrl: string, adminKey: Hex = DEV_ADMIN_KEY): DevClient {
  const transport = http(rpcUrl, { timeout: 0, fetchFn: createPatientFetch(), retryCount: 0 })
  return createDevClientOver({ mode: 'anvil', transport }, adminKey)
}

/** Reads, writes and, on a development chain, places code. The account signs here, not at the chain. */
export function createDevClientOver(chain: { mode: 'anvil' | 'hardhat'; transport: Transport }, adminKey: Hex) {
  return createTestClient({
    mode: chain.mode,
    chain: { ...anvil, id: DEV_CHAIN_ID },
    account: privateKeyToAccount(adminKey),
    transport: chain.transport,
  })
    .extend(publicActions)
    .extend(walletActions)
}

export type DevClient = ReturnType<typeof createDevClientOver>

/**
 * Sends a transaction from the client's account and waits until it is mined. Asks for the receipt again and again:
 * viem's own waiting was seen to stall on chains that mine at once. Throws `DeployError` named after `step`, or
 * CommandError `contract-reverted` when a contract refuses before anything is sent.
 */
export async function sendAndWait(
  client: DevClient,
  transaction: { step: string; to: Hex; data: Hex },
): Promise<TransactionReceipt> {
  const { step, to, data } = transaction
  const hash = await client.sendTransaction({ to, data }).catch((error: unknown) => {
    throw decodeRevert(step, error) ?? error
  })
  const deadlineMs = Date.now() + RECEIPT_TIMEOUT_MS
  while (Date.now() < deadlineMs) {
    const receipt = await findReceipt(client, hash)
    if (receipt?.status === 'reverted') {
      throw new DeployError(
        { code: 'transaction-reverted', step, hash },
        `Cannot ${step}: transaction ${hash} was mined but reverted, expected success`,
        { hint: `see why with eth_call on the block before it, at ${to}` },
      )
    }
    if (receipt !== undefined) return receipt
    await sleep(RECEIPT_POLL_MS)
  }
  throw new DeployError(
    { code: 'transaction-unmined', step, hash, waitedMs: RECEIPT_TIMEOUT_MS },
    `Cannot ${step}: transaction ${hash} was not mined within ${RECEIPT_TIMEOUT_MS} ms`,
    { hint: 'run the step again; what is done already is recognised' },
  )
}

async function findReceipt(client: DevClient, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await client.getTransactionReceipt({ hash })
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}
