import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, createWalletClient, getAddress, http, numberToHex, type Hex, type LocalAccount } from 'viem'
import { ChainError, CommandError } from '../errors.ts'
import { callRpc } from '../dev/chain/anvil.ts'
import type { ChainClient } from './client.ts'
import { decodeRevert } from './contract-errors.ts'
import { createPatientFetch } from './patient-fetch.ts'

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

type Call = { to?: Hex; data: Hex }

/** Many times what a block has: enough to tell a call that is too large from one that is refused. */
const GAS_PLENTY = 64n

/**
 * The gas of a block, when that is what a call fails for: it would go through with more. Running out of gas within a
 * contract looks like a refusal without a reason.
 */
async function findGasLimit(client: ChainClient, signer: LocalAccount, call: Call): Promise<bigint | undefined> {
  try {
    const { gasLimit } = await client.reader.getBlock()
    const gas = numberToHex(gasLimit * GAS_PLENTY)
    await callRpc(client.rpcUrl, 'eth_call', [{ from: signer.address, ...call, gas }, 'latest'])
    return gasLimit
  } catch (error) {
    // It fails with plenty too, or this chain does not let anybody try: then the gas is not known to be the reason.
    if (error instanceof ChainError || error instanceof BaseError) return undefined
    throw error
  }
}

function beyondBlock(doing: string, { gasLimit, data, cause }: { gasLimit: bigint; data: Hex; cause: unknown }) {
  const sizeBytes = (data.length - 2) / 2
  return new CommandError(
    { code: 'gas-beyond-block', gasLimit },
    `Cannot ${doing}: the call of ${sizeBytes} bytes needs more gas than the ${gasLimit} that one block of this chain has`,
    {
      hint: 'write less: 24575 bytes of a note cost about 6 million gas, and beyond that each byte about 690; or store its address instead',
      cause,
    },
  )
}

/**
 * Sends one transaction and waits until it is mined. It is tried out first, so that what a contract would refuse is
 * refused here, with the contract's own words and without cost.
 *
 * @param input.to whom it calls; without, `data` is the creation code of a contract.
 * @param input.doing what is attempted, as in `mint "alice-home.os"`, for the error message.
 * @throws CommandError `contract-reverted`, `gas-beyond-block`, `transaction-failed`; ChainError when the chain cannot be spoken to.
 */
export async function transact(
  client: ChainClient,
  input: { signer: LocalAccount; to?: Hex; data: Hex; doing: string },
): Promise<Receipt> {
  const { signer, to, data, doing } = input
  const call: Call = to === undefined ? { data } : { to, data }
  try {
    const transport = http(client.rpcUrl, { timeout: 0, fetchFn: createPatientFetch(), retryCount: 0 })
    const wallet = createWalletClient({ account: signer, transport })
    const [gas, { gasLimit }] = await Promise.all([
      client.reader.estimateGas({ account: signer, ...call }),
      client.reader.getBlock(),
    ])
    const withMargin = (gas * 12n) / 10n
    const sent = { ...call, gas: withMargin < gasLimit ? withMargin : gasLimit, chain: null }
    const hash = await wallet.sendTransaction(sent)
    return await waitForReceipt(client, doing, hash)
  } catch (error) {
    const revert = decodeRevert(doing, error)
    if (revert !== undefined) throw revert
    if (!(error instanceof BaseError)) throw error
    const gasLimit = await findGasLimit(client, signer, call)
    if (gasLimit !== undefined) throw beyondBlock(doing, { gasLimit, data, cause: error })
    const detail = error.details || error.shortMessage
    const problem = { code: 'chain-unreachable', rpcUrl: client.rpcUrl, detail } as const
    throw new ChainError(problem, `Cannot ${doing}: ${detail}`, { cause: error })
  }
}
