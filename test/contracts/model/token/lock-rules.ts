import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from '../abi.ts'
import { attempt, emit, put, revert, revertEmpty } from '../state.ts'
import { pad } from '../tokens.ts'
import { move, moveFrom, permit } from './hypr-rules.ts'
import type { TokenMessage } from './messages.ts'
import { type Bind, checked, MAX, MIN, type Standing, SUPPLY, type TokenModel } from './state.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { delegatedVotesAt, multiplierOf, setLock, standingOf, timeOf, valueOfAmount, writeDown } from './vote-rules.ts'

/** Stands for "locked and not registered". */
export const UNREGISTERED: Hex = `0x${'00'.repeat(32)}`

/** Registrations given back by one withdrawal, at most. */
const RECLAIMS = 64

/** Locks and registrations as onchain.md section 7 and ITokenRegistry have them. */
export function callRegistry(model: TokenModel, caller: Hex, message: TokenMessage): Hex {
  const { registry } = model.world
  const pay = (amount: bigint) => moveFrom(model, registry, { from: caller, to: registry, amount })
  switch (message.fn) {
    case 'manageLock':
      if (message.amount === 0n) {
        extend(model, caller, message.duration)
      } else {
        lock(model, caller, message.amount, message.duration)
        pay(message.amount)
      }
      return '0x'
    case 'withdraw':
      return encodeResult(word(withdraw(model, caller)))
    case 'transferRegistration':
      transferRegistration(model, caller, message)
      return '0x'
    case 'lockAndRegisterWithPermit':
      attempt(model, () => {
        permit(model, { ...message, owner: caller, spender: registry })
        return '0x'
      })
      return lockAndRegister(model, caller, message, pay)
    case 'lockAndRegister':
      return lockAndRegister(model, caller, message, pay)
    case 'settle':
      if (model.records.has(message.account)) writeDown(model, message.account)
      return '0x'
    case 'initialize':
      return revert('InvalidInitialization()')
    case 'updateDelegationMultipliers':
    case 'setDelegated':
      return revert('OnlyGovernanceTokenCanCall()')
    default:
      return calculate(model, message)
  }
}

/** Reads that somebody may ask with any number. */
function calculate(model: TokenModel, message: TokenMessage): Hex {
  const { time } = model.clock
  switch (message.fn) {
    case 'calculateVotingPower': {
      const { amount, duration } = message
      if (amount > SUPPLY) revert('InvalidAmount(uint256,uint256,uint256)', word(amount), word(0), word(SUPPLY))
      return encodeResult(word(valueOfAmount(amount) * multiplierOf(duration)))
    }
    case 'calculateWeightedUnlockStamp': {
      const { remaining, balance, duration, amount } = message
      const total = checked(balance + amount)
      if (total === 0n) revert('ZeroAmount()')
      const weighted = checked(checked(balance * remaining) + checked(amount * duration))
      return encodeResult(word(checked(time + weighted / total)))
    }
    case 'calculateNewLockDuration': {
      const { end, remaining, balance, amount } = message
      if (amount === 0n) revert('ZeroAmount()')
      const target = end > time ? end - time : 0n
      const needed = checked(target * checked(balance + amount))
      const missing = needed - checked(balance * remaining)
      const least = missing <= 0n ? 0n : checked(checked(missing + amount) - 1n) / amount
      return encodeResult(word(least > MIN ? least : MIN))
    }
    case 'timeOf':
      return encodeResult(word(timeOf(model, requireKnown(model, message.block))))
    case 'delegatedVotesAt': {
      const { account, delegatee, block } = message
      // Who had not delegated adds nothing, whatever the block.
      if (standingOf(model, account).voter === account && block > BigInt(model.clock.block))
        return encodeResult(word(0))
      return encodeResult(word(delegatedVotesAt(model, account, delegatee, requireKnown(model, block))))
    }
    default:
      return revertEmpty()
  }
}

function requireKnown(model: TokenModel, block: bigint): number {
  if (block > BigInt(model.clock.block)) revert('InvalidParam(uint256)', word(block))
  return Number(block)
}

function lockAndRegister(
  model: TokenModel,
  account: Hex,
  order: { amount: bigint; lockDuration: bigint; entry: Hex; registrationDuration: bigint },
  pay: (amount: bigint) => void,
): Hex {
  if (order.entry === UNREGISTERED) revert('InvalidParam(uint256)', word(0))
  lock(model, account, order.amount, order.lockDuration)
  register(model, account, order.entry, order.amount, order.registrationDuration)
  pay(order.amount)
  return '0x'
}

