import type { Hex } from 'viem'
import { pickWeighted, type Random } from '../random.ts'
import { signDigest, type Signature } from '../signatures.ts'
import type { Pause, TimedStep } from '../timed.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { allowanceOf, balanceOf, permitDigest } from './hypr-rules.ts'
import { bindsOf, unregisteredBy, UNREGISTERED } from './lock-rules.ts'
import { pickPast } from './looks.ts'
import type { TokenMessage } from './messages.ts'
import { MAX, MIN, SUPPLY, type TokenModel, WEEK } from './state.ts'
import { delegationDigest, standingOf } from './vote-rules.ts'

const HYPR = 10n ** 18n
const DAY = 86_400n
const HUGE = (1n << 256n) - 1n

/** Time of the last call, at most: what the contracts keep of a time has 34 bits. */
const LATEST = 1n << 33n

/** Thinks of the next call. Looks at the model, so that most calls are of someone entitled, and succeed. */
export function generateTokenStep(model: TokenModel, random: Random): TimedStep<TokenMessage> {
  const actor = random.pick(model.world.actors)
  const pause = pickPause(model, random, actor)
  const { time } = model.clock
  const at = time + (pause?.seconds ?? 0n)
  const { hypr, registry, gHypr } = model.world
  if (allowanceOf(model, actor, registry) === 0n && random.chance(0.4)) {
    return { pause, actor, target: hypr, message: { fn: 'approve', to: registry, amount: HUGE } }
  }
  const [target, make] = pickWeighted<readonly [Hex, () => TokenMessage]>(random, [
    [14, [hypr, () => pickHyprMessage(model, random, actor, at)]],
    [62, [registry, () => pickRegistryMessage(model, random, actor, at)]],
    [18, [gHypr, () => pickVoteMessage(model, random, actor, at)]],
    [2, [registry, () => pickForbidden(model, random)]],
    [3, [registry, () => pickCalculation(random, at)]],
    [1, [gHypr, () => pickHyprMessage(model, random, actor, at)]],
  ])
  return { pause, actor, target, message: make() }
}

/** Seconds to years; some end exactly when something does. */
function pickPause(model: TokenModel, random: Random, actor: Hex): Pause | undefined {
  if (random.chance(0.6)) return undefined
  const { time } = model.clock
  const seconds = pickWeighted<() => bigint>(random, [
    [30, () => BigInt(1 + random.below(60))],
    [20, () => BigInt(1 + random.below(3 * 86_400))],
    [12, () => BigInt(1 + random.below(5)) * WEEK + BigInt(random.below(9) - 4)],
    [8, () => WEEK - (time % WEEK) + BigInt(random.below(3) - 1)],
    [8, () => until(model, random, actor) - time + BigInt(random.below(3) - 1)],
    [2, () => BigInt(random.below(4 * 365)) * DAY],
    [1, () => BigInt(random.below(8 * 365)) * DAY],
  ])()
  const blocks = random.chance(0.7) ? 1 : 1 + random.below(random.chance(0.5) ? 10 : 5_000)
  const least = BigInt(blocks) * model.world.minSecondsPerBlock
  const most = LATEST - time
  return { blocks, seconds: seconds < least ? least : seconds > most ? least : seconds }
}

/** When something of the actor ends. */
function until(model: TokenModel, random: Random, actor: Hex): bigint {
  const ends = [standingOf(model, actor).end, ...bindsOf(model, actor).map(({ end }) => end)]
  return random.pick(ends)
}

function pickHyprMessage(model: TokenModel, random: Random, actor: Hex, at: bigint): TokenMessage {
  const { registry } = model.world
  const balance = balanceOf(model, actor)
  const amount = pickPart(random, balance)
  const from = pickAccount(model, random)
  return pickWeighted<() => TokenMessage>(random, [
    [5, () => ({ fn: 'transfer', to: pickAccount(model, random), amount })],
    [
      6,
      () => ({
        fn: 'approve',
        to: random.chance(0.7) ? registry : pickAccount(model, random),
        amount: random.chance(0.6) ? HUGE : amount,
      }),
    ],
    [
      3,
      () => ({
        fn: 'transferFrom',
        from,
        to: pickAccount(model, random),
        amount: pickPart(random, allowanceOf(model, from, actor)),
      }),
    ],
    [1, () => ({ fn: 'burn', amount: amount / 1_000n })],
    [1, () => ({ fn: 'burnFrom', from, amount: pickPart(random, allowanceOf(model, from, actor)) })],
    [
      4,
      () => {
        const owner = random.pick(model.world.actors)
        const spender = random.chance(0.6) ? registry : pickAccount(model, random)
        const deadline = pickDeadline(random, at)
        return {
          fn: 'permit',
          owner,
          spender,
          amount,
          deadline,
          ...signPermit(model, random, { owner, spender, amount, deadline }),
        }
      },
    ],
  ])()
}

