import { hexToBigInt, slice } from 'viem'
import type { Hex } from 'viem'
import { encodeResult, word } from '../abi.ts'
import type { Random } from '../random.ts'
import type { TimedStep } from '../timed.ts'
import { balanceOf, supplyOf } from '../token/hypr-rules.ts'
import { ownerOf } from '../tokens.ts'
import { auctionAt, depositOf, leader, minimumBid, owedTo, sealOf, stateOf, STATES } from './auction-rules.ts'
import { leaseAt, leaseOwes, leaseState, LEASE_STATES } from './lease-rules.ts'
import type { AuctionMessage } from './messages.ts'
import { keeperOf, mayPropose, phasesOf } from './phase-rules.ts'
import type { AuctionModel } from './state.ts'

export type Look = Extract<AuctionMessage, { fn: 'lookAtAuction' | 'lookAtLease' | 'lookAtPhases' }>

type Seen = Readonly<Record<string, bigint | Hex>>

/** What an observer sees, in its order. */
function seenBy(model: AuctionModel, message: Look): Seen {
  const { account } = message
  switch (message.fn) {
    case 'lookAtAuction':
      return seenAtAuction(model, message.auction, account)
    case 'lookAtLease': {
      const { lease: self } = message
      const lease = leaseAt(model, self)
      return {
        state: BigInt(LEASE_STATES.indexOf(leaseState(model, lease))),
        tenant: lease.tenant,
        paidUntil: lease.paidUntil,
        endsAt: lease.endsAt,
        owed: leaseOwes(model, self, account),
        rent: lease.rent,
        balance: balanceOf(model, self),
        balanceOfAccount: balanceOf(model, account),
      }
    }
    case 'lookAtPhases': {
      const { phase, treasury, listed, listRemoved } = phasesOf(model)
      return {
        phase: BigInt(phase),
        treasury,
        listLength: BigInt(listed.length),
        listRemoved: listRemoved ? 1n : 0n,
        isListed: listed.includes(account) ? 1n : 0n,
        mayPropose: mayPropose(model, account) ? 1n : 0n,
        keeper: keeperOf(model),
      }
    }
  }
}

function seenAtAuction(model: AuctionModel, self: Hex, account: Hex): Seen {
  const auction = auctionAt(model, self)
  const { winner, price, highest } = leader(auction)
  return {
    state: BigInt(STATES.indexOf(stateOf(model, auction))),
    minimumBid: minimumBid(model, auction),
    owed: owedTo(model, self, account),
    winner,
    price,
    closesAt: auction.closesAt,
    recipient: auction.recipient,
    balance: balanceOf(model, self),
    balanceOfAccount: balanceOf(model, account),
    supply: supplyOf(model),
    deposit: auction.kind === 'sealed' ? depositOf(auction, account) : 0n,
    seal: auction.kind === 'sealed' ? sealOf(auction, account) : '0x0',
    highestBid: auction.kind === 'sealed' ? highest : 0n,
    lease: auction.lease,
  }
}

export function look(model: AuctionModel, message: Look): Hex {
  return encodeResult(...Object.values(seenBy(model, message)).map((value) => word(value)))
}

/** What an observer saw, number by number. */
export function describeLook(result: Hex): string {
  const words = Array.from({ length: (result.length - 2) / 64 }, (_, index) =>
    hexToBigInt(slice(result, index * 32, index * 32 + 32)),
  )
  return words.map((value, index) => `${index}: ${value}`).join(', ')
}

/** After each call: at what it was sent to, for the caller or whom it names. */
export function looksAfter(
  model: AuctionModel,
  { actor, target, message }: TimedStep<AuctionMessage>,
  random: Random,
): TimedStep<AuctionMessage>[] {
  const { phases } = model.world
  const account = 'account' in message ? message.account : 'bidder' in message ? message.bidder : actor
  if (target === phases) return [read(model, { fn: 'lookAtPhases', account })]
  if (model.leases.has(target)) return [read(model, { fn: 'lookAtLease', lease: target, account }), zone(model, target)]
  const self = model.auctions.has(target) ? target : random.pick(['0x', ...model.auctions.keys()] as Hex[])
  return self === '0x' ? [] : [lookAtAuction(model, self, account), zone(model, self)]
}

/** In the end: at everything there is, and everybody. */
export function looksAround(model: AuctionModel): TimedStep<AuctionMessage>[] {
  const { actors, treasury, timelock } = model.world
  const people = [...actors, treasury]
  return [
    ...[...model.auctions.keys()].flatMap((self) => people.map((account) => lookAtAuction(model, self, account))),
    ...[...model.leases.keys()].map((lease) => read(model, { fn: 'lookAtLease', lease, account: treasury })),
    ...[...actors, timelock].map((account) => read(model, { fn: 'lookAtPhases', account })),
    ...[...model.namespace.owners.keys()].map((entry) => readOwner(model, entry)),
  ]
}

function lookAtAuction(model: AuctionModel, auction: Hex, account: Hex): TimedStep<AuctionMessage> {
  return read(model, { fn: 'lookAtAuction', auction, kind: auctionAt(model, auction).kind, account })
}

/** Who owns the first zone of an auction or a lease, or the root when there is no such zone yet. */
function zone(model: AuctionModel, self: Hex): TimedStep<AuctionMessage> {
  const { lot } = auctionAt(model, model.leases.get(self)?.auction ?? self).terms
  const known = lot.find((entry) => model.namespace.owners.has(entry))
  return readOwner(model, known ?? `0x${'00'.repeat(32)}`)
}

function readOwner(model: AuctionModel, entry: Hex): TimedStep<AuctionMessage> {
  return { ...read(model, { fn: 'ownerOf', entry }), target: model.world.hypermap }
}

function read(model: AuctionModel, message: AuctionMessage): TimedStep<AuctionMessage> {
  const { observer, rootOwner } = model.world
  return { pause: undefined, actor: rootOwner, target: observer, message }
}

export function seeOwner(model: AuctionModel, entry: Hex): Hex {
  return encodeResult(word(ownerOf(model.namespace, entry)))
}
