import { decodeErrorResult, decodeEventLog } from 'viem'
import type { Abi, Hex } from 'viem'
import type { Area, Mismatch, Outcome } from './area.ts'
import type { Log } from './state.ts'

/** What a person needs to see a mismatch again: the seed, and the fewest calls that show it. */
export function describeFailure<S>(
  { name, words }: Area<S>,
  failure: {
    seed: number
    sequence: number
    call: number
    madeCalls: number
    steps: readonly S[]
    mismatch: Mismatch<S>
  },
): string {
  const { seed, sequence, call, madeCalls, steps, mismatch } = failure
  const outcome = ({ ok, result, logs }: Outcome) => {
    const events = logs.map((log) => `\n      ${words.nameOf(log.address)} ${describeLog(words, log)}`).join('')
    const returned = () => `returns ${words.describeResult?.(mismatch.step, result) ?? result}`
    return `${ok ? returned() : `reverts with ${describeError(words, result)}`}${events}`
  }
  return [
    `model and contracts differ in ${name}: seed ${seed}, call ${call}, sequence ${sequence}; ${steps.length} of its ${madeCalls} calls show it:`,
    ...steps.map((step, index) => `  ${index + 1}. ${words.describeStep(step)}`),
    `differing: ${words.describeStep(mismatch.step)}`,
    `  model:     ${outcome(mismatch.expected)}`,
    `  contracts: ${mismatch.actual === undefined ? 'nothing' : outcome(mismatch.actual)}`,
    `again: npm run model -- --area ${name} --seed ${seed} --sequence ${sequence}`,
  ].join('\n')
}

/** Name of an error by its revert data; `no data` for an empty one. */
export function errorName(abi: Abi, data: Hex): string {
  if (data === '0x') return 'no data'
  return named(data.slice(0, 10), () => decodeErrorResult({ abi, data }).errorName)
}

/** Name of an event by its log. */
export function eventName(abi: Abi, { topics, data }: Log): string {
  const [first = 'anonymous'] = topics
  return named(first, () => decodeLog(abi, { topics, data }).eventName ?? first)
}

const names = new Map<string, string>()

/** Looks a name up once; what has none is called by its hash. */
function named(hash: string, find: () => string): string {
  let name = names.get(hash)
  if (name === undefined) {
    try {
      name = find()
    } catch {
      name = hash
    }
    names.set(hash, name)
  }
  return name
}

type Vocabulary = { abi: Abi; nameOf: (value: Hex) => string }

function describeError({ abi, nameOf }: Vocabulary, data: Hex): string {
  try {
    const { errorName: name, args } = decodeErrorResult({ abi, data })
    return `${name}(${(args ?? []).map((value) => describeArgument(value, nameOf)).join(', ')})`
  } catch {
    return data
  }
}

function describeLog({ abi, nameOf }: Vocabulary, { topics, data }: Pick<Log, 'topics' | 'data'>): string {
  try {
    const { eventName: name, args } = decodeLog(abi, { topics, data })
    const shown = Object.entries(args ?? {}).map(([field, value]) => `${field}: ${describeArgument(value, nameOf)}`)
    return `${name}(${shown.join(', ')})`
  } catch {
    return `${topics.join(' ')} ${data}`
  }
}

function decodeLog(abi: Abi, { topics, data }: Pick<Log, 'topics' | 'data'>) {
  const [first, ...rest] = topics
  if (first === undefined) throw new Error('cannot decode a log without topics')
  // Transfer of an ERC-20 and that of an ERC-721 differ in nothing but what is indexed.
  const fitting = abi.filter(
    (item) => item.type === 'event' && item.inputs.filter(({ indexed }) => indexed === true).length === rest.length,
  )
  return decodeEventLog({ abi: fitting, topics: [first, ...rest], data })
}

function describeArgument(value: unknown, nameOf: (value: Hex) => string): string {
  if (typeof value === 'bigint') return describeNumber(value, nameOf)
  return typeof value === 'string' && value.startsWith('0x') ? nameOf(value.toLowerCase() as Hex) : String(value)
}

/** A token's number is a namehash; small numbers are just numbers. */
function describeNumber(value: bigint, nameOf: (value: Hex) => string): string {
  return value < 2n ** 128n ? String(value) : nameOf(`0x${value.toString(16).padStart(64, '0')}`)
}