function pickRegistryMessage(model: TokenModel, random: Random, actor: Hex, at: bigint): TokenMessage {
  const lock = standingOf(model, actor)
  const { entries } = model.world
  const isActive = lock.end > at && lock.amount > 0n
  const isExpired = !isActive && lock.amount > 0n
  const locking = () => ({
    amount: pickPart(random, balanceOf(model, actor)),
    lockDuration: pickDuration(random),
    entry: pickEntry(model, random),
    registrationDuration: random.chance(0.5) ? MIN + BigInt(random.below(30)) * DAY : pickDuration(random),
  })
  return pickWeighted<() => TokenMessage>(random, [
    [
      isActive ? 8 : 20,
      () => ({ fn: 'manageLock', amount: pickPart(random, balanceOf(model, actor)), duration: pickDuration(random) }),
    ],
    [
      isActive ? 5 : 1,
      () => ({ fn: 'manageLock', amount: 0n, duration: nudge(random, isActive ? lock.end - at : 0n) }),
    ],
    [isExpired ? 60 : 1, () => ({ fn: 'withdraw' })],
    [
      isActive ? 20 : 3,
      () => ({
        fn: 'transferRegistration',
        source: UNREGISTERED,
        destination: random.chance(0.95) ? pickEntry(model, random) : UNREGISTERED,
        amount: random.chance(0.1) ? 0n : pickPart(random, unregisteredBy(model, actor)),
        duration: random.chance(0.15)
          ? 0n
          : random.chance(0.5)
            ? MIN + BigInt(random.below(60)) * DAY
            : pickDuration(random),
      }),
    ],
    [
      bindsOf(model, actor).length > 0 ? 12 : 2,
      () => {
        const destination = random.chance(0.4) ? UNREGISTERED : random.pick(entries)
        const isReturn = destination === UNREGISTERED ? random.chance(0.9) : random.chance(0.15)
        return {
          fn: 'transferRegistration',
          source: pickBound(model, random, actor),
          destination,
          amount: random.chance(0.05) ? 0n : random.chance(0.5) ? HUGE : pickPart(random, lock.amount),
          duration: isReturn ? 0n : random.chance(0.7) ? MIN + BigInt(random.below(20)) * DAY : pickDuration(random),
        }
      },
    ],
    [
      bindsOf(model, actor).length > 0 ? 5 : 1,
      () => ({
        fn: 'transferRegistration',
        source: UNREGISTERED,
        destination: pickBound(model, random, actor),
        amount: random.chance(0.5) ? 0n : pickPart(random, unregisteredBy(model, actor)),
        duration: BigInt(random.below(60)) * DAY,
      }),
    ],
    [6, () => ({ fn: 'lockAndRegister', ...locking() })],
    [
      3,
      () => {
        const order = locking()
        const deadline = pickDeadline(random, at)
        const permit = { owner: actor, spender: model.world.registry, amount: order.amount, deadline }
        return { fn: 'lockAndRegisterWithPermit', ...order, deadline, ...signPermit(model, random, permit) }
      },
    ],
    [
      3,
      () => ({
        fn: 'settle',
        account: random.chance(0.4) ? ZERO_ADDRESS : pickAccount(model, random),
        weeks: random.chance(0.1) ? HUGE : BigInt(random.below(20)),
      }),
    ],
  ])()
}

function pickVoteMessage(model: TokenModel, random: Random, actor: Hex, at: bigint): TokenMessage {
  const block = (): bigint =>
    random.chance(0.2) ? HUGE : random.chance(0.3) ? BigInt(model.clock.block) : pickPast(model, random)
  return pickWeighted<() => TokenMessage>(random, [
    [12, () => ({ fn: 'delegate', to: pickVoter(model, random, actor) })],
    [
      4,
      () => {
        const signer = random.pick(model.world.actors)
        const to = pickVoter(model, random, signer)
        const nonce = (model.delegationNonces.get(signer) ?? 0n) + (random.chance(0.1) ? 1n : 0n)
        const expiry = pickDeadline(random, at)
        const digest = delegationDigest(model.world, { to, nonce, expiry })
        return { fn: 'delegateBySig', to, nonce, expiry, ...spoil(random, signDigest(digest, keyOf(model, signer))) }
      },
    ],
    [1, () => ({ fn: 'getPastVotes', account: pickAccount(model, random), block: block() })],
    [1, () => ({ fn: 'getPastTotalSupply', block: block() })],
    [1, () => ({ fn: 'lockChanged', account: actor })],
  ])()
}

/** What nobody but another contract may do. */
function pickForbidden(model: TokenModel, random: Random): TokenMessage {
  const account = random.pick(model.world.actors)
  return random.pick<TokenMessage>([
    { fn: 'initialize', hypr: model.world.hypr, admin: account },
    { fn: 'updateDelegationMultipliers', end: LATEST, value: SUPPLY, from: ZERO_ADDRESS, to: account },
    { fn: 'setDelegated', account, delegated: 1n },
    { fn: 'timeOf', block: random.chance(0.3) ? HUGE : pickPast(model, random) },
    {
      fn: 'delegatedVotesAt',
      account,
      delegatee: pickAccount(model, random),
      block: random.chance(0.3) ? HUGE : pickPast(model, random),
    },
  ])
}