function lock(model: TokenModel, account: Hex, amount: bigint, duration: bigint): void {
  requireAmount(amount, SUPPLY)
  requireDuration(duration, MIN, MAX)
  const { time } = model.clock
  const old = standingOf(model, account)
  let end = time + duration
  if (old.amount > 0n) {
    requireActive(model, old)
    requireAmount(amount, SUPPLY - old.amount, amount + old.amount > SUPPLY)
    const weighted = old.amount * (old.end - time) + amount * duration
    end = time + weighted / (old.amount + amount)
    const until = bindsOf(model, account).reduce((latest, bind) => (bind.end > latest ? bind.end : latest), 0n)
    if (end < until) {
      const missing = (until - time) * (old.amount + amount) - old.amount * (old.end - time)
      const least = (missing + amount - 1n) / amount
      failDuration(duration, least, MAX)
    }
  }
  setLock(model, account, old.amount + amount, end)
  logRegistry(model, 'TokensLocked(address,uint256,uint256,uint256,uint256)', [
    account,
    [],
    [amount, duration, old.amount + amount, end],
  ])
}

function requireAmount(amount: bigint, most: bigint, tooMuch = amount > most): void {
  if (amount === 0n || tooMuch) {
    revert('InvalidAmount(uint256,uint256,uint256)', word(amount), word(1), word(most))
  }
}

function extend(model: TokenModel, account: Hex, duration: bigint): void {
  const { time } = model.clock
  const old = requireLock(model, account)
  requireActive(model, old)
  const longer = old.end - time + 1n
  requireDuration(duration, longer > MIN ? longer : MIN, MAX)
  setLock(model, account, old.amount, time + duration)
  logRegistry(model, 'LockExtended(address,uint256,uint256,uint256)', [
    account,
    [],
    [duration, old.amount, time + duration],
  ])
}

function withdraw(model: TokenModel, account: Hex): boolean {
  const { registry } = model.world
  const { amount, end } = requireLock(model, account)
  if (end > model.clock.time) revert('LockNotExpired(uint256)', word(end))
  for (let count = 0; count < RECLAIMS; count++) {
    const last = bindsOf(model, account).at(-1)
    if (last === undefined) break
    reclaim(model, account, last.entry)
  }
  const remaining = registeredBy(model, account)
  setLock(model, account, remaining, remaining === 0n ? 0n : end)
  logRegistry(model, 'TokensWithdrawn(address,uint256,uint256,uint256)', [
    account,
    [],
    [amount - remaining, remaining, end],
  ])
  move(model, registry, account, amount - remaining)
  return remaining === 0n
}

function transferRegistration(
  model: TokenModel,
  account: Hex,
  message: Extract<TokenMessage, { fn: 'transferRegistration' }>,
): void {
  const { source, destination, amount, duration } = message
  if (source === destination) revert('InvalidParam(uint256)', word(destination))
  const old = requireLock(model, account)
  if (destination === UNREGISTERED) {
    if (amount === 0n || duration !== 0n) {
      revert('DefaultDestinationInvalidParams(uint256,uint256)', word(amount), word(duration))
    }
    reclaim(model, account, source)
    return
  }
  requireActive(model, old)
  if (source === UNREGISTERED) {
    register(model, account, destination, amount, duration)
    return
  }
  const freed = reclaim(model, account, source)
  const moved = freed < amount ? freed : amount
  register(model, account, destination, moved, duration)
  emit(
    model,
    model.world.registry,
    [topicOf('TokensBound(address,bytes32,bytes32,uint256)'), pad(account)],
    encodeResult(word(source), word(destination), word(moved)),
  )
}

/** Registers what an active lock has left, on an entry where the account has nothing or something already. */
function register(model: TokenModel, account: Hex, entry: Hex, amount: bigint, duration: bigint): void {
  const { time } = model.clock
  let bind = bindOn(model, account, entry)
  if (bind !== undefined && bind.end <= time) {
    reclaim(model, account, entry)
    bind = undefined
  }
  const left = unregisteredBy(model, account)
  if (amount > left) revert('InsufficientLockAmount(uint256,uint256)', word(left), word(amount))
  if (duration > MAX) failDuration(duration, bind === undefined ? MIN : 0n, MAX)
  const { end: lockEnd } = standingOf(model, account)
  if (bind === undefined) begin(model, account, { entry, amount, duration, longest: lockEnd - time })
  else grow(model, account, bind, { amount, duration, longest: lockEnd - bind.end })
}

