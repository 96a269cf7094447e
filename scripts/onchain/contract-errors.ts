import { BaseError, decodeErrorResult, type Abi, type AbiParameter, type Hex } from 'viem'
import * as abis from '@hyperware/deployments/abi'
import { CommandError } from '../errors.ts'
import { hintFor } from './error-hints.ts'

/** An error as a contract gave it; the values have the names they are declared with. */
type Reverted = { name: string; args: readonly unknown[]; inputs: readonly AbiParameter[] }

/** Calls made for others may carry the errors of those within their own, to no depth that matters. */
const DEPTH_MAX = 4

/** The hint for what no contract of ours reverts with. */
const FOREIGN = 'no contract of the suite has this error; is another one at that address?'

const allErrors: Abi = Object.values(abis)
  .filter((value): value is Abi & typeof value => Array.isArray(value))
  .flatMap((abi) => (abi as Abi).filter((item) => item.type === 'error'))

function findRevertData(error: unknown): Hex | undefined {
  if (!(error instanceof BaseError)) return undefined
  let data: Hex | undefined
  error.walk((inner) => {
    const found = (inner as { data?: unknown }).data
    const nested = typeof found === 'object' && found !== null ? (found as { data?: unknown }).data : found
    if (typeof nested === 'string' && /^0x([0-9a-f]{2})*$/i.test(nested)) data ??= nested as Hex
    return false
  })
  return data
}

/** Name and values of the error in revert data; undefined for one that is not of our contracts. */
function decodeError(data: Hex): Reverted | undefined {
  try {
    const { errorName, args = [], abiItem } = decodeErrorResult({ abi: allErrors, data })
    if (errorName === 'Error') return { name: String(args[0]), args: [], inputs: [] }
    return { name: errorName, args, inputs: 'inputs' in abiItem ? abiItem.inputs : [] }
  } catch {
    return undefined
  }
}

function formatArgument(value: unknown, { name, type }: AbiParameter, depth: number): string {
  const carried = name === 'error' && type === 'bytes' && value !== '0x' ? describe(value as Hex, depth + 1) : undefined
  const text = carried ?? (typeof value === 'string' ? `"${value}"` : String(value))
  return name === undefined || name === '' ? text : `${name}: ${text}`
}

function formatCall({ name, args, inputs }: Reverted, depth: number): string {
  if (args.length === 0) return name
  return `${name}(${args.map((value, index) => formatArgument(value, inputs[index] ?? { type: '' }, depth)).join(', ')})`
}

function describe(data: Hex, depth: number): string {
  const reverted = depth > DEPTH_MAX ? undefined : decodeError(data)
  return reverted === undefined ? `unknown error ${data.slice(0, 10)}` : formatCall(reverted, depth)
}

/** The error in revert data as text, such as `NotParent` or `BidTooLow(offered: 1, minimum: 2)`. Pure. */
export function describeRevert(data: Hex): string {
  return data === '0x' ? 'no error data' : describe(data, 0)
}

/** A contract's own error by name and values, out of whatever the client library threw; undefined when it is none. */
export function decodeRevert(doing: string, error: unknown): CommandError | undefined {
  const data = findRevertData(error)
  if (data === undefined || data === '0x') return undefined
  const told = describe(data, 0)
  const { name, args } = decodeError(data) ?? { name: undefined, args: [] }
  return new CommandError(
    { code: 'contract-reverted', error: name ?? told, args },
    `Cannot ${doing}: the contract refused with ${told}`,
    { hint: name === undefined ? FOREIGN : hintFor(name), cause: error },
  )
}
