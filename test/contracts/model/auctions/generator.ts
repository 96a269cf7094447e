import { keccak256, toHex } from 'viem'
import type { Hex } from 'viem'
import type { Message } from '../messages.ts'
import { pickWeighted, type Random } from '../random.ts'
import type { Pause, TimedStep } from '../timed.ts'
import { allowanceOf, balanceOf } from '../token/hypr-rules.ts'
import { accountOf, childOf, ROOT, ZERO_ADDRESS } from '../world.ts'
import { minimumBid, owedTo, sealFor, stateOf } from './auction-rules.ts'
import { leaseOwes, leaseState } from './lease-rules.ts'
import type { AuctionMessage } from './messages.ts'
import { keeperOf, phasesOf } from './phase-rules.ts'
import { type Auction, type AuctionModel, type Kind, KINDS, type Lease, type Terms } from './state.ts'

type Idea = { actor?: Hex; target: Hex; message: AuctionMessage }

const HUGE = (1n << 256n) - 1n
const HYPR = 10n ** 18n
const HOUR = 3_600n
const DAY = 86_400n
const MAX_AUCTIONS = 5

/** Thinks of the next call. Looks at the model, so that auctions go their way and most calls succeed. */
export function generateAuctionStep(model: AuctionModel, random: Random): TimedStep<AuctionMessage> {
  const { actors, steward, timelock, treasury } = model.world
  const offices = [steward, timelock, treasury]
  const actor = random.pick(actors)
  const open = [...model.auctions].filter(([, { outcome }]) => outcome === undefined).length
  const mayMake = model.auctions.size < MAX_AUCTIONS && open < 2
  const idea = pickWeighted<() => Idea>(random, [
    [mayMake ? (open === 0 ? 60 : 10) : 0, () => pickMake(model, random)],
    [model.auctions.size > 0 ? 60 : 0, () => pickAuctionCall(model, random, actor)],
    [model.leases.size > 0 ? (isLeased(model) ? 60 : 12) : 0, () => pickLeaseCall(model, random, actor)],
    [5, () => pickPhaseCall(model, random)],
    [6, () => pickHyprCall(model, random)],
    [2, () => pickZoneCall(model, random)],
  ])()
  const canAct = [...actors, ...offices].includes(idea.actor ?? actor)
  return { pause: pickPause(model, random), ...idea, actor: canAct ? (idea.actor ?? actor) : actor }
}

/** Whether there was little bidding, or revealing, so far. */
function needsTime(model: AuctionModel, auction: Auction): boolean {
  const { bids, deposits, revealed } = auction
  const state = stateOf(model, auction)
  if (state === 'revealing') return deposits.size > 0 && revealed.length < 3
  return state === 'open' && bids.length + deposits.size < 2
}

function isLeased(model: AuctionModel): boolean {
  return [...model.leases.values()].some((lease) => leaseState(model, lease) !== 'over')
}

/** Seconds to months; some end exactly when something does. */
function pickPause(model: AuctionModel, random: Random): Pause | undefined {
  if (random.chance(0.72)) return undefined
  const { time } = model.clock
  const isYoung = [...model.auctions.values()].some((auction) => needsTime(model, auction))
  const ends = [
    ...[...model.auctions.values()].flatMap(({ openedAt, closesAt, outcome, terms }) =>
      openedAt === undefined || outcome !== undefined ? [] : [closesAt, openedAt + terms.duration],
    ),
    ...[...model.leases.values()].flatMap(({ paidUntil, endsAt, auction }) => [
      paidUntil,
      endsAt,
      paidUntil + (model.auctions.get(auction)?.terms.grace ?? 0n),
    ]),
  ].filter((end) => end > time)
  const seconds = pickWeighted<() => bigint>(random, [
    [30, () => BigInt(1 + random.below(600))],
    [isYoung ? 5 : 20, () => BigInt(1 + random.below(12 * 3_600))],
    [ends.length > 0 ? (isYoung ? 3 : 40) : 0, () => random.pick(ends) - time + BigInt(random.below(3) - 1)],
    [isYoung ? 0 : 1, () => BigInt(1 + random.below(100)) * DAY],
  ])()
  return { blocks: 1, seconds: seconds < 1n ? 1n : seconds }
}

