import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError, InsufficientFundsError, TransactionReceiptNotFoundError } from 'viem'
import type { Hex } from 'viem'
import { decodeRevert } from '../onchain/contract-errors.ts'
import { type Connection, telling } from './connection.ts'
import { DeployError } from './errors.ts'
import { insufficientFunds } from './estimate.ts'
import type { DeployStep } from './steps.ts'
import { findMissing, isDone } from './survey.ts'

export type RunOptions = {
  /** Blocks that the last transaction must be deep in the chain at the end, its own included. */
  confirmations: number
  /** Milliseconds to wait for one transaction, or for the confirmations; by default ten minutes. */
  timeoutMs?: number
  /** Called before each step that is sent, and after each step. `hash` is set when it was sent here. */
  report?: (step: DeployStep, state: 'sending' | 'done', hash?: Hex) => void
  /** Ends the run between two requests, with its reason. */
  signal?: AbortSignal
}

/** The block each step was mined in, for those sent by this run. */
export type StartBlocks = ReadonlyMap<string, number>

const TIMEOUT_MS = 600_000
const POLL_MAX_MS = 2_000

/**
 * Does the steps that are missing, one after the other, then waits until the last is deep enough in the chain. Each looks
 * once more before it sends, so that a run that was cut off anywhere is continued by the next.
 *
 * @throws DeployError `transactions-pending`, `transaction-reverted`, `transaction-unmined`, `insufficient-funds`;
 * CommandError `contract-reverted`; ChainError `chain-unreachable`.
 */
export async function runSteps(
  connection: Connection,
  steps: readonly DeployStep[],
  options: RunOptions,
): Promise<StartBlocks> {
  const sent = new Map<string, Hex>()
  const { rpcUrl } = connection
  await telling(rpcUrl, `look for transactions of ${connection.signer.address}`, () => settle(connection, options))
  for (const step of steps) {
    options.signal?.throwIfAborted()
    const hash = await telling(rpcUrl, `deploy ${step.id}`, () => runStep(connection, step, options))
    if (hash !== undefined) sent.set(step.id, hash)
    options.report?.(step, 'done', hash)
  }
  return telling(rpcUrl, 'confirm the deployment', () => confirm(connection, { steps, sent }, options))
}

async function runStep(connection: Connection, step: DeployStep, options: RunOptions): Promise<Hex | undefined> {
  if (await isDone(connection, step)) return undefined
  options.report?.(step, 'sending')
  const hash = await send(connection, step)
  const mined = await poll(options, () => findBlock(connection, hash))
  if (mined === undefined) throw unmined({ step: step.id, hash, doing: 'was not mined' }, options)
  if (await isDone(connection, step)) return hash
  throw new DeployError(
    { code: 'transaction-reverted', step: step.id, hash },
    `Cannot deploy ${step.id}: transaction ${hash} was mined, but left nothing at ${step.address}`,
    { hint: 'run the same command again; it says what is left, and tries it out first' },
  )
}

async function send(connection: Connection, { id, transaction, typicalGas }: DeployStep): Promise<Hex> {
  const { reader, wallet, signer } = connection
  try {
    const gas = await reader.estimateGas({ account: signer, ...transaction })
    const chain = wallet.chain ?? null
    return await wallet.sendTransaction({ account: signer, chain, ...transaction, gas: (gas * 12n) / 10n })
  } catch (error) {
    if (error instanceof BaseError && error.walk((inner) => inner instanceof InsufficientFundsError) !== null) {
      const [balance, feePerGas] = await Promise.all([
        reader.getBalance({ address: signer.address }),
        reader.getGasPrice(),
      ])
      throw insufficientFunds(connection, { balance, needed: balance + typicalGas * feePerGas * 2n })
    }
    throw decodeRevert(`deploy ${id}`, error) ?? error
  }
}

/** Nonces keep the steps in order, so a chain that reorganizes can lose last ones only: look at all again when deep. */
async function confirm(
  connection: Connection,
  { steps, sent }: { steps: readonly DeployStep[]; sent: ReadonlyMap<string, Hex> },
  options: RunOptions,
): Promise<StartBlocks> {
  const blocks = new Map<string, number>()
  for (const [step, hash] of sent) {
    const deep = await poll(options, async () => {
      const block = await findBlock(connection, hash)
      if (block === undefined) return undefined
      const newest = await connection.reader.getBlockNumber()
      return newest - block + 1n >= BigInt(options.confirmations) ? block : undefined
    })
    if (deep === undefined) {
      throw unmined({ step, hash, doing: `did not have ${options.confirmations} confirmations` }, options)
    }
    blocks.set(step, Number(deep))
  }
  const [lost] = await findMissing(connection, steps)
  if (lost === undefined) return blocks
  const hash = sent.get(lost.id) ?? '0x'
  throw unmined({ step: lost.id, hash, doing: 'was dropped by a reorganization and not mined again' }, options)
}

/** A run that was cut off may have left a transaction behind; sending the step again would pay for it twice. */
async function settle(connection: Connection, options: RunOptions): Promise<void> {
  const address = connection.signer.address
  const count = (blockTag: 'latest' | 'pending') => connection.reader.getTransactionCount({ address, blockTag })
  let [mined, pending] = [0, 0]
  const settled = await poll(options, async () => {
    ;[mined, pending] = await Promise.all([count('latest'), count('pending')])
    return pending <= mined ? true : undefined
  })
  if (settled === true) return
  throw new DeployError(
    { code: 'transactions-pending', signer: address, mined, pending },
    `Cannot deploy: ${address} has sent ${pending} transactions of which ${mined} are mined, expected all`,
    { hint: 'wait until they are mined, or replace them from a wallet with a higher fee, and run this again' },
  )
}

async function findBlock({ reader }: Connection, hash: Hex): Promise<bigint | undefined> {
  try {
    return (await reader.getTransactionReceipt({ hash })).blockNumber
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

/** Asks again and again, ever less often; undefined when time is up. */
async function poll<T>(
  { timeoutMs = TIMEOUT_MS, signal }: RunOptions,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, POLL_MAX_MS)) {
    const answer = await ask()
    if (answer !== undefined || Date.now() >= deadline) return answer
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      throw signal?.reason ?? error
    })
  }
}

function unmined(
  { step, hash, doing }: { step: string; hash: Hex; doing: string },
  { timeoutMs = TIMEOUT_MS }: RunOptions,
): DeployError {
  return new DeployError(
    { code: 'transaction-unmined', step, hash, waitedMs: timeoutMs },
    `Cannot deploy ${step}: transaction ${hash} ${doing} within ${timeoutMs} ms`,
    { hint: 'run the same command again: it waits for what is on its way, and recognises what is done' },
  )
}
