import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from '../abi.ts'
import { typedDigest } from '../signatures.ts'
import { emit, put, revert, revertEmpty } from '../state.ts'
import { pad } from '../tokens.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { requireSigner } from './hypr-rules.ts'
import type { TokenMessage } from './messages.ts'
import { atBlock, MAX, MIN, remember, type Standing, SUPPLY, type TokenModel, WEEK } from './state.ts'

/** Votes as onchain.md section 7.4 and ITokenRegistry have them, by visiting every lock each time. */

const C = MIN / 100n
const D = 2n * C * MAX

/** In sums of many locks, values count in millionths of HYPR. */
const QUANTUM = 10n ** 12n

/** What an amount is worth before the multiplier. */
export function valueOfAmount(amount: bigint): bigint {
  return amount - amount ** 2n / (2n * SUPPLY)
}

export function multiplierOf(remaining: bigint): bigint {
  if (remaining <= 0n) return 0n
  const t = remaining < MIN ? MIN : remaining > MAX ? MAX : remaining
  return t / C - t ** 2n / D
}

/** A message to gHYPR. */
export function callGovernanceHypr(model: TokenModel, caller: Hex, message: TokenMessage): Hex {
  const { gHypr, registry, chainId } = model.world
  switch (message.fn) {
    case 'delegate':
      delegate(model, caller, message.to)
      return '0x'
    case 'delegateBySig': {
      const { to, nonce, expiry } = message
      if (model.clock.time > expiry) revert('VotesExpiredSignature(uint256)', word(expiry))
      const signer = requireSigner(delegationDigest({ gHypr, chainId }, { to, nonce, expiry }), message)
      const current = model.delegationNonces.get(signer) ?? 0n
      if (nonce !== current) revert('InvalidAccountNonce(address,uint256)', word(signer), word(current))
      put(model, model.delegationNonces, signer, current + 1n)
      delegate(model, signer, to)
      return '0x'
    }
    case 'lockChanged':
      return revert('OnlyRegistryCanCall(address,address)', word(caller), word(registry))
    case 'transfer':
    case 'transferFrom':
    case 'approve':
      return revert('NotTransferable()')
    case 'getPastVotes': {
      const block = requirePast(model, message.block)
      return encodeResult(word(message.account === ZERO_ADDRESS ? 0 : votesAt(model, message.account, block)))
    }
    case 'getPastTotalSupply':
      return encodeResult(word(votesAt(model, ZERO_ADDRESS, requirePast(model, message.block))))
    default:
      return revertEmpty()
  }
}

const DELEGATION = 'Delegation(address delegatee,uint256 nonce,uint256 expiry)'

export function delegationDigest(
  { gHypr, chainId }: { gHypr: Hex; chainId: number },
  { to, nonce, expiry }: { to: Hex; nonce: bigint; expiry: bigint },
): Hex {
  return typedDigest({ name: 'Governance HYPR', contract: gHypr, chainId }, DELEGATION, [to, nonce, expiry])
}

function requirePast(model: TokenModel, block: bigint): number {
  const { block: now } = model.clock
  if (block >= BigInt(now)) revert('ERC5805FutureLookup(uint256,uint48)', word(block), word(now))
  return Number(block)
}

function delegate(model: TokenModel, account: Hex, chosen: Hex): void {
  const to = chosen === ZERO_ADDRESS ? account : chosen
  const before = standingOf(model, account)
  const from = before.voter
  const topics = [topicOf('DelegateChanged(address,address,address)'), pad(account), pad(from), pad(to)]
  emit(model, model.world.gHypr, topics)
  if (to === from) return
  const values = [from, to].map((voter) => ({ voter, value: valueAt(model, voter) }))
  remember(model, model.standings, account, { ...before, block: model.clock.block, voter: to })
  for (const voter of [from, to]) if (voter !== account) writeDown(model, voter)
  for (const { voter, value } of values) logVotes(model, voter, value, valueAt(model, voter))
}

/** Changes a lock, with the events of gHYPR for that. */
export function setLock(model: TokenModel, account: Hex, amount: bigint, end: bigint): void {
  const { gHypr } = model.world
  const isNew = !model.standings.has(account)
  const { voter, amount: before } = standingOf(model, account)
  const valueBefore = valueAt(model, voter)
  remember(model, model.standings, account, { block: model.clock.block, amount, end, voter })
  writeDown(model, ZERO_ADDRESS)
  if (voter !== account) writeDown(model, voter)
  const logTransfer = (from: Hex, to: Hex, moved: bigint) =>
    emit(model, gHypr, [topicOf('Transfer(address,address,uint256)'), pad(from), pad(to)], encodeResult(word(moved)))
  if (amount > before) logTransfer(ZERO_ADDRESS, account, amount - before)
  if (amount < before) logTransfer(account, ZERO_ADDRESS, before - amount)
  if (isNew) {
    const topics = [topicOf('DelegateChanged(address,address,address)'), pad(account), pad(ZERO_ADDRESS), pad(account)]
    emit(model, gHypr, topics)
  }
  const valueAfter = valueAt(model, voter)
  if (valueAfter !== valueBefore) logVotes(model, voter, valueBefore, valueAfter)
}

