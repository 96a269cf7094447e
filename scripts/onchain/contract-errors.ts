import { BaseError, decodeErrorResult, type Abi, type Hex } from 'viem'
import * as abis from '@hyperware/deployments/abi'
import { CommandError } from '../errors.ts'

/** What to do about an error of our contracts, where its name alone does not say. */
const HINTS: Readonly<Record<string, string>> = {
  CommitNotFound: 'this account has not committed to the label; commit first, from the same account',
  CommitTooNew: 'a commitment can be used 16 s after it was made',
  CommitTooOld: 'a commitment expires after 1800 s; make a new one',
  FactAlreadyExists: 'facts are written once; a note can be written again',
  FailedToInitializeTBA: 'a note or fact of the initialization was refused, or the account implementation has no code',
  GeneAlreadySet: 'a gene is set once, and entries under a gene inherit theirs',
  InvalidLabelCharacter: 'labels consist of a-z, 0-9 and hyphen',
  LabelTooLong: 'labels have at most 63 bytes, with ~ or !',
  LabelTooShort: 'labels have at least one byte after ~ or !',
  'Label too short':
    'this zone mints labels of nine characters or more; its owner can mint shorter ones with --as-owner',
  NameAlreadyExists: 'look at it with "hyperware names get"',
  NotOperatorOrEntryPoint: 'sign with the account that owns the entry: --account or --key-file',
  NotParent: 'only the account of the parent entry may write beneath it',
  UnexpiredCommitExists: 'the commitment is there already: wait and mint',
}

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

const formatArgument = (value: unknown) => (typeof value === 'string' ? `"${value}"` : String(value))

/** Name and values of the error in revert data; an unknown one by its first four bytes. */
function decodeError(data: Hex): { name: string; args: readonly unknown[] } {
  try {
    const decoded = decodeErrorResult({ abi: allErrors, data })
    if (decoded.errorName === 'Error') return { name: String(decoded.args?.[0]), args: [] }
    return { name: decoded.errorName, args: decoded.args ?? [] }
  } catch {
    return { name: `unknown error ${data.slice(0, 10)}`, args: [] } // not one of our contracts
  }
}

const formatCall = ({ name, args }: { name: string; args: readonly unknown[] }) =>
  args.length === 0 ? name : `${name}(${args.map(formatArgument).join(', ')})`

/** The error in revert data as text, such as `NotParent` or `InsufficientAllowance("0x...")`. Pure. */
export function describeRevert(data: Hex): string {
  return data === '0x' ? 'no error data' : formatCall(decodeError(data))
}

/** A contract's own error by name and values, out of whatever the client library threw; undefined when it is none. */
export function decodeRevert(doing: string, error: unknown): CommandError | undefined {
  const data = findRevertData(error)
  if (data === undefined || data === '0x') return undefined
  const { name, args } = decodeError(data)
  return new CommandError(
    { code: 'contract-reverted', error: name, args },
    `Cannot ${doing}: the contract refused with ${formatCall({ name, args })}`,
    { hint: HINTS[name], cause: error },
  )
}
