import { getContractAddress, keccak256 } from 'viem'
import type { Hex } from 'viem'
import { byteString, bytes, encodeResult, topicOf, word } from '../abi.ts'
import { emit, put, revert, revertEmpty } from '../state.ts'
import { checked } from '../token/state.ts'
import { ownerOf, pad, transfer } from '../tokens.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { earn, earnedFor, paidTo, payOut, takePayment } from './ledger-rules.ts'
import { type AuctionMessage, wordArray } from './messages.ts'
import type { Auction, AuctionModel, Bid, Kind, Lease, Terms } from './state.ts'

/** Auctions as IAuction and its kinds have them: what is owed follows from the bids, and is counted anew each time. */

const NO_SEAL: Hex = `0x${'00'.repeat(32)}`
const HUGE = (1n << 256n) - 1n
const DAY = 86_400n

export const STATES = ['awaiting', 'open', 'revealing', 'closed', 'sold', 'unsold'] as const
export type State = (typeof STATES)[number]

export function auctionAt(model: AuctionModel, self: Hex): Auction {
  const auction = model.auctions.get(self)
  if (auction === undefined) throw new Error(`no auction at ${self}, expected one`)
  return auction
}

export function callAuction(model: AuctionModel, caller: Hex, self: Hex, message: AuctionMessage): Hex {
  const auction = auctionAt(model, self)
  switch (message.fn) {
    case 'onERC721Received':
      return revert('NotHypermap(address,address)', word(caller), word(model.world.hypermap))
    case 'open': {
      requireState(model, auction, 'awaiting')
      const missing = firstMissing(model, self)
      if (missing !== undefined) revert('LotIncomplete(bytes32)', word(missing))
      open(model, self)
      return '0x'
    }
    case 'cancel':
      requireState(model, auction, 'awaiting')
      if (caller !== auction.terms.returnTo) failPermission(caller, auction.terms.returnTo)
      endUnsold(model, self)
      return '0x'
    case 'bid':
      requireState(model, auction, 'open')
      takePayment(model, self, caller, takeBid(model, self, { bidder: caller, ...message }))
      return '0x'
    case 'reveal':
      reveal(model, self, message)
      return '0x'
    case 'settle':
      settle(model, self)
      return '0x'
    case 'collect': {
      const state = stateOf(model, auction)
      if (state !== 'sold' && state !== 'unsold') failState(state, 'sold')
      const { recipient } = auction
      if (message.account !== recipient && caller !== recipient) failPermission(caller, recipient)
      deliver(model, self, message.account)
      return '0x'
    }
    case 'withdraw':
      withdraw(model, self, message.account)
      return '0x'
    default:
      return revertEmpty()
  }
}

/** Makes an auction, or fails as its constructor does. */
export function makeAuction(model: AuctionModel, kind: Kind, terms: Terms): Hex {
  requireTerms(kind, terms)
  const { maker } = model.world
  const nonce = BigInt(model.auctions.size + 1)
  const self = getContractAddress({ from: maker, nonce }).toLowerCase() as Hex
  put<Hex, Auction>(model, model.auctions, self, {
    kind,
    terms,
    openedAt: undefined,
    closesAt: 0n,
    bids: [],
    revealed: [],
    deposits: new Map(),
    outcome: undefined,
    recipient: ZERO_ADDRESS,
    lease: ZERO_ADDRESS,
    earnings: [],
  })
  model.namespace.receivers.set(self, (id) => receive(model, self, id))
  return encodeResult(word(self))
}