function logVotes(model: TokenModel, voter: Hex, before: bigint, after: bigint): void {
  const topics = [topicOf('DelegateVotesChanged(address,uint256,uint256)'), pad(voter)]
  emit(model, model.world.gHypr, topics, encodeResult(word(before), word(after)))
}

/** Writes down that the votes of an account, or under zero all of them, are known for this block. */
export function writeDown(model: TokenModel, account: Hex): void {
  remember(model, model.records, account, model.clock)
}

/** What an account has now; it votes itself until it says otherwise. */
export function standingOf(model: TokenModel, account: Hex): Standing {
  return standingAt(model, account, model.clock.block)
}

function standingAt(model: TokenModel, account: Hex, block: number): Standing {
  return atBlock(model.standings.get(account), block) ?? { block: 0, amount: 0n, end: 0n, voter: account }
}

/** The time of a block, counted from the last one written down. */
export function timeOf(model: TokenModel, block: number): bigint {
  if (block === model.clock.block) return model.clock.time
  const record = atBlock(model.records.get(ZERO_ADDRESS), block) ?? { block: 0, time: 0n }
  return record.time + BigInt(block - record.block) * model.world.minSecondsPerBlock
}

/** A lock among others: its value in QUANTUM, and the week with whose beginning it stops to count. */
type Part = { quanta: bigint; week: bigint }

/** Locks given to an account, or under zero all locks, at the end of a block. */
function partsAt(model: TokenModel, voter: Hex, block: number): Part[] {
  const isTotal = voter === ZERO_ADDRESS
  const parts: Part[] = []
  for (const account of model.standings.keys()) {
    const { amount, end, voter: theirs } = standingAt(model, account, block)
    if (amount === 0n || (!isTotal && (theirs !== voter || account === voter))) continue
    parts.push({ quanta: valueOfAmount(amount) / QUANTUM, week: isTotal ? (end + WEEK - 1n) / WEEK : end / WEEK })
  }
  return parts
}

/** Nothing is written down without its time, which may be after the time that the block is taken for. */
function timeOfParts(model: TokenModel, voter: Hex, block: number): bigint {
  const time = timeOf(model, block)
  const record = atBlock(model.records.get(voter), block)
  return record !== undefined && record.time > time ? record.time : time
}

function stillCounting(parts: readonly Part[], time: bigint): Part[] {
  return parts.filter(({ week }) => week > time / WEEK)
}

function powerOf(parts: readonly Part[], time: bigint): bigint {
  let sum = 0n
  for (const { quanta, week } of stillCounting(parts, time)) {
    const r = week * WEEK - time
    sum += quanta * (2n * MAX * r - r * r)
  }
  return (sum * QUANTUM) / D
}

function ownValueAt(
  model: TokenModel,
  account: Hex,
  block: number,
  time: bigint,
): { value: bigint; remaining: bigint } {
  const { amount, end, voter } = standingAt(model, account, block)
  return voter === account && end > time
    ? { value: valueOfAmount(amount), remaining: end - time }
    : { value: 0n, remaining: 0n }
}

/** Votes of an account, or under zero of all locks, at the end of a block. */
export function votesAt(model: TokenModel, account: Hex, block: number): bigint {
  const { value, remaining } = ownValueAt(model, account, block, timeOf(model, block))
  const received = powerOf(partsAt(model, account, block), timeOfParts(model, account, block))
  return received + value * multiplierOf(remaining)
}

export function valueAt(model: TokenModel, account: Hex, block = model.clock.block): bigint {
  const { value } = ownValueAt(model, account, block, timeOf(model, block))
  return value + receivedValueAt(model, account, block)
}

function receivedValueAt(model: TokenModel, account: Hex, block: number): bigint {
  const parts = stillCounting(partsAt(model, account, block), timeOfParts(model, account, block))
  return parts.reduce((sum, { quanta }) => sum + quanta * QUANTUM, 0n)
}

export function multiplierAt(model: TokenModel, account: Hex, block: number): bigint {
  const value = valueAt(model, account, block)
  return value === 0n ? 0n : votesAt(model, account, block) / value
}

/** Mean end of what an account votes with, by value. */
export function meanEnd(model: TokenModel, account: Hex): bigint {
  const { block, time } = model.clock
  const parts = stillCounting(partsAt(model, account, block), time)
  const quanta = parts.reduce((sum, part) => sum + part.quanta, 0n)
  const mean = quanta === 0n ? 0n : (WEEK * parts.reduce((sum, part) => sum + part.quanta * part.week, 0n)) / quanta
  const { value } = ownValueAt(model, account, block, time)
  if (value === 0n) return mean
  const received = quanta * QUANTUM
  return (value * standingOf(model, account).end + received * mean) / (value + received)
}

/** What the lock of `account` added to the votes of `delegatee` at the end of a block. */
export function delegatedVotesAt(model: TokenModel, account: Hex, delegatee: Hex, block: number): bigint {
  const { amount, end, voter } = standingAt(model, account, block)
  if (voter === account) return 0n
  const part = { quanta: valueOfAmount(amount) / QUANTUM, week: end / WEEK }
  return powerOf([part], timeOfParts(model, delegatee, block))
}

export function voterAt(model: TokenModel, account: Hex, block: number): Hex {
  return standingAt(model, account, block).voter
}
