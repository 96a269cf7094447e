import type { Hex } from 'viem'
import { encodeResult, topicOf, word } from '../abi.ts'
import { emit, put, revert } from '../state.ts'
import { burn, move, moveFrom } from '../token/hypr-rules.ts'
import { pad } from '../tokens.ts'
import { ZERO_ADDRESS } from '../world.ts'
import { phasesOf } from './phase-rules.ts'
import type { AuctionModel, Earning } from './state.ts'

/** Money in and out: nobody is paid unasked. */

/** Takes a payment by approval. */
export function takePayment(model: AuctionModel, self: Hex, from: Hex, amount: bigint): void {
  moveFrom(model, self, { from, to: self, amount })
}

/** Earnings go to the treasury, or are burned from phase 3 on. */
export function earn(model: AuctionModel, self: Hex, amount: bigint): Earning {
  const { phase, treasury } = phasesOf(model)
  if (phase < 3) return { treasury, amount }
  burn(model, self, amount)
  return { treasury: ZERO_ADDRESS, amount }
}

/** What was earned for an account. */
export function earnedFor(earnings: readonly Earning[], account: Hex): bigint {
  return earnings.reduce(
    (sum, { treasury, amount }) => (treasury === account && account !== ZERO_ADDRESS ? sum + amount : sum),
    0n,
  )
}

/** What was paid to an account so far. */
export function paidTo(model: AuctionModel, self: Hex, account: Hex): bigint {
  return model.paid.get(self + account) ?? 0n
}

/** Pays an account all it is owed. */
export function payOut(model: AuctionModel, self: Hex, account: Hex, owed: bigint): void {
  if (owed === 0n) revert('NothingOwed(address)', word(account))
  put(model, model.paid, self + account, paidTo(model, self, account) + owed)
  move(model, self, account, owed)
  emit(model, self, [topicOf('Withdrawn(address,uint256)'), pad(account)], encodeResult(word(owed)))
}
