import { hyperAccountAbi, hyperAccountMinterAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { decodeErrorResult, decodeEventLog, parseAbi } from 'viem'
import type { Hex } from 'viem'
import type { Mismatch } from './compare.ts'
import { describeStep, type Step } from './messages.ts'
import type { Outcome } from './play.ts'
import type { Log } from './state.ts'
import { accountPath, entryPath, type World, ZERO_ADDRESS } from './world.ts'

const abi = [
  ...hypermapAbi,
  ...hyperAccountAbi,
  ...hyperAccountMinterAbi,
  ...parseAbi([
    'error NotHypermapCaller(address caller)',
    'error FailedCall()',
    'error Error(string)',
    'event ERC6551AccountCreated(address account, address indexed implementation, bytes32 salt, uint256 chainId, address indexed tokenContract, uint256 indexed tokenId)',
  ]),
]

/** What a person needs to see a mismatch again: the seed, and the fewest calls that show it. */
export function describeFailure(
  world: World,
  failure: { seed: number; sequence: number; madeCalls: number; steps: readonly Step[]; mismatch: Mismatch },
): string {
  const { seed, sequence, madeCalls, steps, mismatch } = failure
  const nameOf = (value: Hex) => nameIn(world, value)
  return [
    `model and contracts differ: seed ${seed}, sequence ${sequence}; ${steps.length} of its ${madeCalls} calls show it:`,
    ...steps.map((step, index) => `  ${index + 1}. ${describeStep(step, nameOf)}`),
    `differing: ${describeStep(mismatch.step, nameOf)}`,
    `  model:     ${describeOutcome(mismatch.expected, nameOf)}`,
    `  contracts: ${mismatch.actual === undefined ? 'nothing' : describeOutcome(mismatch.actual, nameOf)}`,
  ].join('\n')
}

/** Name of an error by its revert data; `no data` for an empty one. */
export function errorName(data: Hex): string {
  if (data === '0x') return 'no data'
  try {
    return decodeErrorResult({ abi, data }).errorName
  } catch {
    return data.slice(0, 10)
  }
}

/** Name of an event by its log. */
export function eventName({ topics, data }: Log): string {
  try {
    return decodeLog({ topics, data }).eventName ?? 'anonymous'
  } catch {
    return topics[0] ?? 'anonymous'
  }
}

function describeOutcome({ ok, result, logs }: Outcome, nameOf: (value: Hex) => string): string {
  const events = logs.map((log) => `\n      ${nameOf(log.address)} ${describeLog(log, nameOf)}`).join('')
  return `${ok ? `returns ${result}` : `reverts with ${describeError(result, nameOf)}`}${events}`
}

function describeError(data: Hex, nameOf: (value: Hex) => string): string {
  try {
    const { errorName: name, args } = decodeErrorResult({ abi, data })
    return `${name}(${args.map((value) => describeArgument(value, nameOf)).join(', ')})`
  } catch {
    return data
  }
}

function describeLog({ topics, data }: Pick<Log, 'topics' | 'data'>, nameOf: (value: Hex) => string): string {
  try {
    const { eventName: name, args } = decodeLog({ topics, data })
    const shown = Object.entries(args ?? {}).map(([field, value]) => `${field}: ${describeArgument(value, nameOf)}`)
    return `${name}(${shown.join(', ')})`
  } catch {
    return `${topics.join(' ')} ${data}`
  }
}

function decodeLog({ topics, data }: Pick<Log, 'topics' | 'data'>) {
  const [first, ...rest] = topics
  if (first === undefined) throw new Error('cannot decode a log without topics')
  return decodeEventLog({ abi, topics: [first, ...rest], data })
}

function describeArgument(value: unknown, nameOf: (value: Hex) => string): string {
  if (typeof value === 'bigint') return nameOf(`0x${value.toString(16).padStart(64, '0')}`)
  return typeof value === 'string' && value.startsWith('0x') ? nameOf(value.toLowerCase() as Hex) : String(value)
}

function nameIn(world: World, value: Hex): string {
  if (value === ZERO_ADDRESS) return 'zero'
  for (const [role, known] of Object.entries({ ...world, ...world.implementations })) {
    if (known === value) return role
    const at = Array.isArray(known) ? known.indexOf(value) : -1
    if (at !== -1) return `${role}[${at}]`
  }
  const path = entryPath(value)
  if (path !== undefined) return `<${path}>`
  const account = accountPath(value)
  return account === undefined ? value : `account<${account}>`
}