function pickMake(model: AuctionModel, random: Random): Idea {
  const kind = random.chance(0.2) ? 'lease' : random.pick(KINDS)
  return { target: model.world.maker, message: { fn: 'make', kind, terms: pickTerms(model, random, kind) } }
}

function pickTerms(model: AuctionModel, random: Random, kind: Kind): Terms {
  const { actors, labels } = model.world
  const free = labels.map((label) => childOf(ROOT, label)).filter((entry) => isFree(model, entry))
  const known = free.length > 0 ? free : [childOf(ROOT, 'a')]
  const lot = [...new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(known)))]
  const first = lot[0] ?? ROOT
  const reserve = BigInt(1 + random.below(1_000)) * (random.chance(0.1) ? 1n : HYPR)
  const terms: Terms = {
    lot: lot.toSorted(),
    reserve,
    duration: BigInt(1 + random.below(5 * 24)) * HOUR,
    returnTo: random.chance(0.05) ? accountOf(model.world, first) : random.pick(actors),
    incrementBps: BigInt(1 + random.below(2_000)),
    timeBuffer: BigInt(random.below(3 * 3_600)),
    startPrice: reserve + BigInt(random.below(100_000)) * HYPR,
    revealDuration: BigInt(1 + random.below(48)) * HOUR,
    period: BigInt(1 + random.below(60)) * DAY,
    periods: BigInt(1 + random.below(8)),
    grace: 0n,
  }
  terms.grace = BigInt(random.below(Number(terms.period)))
  return random.chance(0.78) ? terms : spoilTerms(random, terms, kind)
}

/** A zone that no auction has or had in its lot, as far as that can be arranged. */
function isFree(model: AuctionModel, entry: Hex): boolean {
  return ![...model.auctions.values()].some(({ terms }) => terms.lot.includes(entry))
}

/** Terms at or beyond a limit. */
function spoilTerms(random: Random, terms: Terms, kind: Kind): Terms {
  const [first = ROOT] = terms.lot
  const own: Readonly<Record<Kind, readonly Partial<Terms>[]>> = {
    english: [
      { incrementBps: 0n },
      { incrementBps: 10_000n },
      { incrementBps: 10_001n },
      { timeBuffer: 7n * DAY + 1n },
    ],
    dutch: [{ startPrice: terms.reserve - 1n }, { startPrice: terms.reserve }, { startPrice: HUGE }],
    sealed: [{ revealDuration: 0n }, { revealDuration: 30n * DAY }, { revealDuration: 30n * DAY + 1n }],
    lease: [
      { period: 0n, grace: 0n },
      { period: 3_650n * DAY + 1n },
      { periods: 0n },
      { periods: 1_000n },
      { periods: 1_001n },
      { grace: terms.period },
      { grace: terms.period + 1n },
    ],
  }
  const common: Partial<Terms>[] = [
    { lot: [] },
    { lot: [first, first] },
    { lot: [...terms.lot, `0x${'00'.repeat(31)}01`] },
    { lot: Array.from({ length: 33 }, () => first) },
    { reserve: 0n },
    { reserve: HUGE, startPrice: HUGE },
    { duration: 0n },
    { duration: 365n * DAY },
    { duration: 365n * DAY + 1n },
    { returnTo: ZERO_ADDRESS },
  ]
  return { ...terms, ...random.pick(random.chance(0.5) ? own[kind] : common) }
}

