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
  {
    contract: 'EnglishSettlement',
    path: 'contracts/auctions/libraries/Ledger.sol',
    from: 'credit(self, treasury, amount)',
    to: 'credit(self, treasury, amount - 1)',
  },
  {
    contract: 'EnglishWithdrawal',
    path: 'contracts/auctions/libraries/Ledger.sol',
    from: 'self.owed[account] = 0;',
    to: '',
  },
  {
    contract: 'DutchBid',
    path: 'contracts/auctions/DutchAuction.sol',
    from: 'due = minimumBid();',
    to: 'due = amount;',
  },
  {
    contract: 'DutchPrice',
    path: 'contracts/auctions/DutchAuction.sol',
    from: 'startPrice - reserve, closesAt - block.timestamp',
    to: 'startPrice, closesAt - block.timestamp',
  },
  {
    contract: 'SealedBid',
    path: 'contracts/auctions/SealedAuction.sol',
    from: 'depositOf[bidder] = deposit;',
    to: 'depositOf[bidder] = amount;',
  },
  {
    contract: 'SealedReveal',
    path: 'contracts/auctions/SealedAuction.sol',
    from: 'if (winner != address(0)) _ledger.credit(winner, highestBid);',
    to: '',
  },
  {
    contract: 'SealedPrice',
    path: 'contracts/auctions/SealedAuction.sol',
    from: 'price = Math.max(price, amount);',
    to: '',
  },
  {
    contract: 'SealedSettlement',
    path: 'contracts/auctions/SealedAuction.sol',
    from: '_ledger.credit(winner, highestBid - price);',
    to: '',
  },
  {
    contract: 'SealedWithdrawal',
    path: 'contracts/auctions/SealedAuction.sol',
    from: 'if (deposit == 0) return;\n        delete depositOf[account];',
    to: 'if (deposit == 0) return;',
  },
  {
    contract: 'LeaseRent',
    path: 'contracts/auctions/ZoneLease.sol',
    from: 'periods > most',
    to: 'periods > most + 1',
  },
  {
    contract: 'LeaseWithdrawal',
    path: 'contracts/auctions/libraries/Ledger.sol',
    from: 'self.owed[account] = 0;',
    to: 'self.owed[account] = 1;',
  },
  {
    contract: 'NameSound',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: '(0x80 - 0x7b)',
    to: '(0x80 - 0x7c)',
  },
  {
    contract: 'NameSound',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: '(word | ~(hyphen',
    to: '(low | ~(hyphen',
  },
  {
    contract: 'NameComplete',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: '(0x80 - 0x30)',
    to: '(0x80 - 0x31)',
  },
  {
    contract: 'NoteSound',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: 'label[0] != "~"',
    to: 'label[0] != "}"',
  },
  {
    contract: 'NoteComplete',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: '_isLegal(first, length)',
    to: '_isLegal(first, length + 1)',
  },
  {
    contract: 'FactSound',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: '_isLegal(second, length - 32)',
    to: '_isLegal(second, length - 33)',
  },
  {
    contract: 'FactComplete',
    path: 'contracts/hypermap/libraries/Labels.sol',
    from: 'add(label.offset, prefixLength), 0x20)',
    to: 'add(label.offset, prefixLength), 0x21)',
  },
  {
    contract: 'PowerBounded',
    path: 'contracts/token/libraries/VoteSums.sol',
    from: '* QUANTUM) / VotingCurve.QUADRATIC',
    to: '* QUANTUM) / VotingCurve.LINEAR',
  },
]
