import type { Hex } from 'viem'
import type { Clock } from '../stage.ts'
import type { Journal, Model } from '../state.ts'
import type { World } from '../world.ts'

/** In the order of the observer's numbers. */
export const KINDS = ['english', 'dutch', 'sealed', 'lease'] as const
export type Kind = (typeof KINDS)[number]

/** What an auction is told when it is made. Of the kinds' own terms those count that the kind has. */
export type Terms = {
  lot: readonly Hex[]
  reserve: bigint
  duration: bigint
  returnTo: Hex
  incrementBps: bigint
  timeBuffer: bigint
  startPrice: bigint
  revealDuration: bigint
  period: bigint
  periods: bigint
  grace: bigint
}

export type AuctionWorld = World & {
  hypr: Hex
  phases: Hex
  maker: Hex
  observer: Hex
  start: Clock
  actors: readonly Hex[]
  steward: Hex
  timelock: Hex
  treasury: Hex
  /** Labels of zones that can be minted. */
  labels: readonly string[]
  funds: ReadonlyMap<Hex, bigint>
  /** Creation code by kind, without arguments. */
  codes: Readonly<Record<Kind, Hex>>
}

export type Bid = { bidder: Hex; amount: bigint }

/** A revealed bid, and what its bidder had paid in. */
export type Revealed = Bid & { deposit: bigint }

/** What an auction or a lease earned, and who may withdraw it; nobody when it was burned. */
export type Earning = { treasury: Hex; amount: bigint }

export type Auction = {
  kind: Kind
  terms: Terms
  /** When bidding began. */
  openedAt: bigint | undefined
  /** When it closes, as far as bids have moved that. */
  closesAt: bigint
  /** Open bids in the order taken. */
  bids: readonly Bid[]
  /** Sealed bids in the order revealed. */
  revealed: readonly Revealed[]
  /** What bidders paid in with sealed bids that were not revealed, and with which seal. */
  deposits: ReadonlyMap<Hex, { amount: bigint; seal: Hex }>
  outcome: 'sold' | 'unsold' | undefined
  recipient: Hex
  lease: Hex
  earnings: readonly Earning[]
}

export type Lease = {
  auction: Hex
  tenant: Hex
  rent: bigint
  paidUntil: bigint
  endsAt: bigint
  earnings: readonly Earning[]
}

export type Phases = { phase: number; treasury: Hex; listed: readonly Hex[]; listRemoved: boolean }

export type AuctionModel = Journal & {
  readonly world: AuctionWorld
  clock: Clock
  /** The namespace, with the same journal. */
  readonly namespace: Model
  /** HYPR. */
  readonly balances: Map<Hex, bigint>
  readonly allowances: Map<string, bigint>
  readonly permitNonces: Map<Hex, bigint>
  readonly supply: Map<'supply', bigint>
  readonly auctions: Map<Hex, Auction>
  readonly leases: Map<Hex, Lease>
  readonly phases: Map<'phases', Phases>
  /** What was paid out, by payer and payee. */
  readonly paid: Map<string, bigint>
  /** What bidders hide under their seals; for those who think of calls. */
  readonly secrets: Map<Hex, { amount: bigint; salt: Hex }>
}