function pickCalculation(random: Random, at: bigint): TokenMessage {
  const number = () => pickNumber(random)
  return random.pick<() => TokenMessage>([
    () => ({
      fn: 'calculateVotingPower',
      amount: random.chance(0.8) ? number() % SUPPLY : number(),
      duration: number(),
    }),
    () => ({
      fn: 'calculateWeightedUnlockStamp',
      remaining: number(),
      balance: number(),
      duration: number(),
      amount: number(),
    }),
    () => ({
      fn: 'calculateNewLockDuration',
      end: random.chance(0.7) ? at + (pickDuration(random) % (2n * MAX)) : number(),
      remaining: number(),
      balance: number(),
      amount: number(),
    }),
  ])()
}

function pickNumber(random: Random): bigint {
  return pickWeighted<() => bigint>(random, [
    [1, () => 0n],
    [1, () => 1n],
    [6, () => pickDuration(random)],
    [6, () => BigInt(random.below(2 ** 31)) * 10n ** BigInt(random.below(19))],
    [4, () => HUGE >> BigInt(random.below(200))],
  ])()
}

/** Some of an amount, all of it, a little more, or something impossible. */
function pickPart(random: Random, amount: bigint): bigint {
  return pickWeighted<() => bigint>(random, [
    [30, () => (amount * BigInt(1 + random.below(1_000))) / 4_000n],
    [8, () => BigInt(1 + random.below(1_000)) * HYPR],
    [4, () => BigInt(1 + random.below(2_000_000_000))],
    [4, () => amount],
    [1, () => (amount === HUGE ? amount : amount + 1n)],
    [1, () => 0n],
    [1, () => SUPPLY - BigInt(random.below(3)) + 1n],
    [1, () => HUGE],
  ])()
}

function pickDuration(random: Random): bigint {
  return pickWeighted<() => bigint>(random, [
    [14, () => MIN + BigInt(random.below(Number(MAX - MIN)))],
    [10, () => MIN + BigInt(random.below(20)) * WEEK],
    [6, () => MIN],
    [6, () => MAX],
    [2, () => MAX + 1n],
    [2, () => MIN - 1n],
    [1, () => 0n],
    [1, () => BigInt(random.below(100))],
    [1, () => HUGE],
  ])()
}

function nudge(random: Random, remaining: bigint): bigint {
  return random.chance(0.7) ? remaining + BigInt(random.below(100)) * DAY : pickDuration(random)
}

function pickDeadline(random: Random, at: bigint): bigint {
  return pickWeighted(random, [
    [12, at + 1_000n],
    [3, at],
    [1, at - 1n],
    [2, HUGE],
  ])
}

/** The right signature, most often. */
function signPermit(
  model: TokenModel,
  random: Random,
  permit: { owner: Hex; spender: Hex; amount: bigint; deadline: bigint },
): Signature {
  const nonce = (model.permitNonces.get(permit.owner) ?? 0n) + (random.chance(0.05) ? 1n : 0n)
  const signer = random.chance(0.9) ? permit.owner : random.pick(model.world.actors)
  return spoil(random, signDigest(permitDigest(model, { ...permit, nonce }), keyOf(model, signer)))
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function spoil(random: Random, signature: Signature): Signature {
  if (random.chance(0.92)) return signature
  const flipped: Hex = `0x${(ORDER - BigInt(signature.s)).toString(16).padStart(64, '0')}`
  return random.pick<Signature>([
    { ...signature, v: 26n },
    { ...signature, v: 55n - signature.v, s: flipped },
    { ...signature, r: UNREGISTERED },
  ])
}

function keyOf({ world }: TokenModel, actor: Hex): Hex {
  const key = world.keys.get(actor)
  if (key === undefined) throw new Error(`no key of ${actor}, expected that of an actor`)
  return key
}

/** Few voters, so that they meet; often oneself again. */
function pickVoter(model: TokenModel, random: Random, actor: Hex): Hex {
  const { actors, sleepers } = model.world
  return pickWeighted<() => Hex>(random, [
    [10, () => random.pick(actors.slice(0, 2))],
    [5, () => random.pick(actors)],
    [3, () => actor],
    [1, () => ZERO_ADDRESS],
    [1, () => random.pick(sleepers)],
  ])()
}

function pickAccount({ world }: TokenModel, random: Random): Hex {
  return pickWeighted<() => Hex>(random, [
    [12, () => random.pick(world.actors)],
    [1, () => random.pick(world.sleepers)],
    [1, () => world.registry],
    [1, () => ZERO_ADDRESS],
  ])()
}

function pickEntry({ world }: TokenModel, random: Random): Hex {
  return random.chance(0.93) ? random.pick(world.entries) : random.pick(world.unknownEntries)
}

function pickBound(model: TokenModel, random: Random, actor: Hex): Hex {
  const all = bindsOf(model, actor)
  const ended = all.filter(({ end }) => end <= model.clock.time)
  const binds = ended.length > 0 && random.chance(0.7) ? ended : all
  return binds.length > 0 && random.chance(0.9) ? random.pick(binds).entry : pickEntry(model, random)
}