/** What moves an auction on, most often, from where it stands. */
function pickAuctionCall(model: AuctionModel, random: Random, actor: Hex): Idea {
  const all = [...model.auctions]
  const running = all.filter(([, { outcome }]) => outcome === undefined)
  const [self, auction] = random.pick(running.length > 0 && random.chance(0.88) ? running : all)
  const to = (message: AuctionMessage, by?: Hex): Idea => ({
    target: self,
    message,
    ...(by === undefined ? {} : { actor: by }),
  })
  if (random.chance(0.1)) return to(pickAnything(model, random, self))
  const state = stateOf(model, auction)
  switch (state) {
    case 'awaiting':
      if (random.chance(0.03)) return to({ fn: 'cancel' }, random.chance(0.7) ? auction.terms.returnTo : undefined)
      if (random.chance(0.1)) return to({ fn: 'open' })
      return pickDelivery(model, random, self, auction)
    case 'open':
      return pickBid(model, random, self, auction, actor)
    case 'revealing':
      return to(pickReveal(model, random, self, auction))
    case 'closed':
      return to(random.chance(0.75) ? { fn: 'settle' } : pickWithdrawal(model, random, self))
    case 'sold':
    case 'unsold': {
      const { recipient } = auction
      if (random.chance(hasCreditors(model, self) ? 0.6 : 0.1)) return to(pickWithdrawal(model, random, self))
      const named = random.chance(0.7)
      return to(
        { fn: 'collect', account: named ? recipient : pickAccount(model, random) },
        named || random.chance(0.3) ? undefined : recipient,
      )
    }
  }
}

/** Brings a zone of the lot to the auction: minted there, or sent by its owner. */
function pickDelivery(model: AuctionModel, random: Random, self: Hex, { terms }: Auction): Idea {
  const { namespace, world } = model
  const missing = terms.lot.filter((entry) => namespace.owners.get(entry) !== self)
  if (missing.length === 0) return { target: self, message: { fn: 'open' } }
  if (random.chance(0.03)) return pickZoneCall(model, random, self)
  const entry = random.pick(missing)
  const owner = namespace.owners.get(entry)
  const label = world.labels.find((candidate) => childOf(ROOT, candidate) === entry)
  if (owner === undefined && label !== undefined)
    return mintZone(model, random.chance(0.8) ? self : world.rootOwner, label)
  // What another contract has will hardly come.
  if (owner !== undefined && !world.actors.includes(owner)) {
    return { actor: terms.returnTo, target: self, message: { fn: 'cancel' } }
  }
  return sendZone(model, { owner: owner ?? world.rootOwner, to: self, id: entry, safely: random.chance(0.75) })
}

function mintZone({ world }: AuctionModel, to: Hex, label: string): Idea {
  const { plain } = world.implementations
  const mint: Message = { fn: 'mint', to, label, init: undefined, implementation: plain }
  const message: Message = { fn: 'execute', call: { target: world.hypermap, message: mint }, operation: 0 }
  return { actor: world.rootOwner, target: accountOf(world, ROOT), message: { fn: 'namespace', message } }
}

function sendZone(
  { world }: AuctionModel,
  { owner, to, id, safely }: { owner: Hex; to: Hex; id: Hex; safely: boolean },
): Idea {
  const actor = world.actors.includes(owner) ? owner : world.rootOwner
  const message: Message = { fn: safely ? 'safeTransferFrom' : 'transferFrom', from: owner, to, id }
  return { actor, target: world.hypermap, message: { fn: 'namespace', message } }
}

function pickBid(model: AuctionModel, random: Random, self: Hex, auction: Auction, actor: Hex): Idea {
  if (allowanceOf(model, actor, self) === 0n && random.chance(0.9)) return approve(model, actor, self)
  const least = minimumBid(model, auction)
  const amount = pickAmount(random, least)
  if (auction.kind !== 'sealed') {
    const seal: Hex = random.chance(0.97) ? `0x${'00'.repeat(32)}` : keccak256('0x01')
    return { actor, target: self, message: { fn: 'bid', amount, seal } }
  }
  // What is hidden is often less than the deposit, and now and then more.
  const salt = keccak256(toHex(random.below(1_000)))
  const hidden = random.chance(0.9) ? least + ((amount - least) * BigInt(random.below(101))) / 100n : amount + 1n
  const seal = sealFor(model, self, { bidder: actor, amount: hidden < 0n || hidden > HUGE ? 0n : hidden, salt })
  model.secrets.set(seal, { amount: hidden < 0n || hidden > HUGE ? 0n : hidden, salt })
  const isFirst = !auction.deposits.has(actor)
  const deposit = isFirst || random.chance(0.6) ? amount : 0n
  return {
    actor,
    target: self,
    message: { fn: 'bid', amount: deposit, seal: random.chance(0.97) ? seal : `0x${'00'.repeat(32)}` },
  }
}

