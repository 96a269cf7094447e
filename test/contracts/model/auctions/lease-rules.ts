import { slice } from 'viem'
import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from '../abi.ts'
import type { Message } from '../messages.ts'
import { emit, put, revert, revertEmpty } from '../state.ts'
import { checked } from '../token/state.ts'
import { ownerOf, pad, transfer } from '../tokens.ts'
import { accountOf, ZERO_ADDRESS } from '../world.ts'
import { auctionAt } from './auction-rules.ts'
import { earn, earnedFor, paidTo, payOut, takePayment } from './ledger-rules.ts'
import type { AuctionMessage } from './messages.ts'
import type { AuctionModel, Lease } from './state.ts'

/** Leases of zones, as ZoneLease has them. */

export const LEASE_STATES = ['current', 'grace', 'over'] as const
export type LeaseState = (typeof LEASE_STATES)[number]

export function leaseAt(model: AuctionModel, self: Hex): Lease {
  const lease = model.leases.get(self)
  if (lease === undefined) throw new Error(`no lease at ${self}, expected one`)
  return lease
}

export function leaseState(model: AuctionModel, { auction, paidUntil, endsAt }: Lease): LeaseState {
  const { time } = model.clock
  const { grace } = auctionAt(model, auction).terms
  if (time < paidUntil) return 'current'
  return paidUntil < endsAt && time < paidUntil + grace ? 'grace' : 'over'
}

export function leaseOwes(model: AuctionModel, self: Hex, account: Hex): bigint {
  return earnedFor(leaseAt(model, self).earnings, account) - paidTo(model, self, account)
}

export function callLease(model: AuctionModel, caller: Hex, self: Hex, message: AuctionMessage): Hex {
  const lease = leaseAt(model, self)
  const state = leaseState(model, lease)
  const { lot, returnTo, period } = auctionAt(model, lease.auction).terms
  const requireTenant = () => {
    if (caller !== lease.tenant) revert('NotTenant(address,address)', word(caller), word(lease.tenant))
    if (state !== 'current') failState(state, 'current')
  }
  switch (message.fn) {
    case 'leaseMint': {
      requireTenant()
      const { entry, to, label } = message
      const { plain } = model.world.implementations
      return actAs(model, self, entry, { fn: 'mint', to, label, init: undefined, implementation: plain })
    }
    case 'leaseNote': {
      requireTenant()
      const { entry, label, data } = message
      return actAs(model, self, entry, { fn: 'note', label, data })
    }
    case 'payRent': {
      const { periods } = message
      if (state === 'over') failState(state, 'current')
      const most = (lease.endsAt - lease.paidUntil) / period
      if (periods < 1n || periods > most) revert('PeriodsOutOfRange(uint256,uint256)', word(periods), word(most))
      const amount = checked(periods * lease.rent)
      const paidUntil = lease.paidUntil + periods * period
      takePayment(model, self, caller, amount)
      const earning = earn(model, self, amount)
      put(model, model.leases, self, { ...lease, paidUntil, earnings: [...lease.earnings, earning] })
      const topics = [topicOf('RentPaid(uint256,uint256,address)'), pad(earning.treasury)]
      emit(model, self, topics, encodeResult(word(paidUntil), word(amount)))
      return '0x'
    }
    case 'assign':
      requireTenant()
      if (message.account === ZERO_ADDRESS) revert('TenantMissing()')
      put(model, model.leases, self, { ...lease, tenant: message.account })
      emit(model, self, [topicOf('Assigned(address,address)'), pad(caller), pad(message.account)])
      return '0x'
    case 'returnLot':
      if (state !== 'over') failState(state, 'over')
      for (const id of lot) {
        if (ownerOf(model.namespace, id) === self) transfer(model.namespace, self, { from: self, to: returnTo, id })
      }
      emit(model, self, [topicOf('Returned(address)'), pad(returnTo)])
      return '0x'
    case 'withdraw':
      payOut(model, self, message.account, leaseOwes(model, self, message.account))
      return '0x'
    default:
      return revertEmpty()
  }
}

/** Has the account of an entry do something to Hypermap; what that returns is the answer. */
function actAs(model: AuctionModel, self: Hex, entry: Hex, message: Message): Hex {
  const { namespace, world } = model
  if (!namespace.owners.has(entry)) return revertEmpty()
  const call = { target: world.hypermap, message }
  const answer = namespace.send(namespace, self, accountOf(world, entry), { fn: 'execute', call, operation: 0 })
  return slice(answer, 64)
}

function failState(actual: LeaseState, expected: LeaseState): never {
  return revert('WrongState(uint8,uint8)', word(LEASE_STATES.indexOf(actual)), word(LEASE_STATES.indexOf(expected)))
}
