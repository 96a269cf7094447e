import { hexToBigInt, keccak256, slice } from 'viem'
import type { Hex } from 'viem'
import { encodeResult, word } from '../abi.ts'
import type { Random } from '../random.ts'
import { revertEmpty } from '../state.ts'
import type { TimedStep } from '../timed.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { allowanceOf, balanceOf, supplyOf } from './hypr-rules.ts'
import { bindOn, bindsOf, unregisteredBy, UNREGISTERED, weightOf } from './lock-rules.ts'
import type { TokenMessage } from './messages.ts'
import type { TokenModel } from './state.ts'
import { delegatedVotesAt, meanEnd, multiplierAt, standingOf, timeOf, valueAt, voterAt, votesAt } from './vote-rules.ts'

type Look = Extract<TokenMessage, { fn: 'look' }>

type Seen = Readonly<Record<string, bigint | Hex>>

/** What an observer sees, in its order. */
function seenBy(model: TokenModel, message: Look): Seen {
  return { ...seenNow(model, message), ...seenOfVotes(model, message), ...seenOfPast(model, message) }
}

function seenNow(model: TokenModel, { account, entry }: Look): Seen {
  const { time } = model.clock
  const { registry } = model.world
  const remaining = (end: bigint) => (end > time ? end - time : 0n)
  const lock = standingOf(model, account)
  const bind = bindOn(model, account, entry) ?? { amount: 0n, end: 0n }
  const free = unregisteredBy(model, account)
  const freeEnd = free === 0n ? 0n : lock.end
  const binds = bindsOf(model, account).map((item) => item.entry)
  if (free > 0n) binds.unshift(UNREGISTERED)
  return {
    hypr: balanceOf(model, account),
    allowance: allowanceOf(model, account, registry),
    supply: supplyOf(model),
    permitNonce: model.permitNonces.get(account) ?? 0n,
    gHypr: lock.amount,
    gHyprSupply: balanceOf(model, registry),
    lockAmount: lock.amount,
    lockEnd: lock.end,
    lockRemaining: remaining(lock.end),
    lockExpired: lock.amount > 0n && lock.end <= time ? 1n : 0n,
    unlockStamp: lock.end,
    voter: lock.voter,
    delegationNonce: model.delegationNonces.get(account) ?? 0n,
    bindAmount: bind.amount,
    bindEnd: bind.end,
    bindRemaining: remaining(bind.end),
    freeAmount: free,
    freeEnd,
    freeRemaining: remaining(freeEnd),
    weight: weightOf(model, entry),
    bindsLength: BigInt(binds.length),
    binds: keccak256(`0x${binds.map((item) => word(item)).join('')}`),
  }
}

function seenOfVotes(model: TokenModel, { account, votes }: Look): Seen {
  const { block } = model.clock
  const number = (read: () => bigint) => (votes === 1n ? read() : 0n)
  return {
    votes: number(() => votesAt(model, account, block)),
    votesOfAll: number(() => votesAt(model, ZERO_ADDRESS, block)),
    value: number(() => valueAt(model, account)),
    valueOfAll: number(() => valueAt(model, ZERO_ADDRESS)),
    meanUnlockStamp: number(() => meanEnd(model, account)),
    meanUnlockStampOfAll: number(() => meanEnd(model, ZERO_ADDRESS)),
    multiplier: number(() => multiplierAt(model, account, block)),
  }
}

function seenOfPast(model: TokenModel, { account, past }: Look): Seen {
  if (past >= BigInt(model.clock.block)) revertEmpty()
  const then = Number(past)
  const voter = voterAt(model, account, then)
  const read = <T>(value: () => T) => (past === 0n ? 0n : value())
  return {
    pastTime: read(() => timeOf(model, then)),
    pastVotes: read(() => votesAt(model, account, then)),
    pastVotesOfAll: read(() => votesAt(model, ZERO_ADDRESS, then)),
    pastVoter: read(() => voter),
    pastDelegated: read(() => delegatedVotesAt(model, account, voter, then)),
    pastVotesOfVoter: read(() => votesAt(model, voter, then)),
    pastMultiplierOfVoter: read(() => multiplierAt(model, voter, then)),
  }
}

export function look(model: TokenModel, message: Look): Hex {
  return encodeResult(...Object.values(seenBy(model, message)).map((value) => word(value)))
}

/** What an observer saw, in words. */
export function describeLook(model: TokenModel, result: Hex): string {
  const names = Object.keys(
    seenBy(model, { fn: 'look', account: ZERO_ADDRESS, entry: UNREGISTERED, past: 0n, votes: 0n }),
  )
  return names.map((name, index) => `${name} ${hexToBigInt(slice(result, index * 32, index * 32 + 32))}`).join(', ')
}

/** After each call: at whom it concerns and an entry it names; now and then at votes, which cost most. */
export function looksAfter(
  model: TokenModel,
  step: TimedStep<TokenMessage>,
  random: Random,
): TimedStep<TokenMessage>[] {
  const { actors, entries } = model.world
  const { message, actor } = step
  const named = Object.values(message).find((value) => entries.includes(value as Hex)) as Hex | undefined
  const entry = named ?? bindsOf(model, actor).at(-1)?.entry ?? random.pick(entries)
  const account = random.chance(0.7) ? actor : random.chance(0.5) ? standingOf(model, actor).voter : random.pick(actors)
  const past = random.chance(0.12) ? pickPast(model, random) : 0n
  return [lookAt(model, { account, entry, past, votes: random.chance(0.2) ? 1n : 0n })]
}

/** In the end: at everybody and every entry. */
export function looksAround(model: TokenModel, random: Random): TimedStep<TokenMessage>[] {
  const { actors, sleepers, entries, registry } = model.world
  return [...actors, ...sleepers, registry].map((account, index) => {
    const entry = entries[index % entries.length] ?? UNREGISTERED
    return lookAt(model, { account, entry, past: random.chance(0.5) ? pickPast(model, random) : 0n, votes: 1n })
  })
}

function lookAt(model: TokenModel, rest: Omit<Look, 'fn'>): TimedStep<TokenMessage> {
  const { observer, actors } = model.world
  return { pause: undefined, actor: actors[0] ?? '0x', target: observer, message: { fn: 'look', ...rest } }
}

/** A block of the past: the one just before, one since play began, or any. */
export function pickPast(model: TokenModel, random: Random): bigint {
  const { block } = model.clock
  const { start } = model.world
  if (random.chance(0.2)) return BigInt(block - 1)
  if (random.chance(0.02)) return BigInt(1 + random.below(start.block))
  return BigInt(start.block + random.below(block - start.block))
}