function approve({ world }: AuctionModel, actor: Hex, to: Hex): Idea {
  return { actor, target: world.hypr, message: { fn: 'hypr', message: { fn: 'approve', to, amount: HUGE } } }
}

function pickAmount(random: Random, least: bigint): bigint {
  const amount = pickWeighted<() => bigint>(random, [
    [10, () => least],
    [10, () => least + BigInt(random.below(1_000)) * HYPR],
    [10, () => least + BigInt(random.below(1_000_000))],
    [3, () => (least * 3n) / 2n],
    [3, () => least - 1n],
    [1, () => 0n],
    [1, () => HUGE],
    [1, () => 10n ** 27n],
  ])()
  return amount < 0n ? 0n : amount > HUGE ? HUGE : amount
}

function pickReveal(model: AuctionModel, random: Random, self: Hex, auction: Auction): AuctionMessage {
  const bidders = [...auction.deposits]
  if (bidders.length === 0 || random.chance(0.05)) return pickAnything(model, random, self)
  const [bidder, { seal }] = random.pick(bidders)
  const secret = model.secrets.get(seal) ?? { amount: 1n, salt: seal }
  const amount = random.chance(0.95) ? secret.amount : secret.amount + 1n
  return { fn: 'reveal', bidder, amount, salt: secret.salt }
}

function hasCreditors(model: AuctionModel, self: Hex): boolean {
  const { actors, treasury } = model.world
  return [...actors, treasury].some((account) => owedTo(model, self, account) > 0n)
}

/** For somebody who is owed something, most often. */
function pickWithdrawal(model: AuctionModel, random: Random, self: Hex): AuctionMessage {
  const { actors, treasury } = model.world
  const owed = [...actors, treasury].filter((account) => owedTo(model, self, account) > 0n)
  const account = owed.length > 0 && random.chance(0.9) ? random.pick(owed) : pickAccount(model, random)
  return { fn: 'withdraw', account }
}

/** A call that fits no state in particular. */
function pickAnything(model: AuctionModel, random: Random, self: Hex): AuctionMessage {
  const account = pickAccount(model, random)
  return random.pick<() => AuctionMessage>([
    () => ({ fn: 'open' }),
    () => ({ fn: 'cancel' }),
    () => ({ fn: 'settle' }),
    () => ({ fn: 'collect', account }),
    () => ({ fn: 'bid', amount: pickAmount(random, HYPR), seal: `0x${'00'.repeat(32)}` }),
    () => ({ fn: 'reveal', bidder: account, amount: HYPR, salt: keccak256('0x02') }),
    () => ({ fn: 'onERC721Received', entry: model.auctions.get(self)?.terms.lot[0] ?? ROOT }),
    () => pickWithdrawal(model, random, self),
  ])()
}

function pickLeaseCall(model: AuctionModel, random: Random, actor: Hex): Idea {
  const all = [...model.leases]
  const running = all.filter(([, lease]) => leaseState(model, lease) !== 'over')
  const [self, lease] = random.pick(running.length > 0 && random.chance(0.9) ? running : all)
  const { world } = model
  const state = leaseState(model, lease)
  if (allowanceOf(model, actor, self) === 0n && random.chance(0.5)) return approve(model, actor, self)
  const isTenant = random.chance(0.8) && world.actors.includes(lease.tenant)
  const by = isTenant ? { actor: lease.tenant } : {}
  return pickWeighted<() => Idea>(random, [
    [8, () => ({ actor, target: self, message: { fn: 'payRent', periods: pickPeriods(model, random, lease) } })],
    [4, () => ({ ...by, target: self, message: pickUse(model, random, lease) })],
    [2, () => ({ ...by, target: self, message: { fn: 'assign', account: pickAccount(model, random) } })],
    [state === 'over' ? 6 : 1, () => ({ target: self, message: { fn: 'returnLot' } })],
    [
      leaseOwes(model, self, world.treasury) > 0n ? 3 : 1,
      () => ({
        target: self,
        message: { fn: 'withdraw', account: random.chance(0.8) ? world.treasury : pickAccount(model, random) },
      }),
    ],
  ])()
}