function requireTerms(kind: Kind, terms: Terms): void {
  const { lot } = terms
  requireRange('lot', BigInt(lot.length), 1n, 32n)
  requireRange('reserve', terms.reserve, 1n, HUGE)
  requireRange('duration', terms.duration, 1n, 365n * DAY)
  requireRange('returnTo', BigInt(terms.returnTo), 1n, (1n << 160n) - 1n)
  const falling = lot.findIndex((entry, index) => index > 0 && entry <= (lot[index - 1] ?? ''))
  if (falling !== -1) revert('LotNotAscending(uint256)', word(falling))
  if (kind === 'dutch') requireRange('startPrice', terms.startPrice, terms.reserve, HUGE)
  if (kind === 'sealed') requireRange('revealDuration', terms.revealDuration, 1n, 30n * DAY)
  if (kind !== 'english' && kind !== 'lease') return
  requireRange('incrementBps', terms.incrementBps, 1n, 10_000n)
  requireRange('timeBuffer', terms.timeBuffer, 0n, 7n * DAY)
  if (kind === 'english') return
  requireRange('period', terms.period, 1n, 3650n * DAY)
  requireRange('periods', terms.periods, 1n, 1000n)
  requireRange('grace', terms.grace, 0n, terms.period)
}

function requireRange(term: string, given: bigint, least: bigint, most: bigint): void {
  if (given >= least && given <= most) return
  revert(
    'TermOutOfRange(string,uint256,uint256,uint256)',
    bytes(byteString(term)),
    word(given),
    word(least),
    word(most),
  )
}

/** An entry came by a safe transfer. */
function receive(model: AuctionModel, self: Hex, id: Hex): void {
  const auction = model.auctions.get(self)
  // Nothing is there yet when making it was taken back.
  if (auction === undefined) return
  requireState(model, auction, 'awaiting')
  if (!auction.terms.lot.includes(id)) revert('NotInLot(bytes32)', word(id))
  if (firstMissing(model, self) === undefined) open(model, self)
}

function firstMissing(model: AuctionModel, self: Hex): Hex | undefined {
  return auctionAt(model, self).terms.lot.find((entry) => ownerOf(model.namespace, entry) !== self)
}

function open(model: AuctionModel, self: Hex): void {
  const auction = auctionAt(model, self)
  const { time } = model.clock
  const { lot, duration, revealDuration } = auction.terms
  const closesAt = time + duration + (auction.kind === 'sealed' ? revealDuration : 0n)
  put(model, model.auctions, self, { ...auction, openedAt: time, closesAt })
  emit(model, self, [topicOf('Opened(bytes32[],uint256)')], encodeResult(wordArray(lot), word(closesAt)))
}

export function stateOf(model: AuctionModel, auction: Auction): State {
  const { kind, outcome, openedAt, closesAt, terms } = auction
  const { time } = model.clock
  if (outcome !== undefined) return outcome
  if (openedAt === undefined) return 'awaiting'
  if (time >= closesAt) return 'closed'
  return kind === 'sealed' && time >= openedAt + terms.duration ? 'revealing' : 'open'
}

/** Of the bids that count, the best: of equal ones the first. */
function bestOf<T extends Bid>(bids: readonly T[]): T | undefined {
  let best: T | undefined
  for (const bid of bids) if (best === undefined || bid.amount > best.amount) best = bid
  return best
}

/** Who wins as things stand, and what that costs. */
export function leader({ kind, bids, revealed, terms }: Auction): { winner: Hex; price: bigint; highest: bigint } {
  const best = bestOf(kind === 'sealed' ? revealed : bids)
  if (best === undefined) return { winner: ZERO_ADDRESS, price: 0n, highest: 0n }
  if (kind !== 'sealed') return { winner: best.bidder, price: best.amount, highest: best.amount }
  const second = bestOf(revealed.filter((bid) => bid !== best))?.amount ?? 0n
  return { winner: best.bidder, price: second > terms.reserve ? second : terms.reserve, highest: best.amount }
}

export function minimumBid(model: AuctionModel, auction: Auction): bigint {
  const { kind, terms, bids, openedAt, closesAt } = auction
  const { time } = model.clock
  if (kind === 'sealed') return terms.reserve
  if (kind === 'dutch') {
    if (openedAt === undefined) return terms.startPrice
    if (time >= closesAt) return terms.reserve
    return terms.reserve + ceil((terms.startPrice - terms.reserve) * (closesAt - time), terms.duration)
  }
  const last = bids.at(-1)
  return last === undefined ? terms.reserve : last.amount + ceil(last.amount * terms.incrementBps, 10_000n)
}