type Wish = { amount: bigint; duration: bigint; longest: bigint }

function begin(model: TokenModel, account: Hex, { entry, amount, duration, longest }: Wish & { entry: Hex }): void {
  if (amount === 0n) revert('ZeroAmountForNewBind()')
  if (duration === 0n) revert('ZeroDurationForNewBind()')
  if (!model.world.entries.includes(entry)) revert('UnknownEntry(bytes32)', word(entry))
  if (duration < MIN || longest < MIN) failDuration(duration, MIN, longest)
  const end = model.clock.time + (duration < longest ? duration : longest)
  put(model, model.binds, account, [...bindsOf(model, account), { entry, amount, end }])
  logBind(model, 'BindCreated', account, { entry, amount, end })
}

function grow(model: TokenModel, account: Hex, bind: Bind, { amount, duration, longest }: Wish): void {
  if (amount === 0n && duration === 0n) revert('ZeroAmount()')
  const added = duration < longest ? duration : longest
  if (amount === 0n && added === 0n) failDuration(duration, 0n, longest)
  const grown = { ...bind, amount: bind.amount + amount, end: bind.end + added }
  const others = bindsOf(model, account)
  put(
    model,
    model.binds,
    account,
    others.map((other) => (other === bind ? grown : other)),
  )
  if (amount > 0n) logBind(model, 'BindAmountIncreased', account, grown)
  if (added > 0n) logBind(model, 'BindDurationExtended', account, grown)
}

/** Gives back an expired registration; the last one of the account takes its place in the list. */
function reclaim(model: TokenModel, account: Hex, entry: Hex): bigint {
  const bind = bindOn(model, account, entry)
  if (bind === undefined) return revert('NoBindExists(bytes32)', word(entry))
  if (bind.end > model.clock.time) revert('SourceNotExpired(bytes32,uint256)', word(entry), word(bind.end))
  const all = bindsOf(model, account)
  const last = all.at(-1)
  const rest = all.slice(0, -1).map((other) => (other === bind && last !== undefined ? last : other))
  put(model, model.binds, account, rest)
  emit(
    model,
    model.world.registry,
    [topicOf('ExpiredBindReclaimed(address,bytes32,uint256)'), pad(account), entry],
    encodeResult(word(bind.amount)),
  )
  return bind.amount
}

export function bindsOf(model: TokenModel, account: Hex): readonly Bind[] {
  return model.binds.get(account) ?? []
}

export function bindOn(model: TokenModel, account: Hex, entry: Hex): Bind | undefined {
  return bindsOf(model, account).find((bind) => bind.entry === entry)
}

export function unregisteredBy(model: TokenModel, account: Hex): bigint {
  return standingOf(model, account).amount - registeredBy(model, account)
}

/** Weight of an entry: all registrations on it that have not ended. */
export function weightOf(model: TokenModel, entry: Hex): bigint {
  const all = [...model.binds.values()].flat()
  return sum(all.filter((bind) => bind.entry === entry && bind.end > model.clock.time))
}

function registeredBy(model: TokenModel, account: Hex): bigint {
  return sum(bindsOf(model, account))
}

function sum(binds: readonly Bind[]): bigint {
  return binds.reduce((total, { amount }) => total + amount, 0n)
}

function requireLock(model: TokenModel, account: Hex): Standing {
  const standing = standingOf(model, account)
  return standing.amount === 0n ? revert('NoLockExists()') : standing
}

function requireActive(model: TokenModel, { end }: Standing): void {
  if (end <= model.clock.time) revert('LockExpired(uint256)', word(end))
}

function requireDuration(duration: bigint, least: bigint, most: bigint): void {
  if (duration < least || duration > most) failDuration(duration, least, most)
}

function failDuration(duration: bigint, least: bigint, most: bigint): never {
  return revert('InvalidDuration(uint256,uint256,uint256)', word(duration), word(least), word(most))
}

function logBind(model: TokenModel, name: string, account: Hex, { entry, amount, end }: Bind): void {
  logRegistry(model, `${name}(address,bytes32,uint256,uint256)`, [account, [entry], [amount, end]])
}

function logRegistry(
  model: TokenModel,
  signature: string,
  [account, topics, values]: [account: Hex, topics: readonly Hex[], values: readonly bigint[]],
): void {
  emit(
    model,
    model.world.registry,
    [topicOf(signature), pad(account), ...topics],
    encodeResult(...values.map((value) => word(value))),
  )
}

export const ALL_VOTES = ZERO_ADDRESS