function pickPeriods(model: AuctionModel, random: Random, { auction, paidUntil, endsAt }: Lease): bigint {
  const period = model.auctions.get(auction)?.terms.period ?? 1n
  const most = (endsAt - paidUntil) / period
  return random.pick([1n, 1n, 1n, 2n, most, most + 1n, 0n, random.chance(0.2) ? HUGE : 1n])
}

/** The tenant mints or writes beneath a leased zone, or beneath another. */
function pickUse(model: AuctionModel, random: Random, lease: Lease): AuctionMessage {
  const { terms } = model.auctions.get(lease.auction) ?? { terms: { lot: [ROOT] } }
  const entry = random.chance(0.9) ? random.pick(terms.lot) : childOf(ROOT, random.pick(model.world.labels))
  const label = random.pick(['x', 'y', 'z', 'A', 'long-name'])
  return random.chance(0.5)
    ? { fn: 'leaseMint', entry, to: pickAccount(model, random), label }
    : { fn: 'leaseNote', entry, label: random.chance(0.9) ? `~${label}` : label, data: random.pick(['0x', '0x01']) }
}

function pickPhaseCall(model: AuctionModel, random: Random): Idea {
  const { phase, listed } = phasesOf(model)
  const { phases, timelock, steward } = model.world
  const account = pickAccount(model, random)
  const actor = random.chance(0.85) ? keeperOf(model) : random.pick([timelock, steward])
  const message = pickWeighted<() => AuctionMessage>(random, [
    [1, () => ({ fn: 'advance', next: random.chance(0.7) ? BigInt(phase + 1) : BigInt(random.below(256)) })],
    [2, () => ({ fn: 'setTreasury', account: random.chance(0.4) ? model.world.treasury : account })],
    [2, () => ({ fn: 'addProposer', account })],
    [2, () => ({ fn: 'removeProposer', account: random.chance(0.7) ? random.pick(listed) : account })],
    [1, () => ({ fn: 'removeProposerList' })],
  ])()
  return { actor, target: phases, message }
}

/** HYPR moves on its own, also to where nobody expects it. */
function pickHyprCall(model: AuctionModel, random: Random): Idea {
  const actor = random.pick(model.world.actors)
  const to = random.chance(0.5) ? pickAccount(model, random) : random.pick([...model.auctions.keys(), actor])
  const amount = (balanceOf(model, actor) * BigInt(random.below(100))) / 1_000n
  const message = random.chance(0.7)
    ? ({ fn: 'transfer', to, amount } as const)
    : ({ fn: 'approve', to, amount: random.chance(0.5) ? 0n : amount } as const)
  return { actor, target: model.world.hypr, message: { fn: 'hypr', message } }
}

/** A zone goes somewhere, also to an auction that does not want it. */
function pickZoneCall(model: AuctionModel, random: Random, receiver?: Hex): Idea {
  const { world, namespace } = model
  const label = random.pick(world.labels)
  const id = childOf(ROOT, label)
  const owner = namespace.owners.get(id)
  const to =
    receiver ??
    (random.chance(0.5) ? pickAccount(model, random) : random.pick([...model.auctions.keys(), world.rootOwner]))
  if (owner === undefined) return mintZone(model, to, label)
  return sendZone(model, { owner, to, id, safely: random.chance(0.6) })
}

function pickAccount(model: AuctionModel, random: Random): Hex {
  const { actors, treasury } = model.world
  return pickWeighted<() => Hex>(random, [
    [14, () => random.pick(actors)],
    [2, () => treasury],
    [1, () => ZERO_ADDRESS],
    [2, () => accountOf(model.world, childOf(ROOT, random.pick(model.world.labels)))],
  ])()
}