function ceil(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

/** Records a bid; gives back what is to be paid now. */
function takeBid(model: AuctionModel, self: Hex, bid: Bid & { seal: Hex }): bigint {
  const auction = auctionAt(model, self)
  const { bidder, amount, seal } = bid
  const log = (bound: bigint, closesAt: bigint) =>
    emit(model, self, [topicOf('Bid(address,uint256,uint256)'), pad(bidder)], encodeResult(word(bound), word(closesAt)))
  if (auction.kind === 'sealed') {
    if (seal === NO_SEAL) revert('SealMissing()')
    const deposit = checked((auction.deposits.get(bidder)?.amount ?? 0n) + amount)
    if (deposit < auction.terms.reserve) failBid(deposit, auction.terms.reserve)
    const deposits = new Map(auction.deposits).set(bidder, { amount: deposit, seal })
    put(model, model.auctions, self, { ...auction, deposits })
    log(deposit, auction.closesAt)
    return amount
  }
  if (seal !== NO_SEAL) revert('SealNotExpected(bytes32)', word(seal))
  const minimum = minimumBid(model, auction)
  if (amount < minimum) failBid(amount, minimum)
  const { time } = model.clock
  const due = auction.kind === 'dutch' ? minimum : amount
  const atLeast = time + auction.terms.timeBuffer
  const later = auction.closesAt < atLeast ? atLeast : auction.closesAt
  const closesAt = auction.kind === 'dutch' ? time : later
  put(model, model.auctions, self, { ...auction, bids: [...auction.bids, { bidder, amount: due }], closesAt })
  log(due, closesAt)
  return due
}

/** What a bidder hides its bid under. */
export function sealFor(model: AuctionModel, auction: Hex, { bidder, amount, salt }: Bid & { salt: Hex }): Hex {
  return keccak256(encodeResult(word(model.world.chainId), word(auction), word(bidder), word(amount), word(salt)))
}

function reveal(model: AuctionModel, self: Hex, bid: Bid & { salt: Hex }): void {
  const auction = auctionAt(model, self)
  if (auction.kind !== 'sealed') revertEmpty()
  requireState(model, auction, 'revealing')
  const { bidder, amount } = bid
  const { amount: deposit, seal } = auction.deposits.get(bidder) ?? { amount: 0n, seal: NO_SEAL }
  const offered = sealFor(model, self, bid)
  if (offered !== seal) revert('SealMismatch(address,bytes32,bytes32)', word(bidder), word(offered), word(seal))
  if (amount > deposit) revert('BidAboveDeposit(uint256,uint256)', word(amount), word(deposit))
  if (amount < auction.terms.reserve) failBid(amount, auction.terms.reserve)
  const deposits = new Map(auction.deposits)
  deposits.delete(bidder)
  const revealed = [...auction.revealed, { bidder, amount, deposit }]
  put(model, model.auctions, self, { ...auction, deposits, revealed })
  emit(model, self, [topicOf('Revealed(address,uint256)'), pad(bidder)], encodeResult(word(amount)))
}

function settle(model: AuctionModel, self: Hex): void {
  const auction = auctionAt(model, self)
  requireState(model, auction, 'closed')
  const { winner, price } = leader(auction)
  if (winner === ZERO_ADDRESS) {
    endUnsold(model, self)
    return
  }
  put(model, model.auctions, self, { ...auction, outcome: 'sold', recipient: winner })
  if (auction.kind === 'lease') beginLease(model, self, winner, price)
  const earning = earn(model, self, price)
  put(model, model.auctions, self, { ...auctionAt(model, self), earnings: [earning] })
  emit(
    model,
    self,
    [topicOf('Sold(address,uint256,address)'), pad(winner), pad(earning.treasury)],
    encodeResult(word(price)),
  )
}

/** The lot goes to a lease at once, the first contract that the auction makes. */
function beginLease(model: AuctionModel, self: Hex, tenant: Hex, rent: bigint): void {
  const auction = auctionAt(model, self)
  const { period, periods } = auction.terms
  const { time } = model.clock
  const lease = getContractAddress({ from: self, nonce: 1n }).toLowerCase() as Hex
  put(model, model.auctions, self, { ...auction, lease, recipient: lease })
  put<Hex, Lease>(model, model.leases, lease, {
    auction: self,
    tenant,
    rent,
    paidUntil: time + period,
    endsAt: time + period * periods,
    earnings: [],
  })
  emit(model, self, [topicOf('Leased(address,address,uint256)'), pad(lease), pad(tenant)], encodeResult(word(rent)))
  deliver(model, self, lease)
}

/** Hands over what is here of the lot. */
function deliver(model: AuctionModel, self: Hex, to: Hex): void {
  for (const id of auctionAt(model, self).terms.lot) {
    if (ownerOf(model.namespace, id) === self) transfer(model.namespace, self, { from: self, to, id })
  }
  emit(model, self, [topicOf('Collected(address)'), pad(to)])
}

function endUnsold(model: AuctionModel, self: Hex): void {
  const auction = auctionAt(model, self)
  put(model, model.auctions, self, { ...auction, outcome: 'unsold', recipient: auction.terms.returnTo })
  emit(model, self, [topicOf('Unsold()')])
}

/** All that an account ever had a claim to, less what it was paid. */
export function owedTo(model: AuctionModel, self: Hex, account: Hex): bigint {
  const auction = auctionAt(model, self)
  const { bids, revealed, outcome, earnings } = auction
  const { price } = leader(auction)
  let claim = earnedFor(earnings, account)
  const bestBid = bestOf(bids)
  for (const bid of bids) if (bid.bidder === account && bid !== bestBid) claim += bid.amount
  const bestRevealed = bestOf(revealed)
  for (const bid of revealed) {
    if (bid.bidder !== account) continue
    claim += bid.deposit
    if (bid === bestRevealed) claim -= outcome === 'sold' ? price : bid.amount
  }
  return claim - paidTo(model, self, account) + (isOver(model, auction) ? depositOf(auction, account) : 0n)
}

/** When reveals are over, whoever has not revealed gets all back. */
function isOver(model: AuctionModel, { openedAt, closesAt }: Auction): boolean {
  return openedAt !== undefined && model.clock.time >= closesAt
}

export function depositOf({ deposits }: Auction, account: Hex): bigint {
  return deposits.get(account)?.amount ?? 0n
}

export function sealOf({ deposits }: Auction, account: Hex): Hex {
  return deposits.get(account)?.seal ?? NO_SEAL
}

function withdraw(model: AuctionModel, self: Hex, account: Hex): void {
  const auction = auctionAt(model, self)
  const owed = owedTo(model, self, account)
  const deposit = depositOf(auction, account)
  payOut(model, self, account, owed)
  if (!isOver(model, auction) || deposit === 0n) return
  const deposits = new Map(auction.deposits)
  deposits.delete(account)
  put(model, model.auctions, self, { ...auction, deposits })
  // A deposit is a claim no more, so having paid it does not count either.
  put(model, model.paid, self + account, paidTo(model, self, account) - deposit)
}

function requireState(model: AuctionModel, auction: Auction, expected: State): void {
  const actual = stateOf(model, auction)
  if (actual !== expected) failState(actual, expected)
}

function failState(actual: State, expected: State): never {
  return revert('WrongState(uint8,uint8)', word(STATES.indexOf(actual)), word(STATES.indexOf(expected)))
}

function failPermission(caller: Hex, expected: Hex): never {
  return revert('NotPermitted(address,address)', word(caller), word(expected))
}

function failBid(offered: bigint, minimum: bigint): never {
  return revert('BidTooLow(uint256,uint256)', word(offered), word(minimum))
}
