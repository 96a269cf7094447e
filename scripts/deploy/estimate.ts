import { hexToBigInt, size, toHex } from 'viem'
import type { Hex } from 'viem'
import { ChainError } from '../errors.ts'
import { callRpc } from '../dev/chain/anvil.ts'
import { describeRevert } from '../onchain/contract-errors.ts'
import { codeAt, type Connection, telling } from './connection.ts'
import { DeployError } from './errors.ts'
import type { DeployStep } from './steps.ts'

/** Gas of one step; `typical` where the chain could not try it out. */
export type StepGas = { step: DeployStep; gas: bigint }

/** What the steps that are left would cost now. Gas in units, money in wei. */
export type Estimate = {
  steps: readonly StepGas[]
  /** `tried`: the chain ran all steps in their order and kept nothing. `typical`: it cannot; figures of another chain. */
  source: 'tried' | 'typical'
  gas: bigint
  /** Fee per gas of the newest block, tip included. */
  feePerGas: bigint
  /** What a rollup adds for publishing the transactions, at most; 0 elsewhere. */
  dataFee: bigint
  /** `gas` at `feePerGas`, and `dataFee`. */
  cost: bigint
  balance: bigint
}

/** Where OP-stack chains say what publishing a transaction costs. */
const GAS_PRICE_ORACLE: Hex = '0x420000000000000000000000000000000000000F'
const ORACLE_ABI = [
  {
    type: 'function',
    name: 'getL1FeeUpperBound',
    stateMutability: 'view',
    inputs: [{ name: 'unsignedTxSize', type: 'uint256' }],
    outputs: [{ type: 'uint256' }],
  },
] as const
/** Bytes of a transaction beside its data, at most. */
const ENVELOPE_BYTES = 160

/**
 * Has the chain try out the steps, one after the other, without keeping anything (`eth_simulateV1`), and prices them.
 *
 * @throws DeployError `step-would-revert`; ChainError `chain-unreachable`.
 */
export async function estimate(connection: Connection, steps: readonly DeployStep[]): Promise<Estimate> {
  const { rpcUrl, reader, signer } = connection
  const tried = steps.length === 0 ? [] : await trySteps(connection, steps)
  const priced = tried ?? steps.map((step) => ({ step, gas: step.typicalGas }))
  const gas = priced.reduce((sum, step) => sum + step.gas, 0n)
  return telling(rpcUrl, 'ask for fees and balance', async () => {
    const [feePerGas, balance, dataFee] = await Promise.all([
      reader.getGasPrice(),
      reader.getBalance({ address: signer.address }),
      rollupFee(connection, steps),
    ])
    const source = tried === undefined ? 'typical' : 'tried'
    return { steps: priced, source, gas, feePerGas, dataFee, cost: gas * feePerGas + dataFee, balance }
  })
}

/**
 * Refuses when the signer cannot pay all that is left. Fees move while steps are mined, and chains want the highest that a
 * transaction may cost to be there: so a quarter more than the estimate.
 *
 * @throws DeployError `insufficient-funds`, with the balance and what is needed.
 */
export function requireFunds(connection: Connection, { balance, cost }: Estimate): void {
  const needed = cost + cost / 4n
  if (balance < needed) throw insufficientFunds(connection, { balance, needed })
}

/** That the account that signs cannot pay, and how much it lacks. Wei. */
export function insufficientFunds(
  { chainId, signer }: Connection,
  { balance, needed }: { balance: bigint; needed: bigint },
): DeployError {
  return new DeployError(
    { code: 'insufficient-funds', signer: signer.address, balance, needed, chainId },
    `Cannot deploy to chain ${chainId}: ${signer.address} has ${balance} wei, expected at least ${needed} wei`,
    { hint: `send it ${needed - balance} wei or more, and run the same command again` },
  )
}

/** Undefined when the chain does not have the method, or refuses so large a call. */
async function trySteps(connection: Connection, steps: readonly DeployStep[]): Promise<StepGas[] | undefined> {
  const from = connection.signer.address
  // A block for each, as they will be mined; the balance is looked at apart.
  const blockStateCalls = steps.map(({ transaction }) => ({
    calls: [{ from, to: transaction.to, input: transaction.data }],
  }))
  let answer: unknown
  try {
    answer = await callRpc(connection.rpcUrl, 'eth_simulateV1', [{ blockStateCalls, validation: false }, 'latest'])
  } catch (error) {
    if (error instanceof ChainError && error.code === 'rpc-failed') return undefined
    throw error
  }
  const calls = readCalls(answer)
  if (calls?.length !== steps.length) return undefined
  return steps.map((step, index) => {
    const call = calls[index]
    if (call?.status === '0x1') return { step, gas: hexToBigInt(call.gasUsed) }
    throw new DeployError(
      { code: 'step-would-revert', step: step.id, detail: describeRevert(call?.returnData ?? '0x') },
      `Cannot deploy ${step.id}: tried out on chain ${connection.chainId}, it reverts with ${describeRevert(call?.returnData ?? '0x')}`,
      { hint: 'nothing was sent; were root entry or roles handed on, or was it begun with other options?' },
    )
  })
}

type SimulatedCall = { status: string; gasUsed: Hex; returnData: Hex }

/** The answer comes from a node: one that looks otherwise counts as none. */
function readCalls(answer: unknown): SimulatedCall[] | undefined {
  if (!Array.isArray(answer)) return undefined
  const calls = answer.flatMap((block: { calls?: unknown } | null) => (Array.isArray(block?.calls) ? block.calls : []))
  return calls.every(isSimulatedCall) ? calls : undefined
}

function isSimulatedCall(call: unknown): call is SimulatedCall {
  if (typeof call !== 'object' || call === null) return false
  const { status, gasUsed, returnData } = call as Record<keyof SimulatedCall, unknown>
  return typeof status === 'string' && isHex(gasUsed) && isHex(returnData)
}

function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value)
}

/** Summed over the steps, in wei. */
async function rollupFee(connection: Connection, steps: readonly DeployStep[]): Promise<bigint> {
  if (steps.length === 0 || (await codeAt(connection, GAS_PRICE_ORACLE)) === '0x') return 0n
  const bytes = steps.map(({ transaction }) => BigInt(size(transaction.data) + ENVELOPE_BYTES))
  const fees = await Promise.all(
    bytes.map((length) =>
      connection.reader.readContract({
        address: GAS_PRICE_ORACLE,
        abi: ORACLE_ABI,
        functionName: 'getL1FeeUpperBound',
        args: [length],
      }),
    ),
  )
  return fees.reduce((sum, fee) => sum + fee, 0n)
}

/** The plan for a file: what would be sent, for review or for signing elsewhere. Pure. */
export function describeSteps(steps: readonly StepGas[]): readonly Record<string, string>[] {
  return steps.map(({ step, gas }) => ({
    step: step.id,
    address: step.address,
    gas: String(gas),
    to: step.transaction.to,
    value: toHex(0),
    data: step.transaction.data,
  }))
}
