import type { Edit } from './sources.ts'

/** Mistakes one could make in the contracts, and the property that each would break. */
export const mutants: ReadonlyArray<Edit & { contract: string }> = [
  {
    contract: 'BlendBetween',
    path: 'contracts/token/libraries/LockTime.sol',
    from: 'newAmount * newDuration) / (oldAmount + newAmount)',
    to: 'newAmount * newDuration) / oldAmount',
  },
  {
    contract: 'UnblendEnough',
    path: 'contracts/token/libraries/LockTime.sol',
    from: '(needed - present + newAmount - 1) / newAmount',
    to: '(needed - present) / newAmount',
  },
  {
    contract: 'ValueMonotone',
    path: 'contracts/token/libraries/VotingCurve.sol',
    from: 'amount - (amount * amount) / (2 * SUPPLY)',
    to: 'amount - (2 * amount * amount) / (2 * SUPPLY)',
  },
  {
    contract: 'MultiplierBounded',
    path: 'contracts/token/libraries/VotingCurve.sol',
    from: 'if (remaining > MAX_DURATION) remaining = MAX_DURATION;',
    to: '',
  },
  {
    contract: 'EnglishBid',
    path: 'contracts/auctions/EnglishAuction.sol',
    from: '_ledger.credit(winner, price)',
    to: '_ledger.credit(bidder, price)',
  },
]
