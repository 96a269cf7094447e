import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, createWalletClient, getAddress, http, type Hex, type LocalAccount } from 'viem'
import { ChainError, CommandError } from '../errors.ts'
import { callRpc } from '../dev/chain/anvil.ts'
import type { ChainClient } from './client.ts'
import { decodeRevert } from './contract-errors.ts'

const RECEIPT_TIMEOUT_MS = 120_000
const RECEIPT_POLL_MAX_MS = 500

/** `contract` is what the transaction created, if that was its purpose. */
export type Receipt = { hash: Hex; block: number; gasUsed: bigint; contract?: Hex }

async function waitForReceipt(client: ChainClient, doing: string, hash: Hex): Promise<Receipt> {
  const deadline = Date.now() + RECEIPT_TIMEOUT_MS
  for (let waitMs = 5; Date.now() < deadline; waitMs = Math.min(waitMs * 2, RECEIPT_POLL_MAX_MS)) {
    const receipt = (await callRpc(client.rpcUrl, 'eth_getTransactionReceipt', [hash])) as Record<string, string> | null
    if (receipt !== null) {
      if (receipt['status'] === '0x1') {
        const mined = { hash, block: Number(receipt['blockNumber']), gasUsed: BigInt(receipt['gasUsed'] ?? 0) }
        const contract = receipt['contractAddress']
        return typeof contract === 'string' ? { ...mined, contract: getAddress(contract) } : mined
      }
      throw new CommandError(
        { code: 'transaction-failed', hash },
        `Cannot ${doing}: transaction ${hash} was mined but failed`,
        {
          hint: 'something changed between trying it and mining it; look at the entry, then try again',
        },
      )
    }
    await sleep(waitMs)
  }
  throw new CommandError(
    { code: 'transaction-failed', hash },
    `Cannot ${doing}: transaction ${hash} was not mined in 120 s`,
    {
      hint: 'it may still be mined; look at the entry before sending it again',
    },
  )
}

/**
 * Sends one transaction and waits until it is mined. It is tried out first, so that what a contract would refuse is
 * refused here, with the contract's own words and without cost.
 *
 * @param input.to whom it calls; without, `data` is the creation code of a contract.
 * @param input.doing what is attempted, as in `mint "alice-home.os"`, for the error message.
 * @throws CommandError `contract-reverted`, `transaction-failed`; ChainError when the chain cannot be spoken to.
 */
export async function transact(
  client: ChainClient,
  input: { signer: LocalAccount; to?: Hex; data: Hex; doing: string },
): Promise<Receipt> {
  const { signer, to, data, doing } = input
  try {
    const wallet = createWalletClient({ account: signer, transport: http(client.rpcUrl, { retryCount: 0 }) })
    const call = to === undefined ? { data } : { to, data }
    const gas = await client.reader.estimateGas({ account: signer, ...call })
    const hash = await wallet.sendTransaction({ ...call, gas: (gas * 12n) / 10n, chain: null })
    return await waitForReceipt(client, doing, hash)
  } catch (error) {
    const revert = decodeRevert(doing, error)
    if (revert !== undefined) throw revert
    if (!(error instanceof BaseError)) throw error
    const detail = error.details || error.shortMessage
    const problem = { code: 'chain-unreachable', rpcUrl: client.rpcUrl, detail } as const
    throw new ChainError(problem, `Cannot ${doing}: ${detail}`, { cause: error })
  }
}
