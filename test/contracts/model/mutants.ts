import type { AreaName } from './area.ts'
import type { Edit } from './compile.ts'

const token = (path: string, from: string, to: string) => mutant('token', `contracts/token/${path}`, from, to)
const auctions = (path: string, from: string, to: string) => mutant('auctions', `contracts/auctions/${path}`, from, to)

/** Mistakes one could make in the contracts, each of which the model of an area must notice. */
export const mutants: readonly (Edit & { area: AreaName })[] = [
  token(
    'TokenRegistry.sol',
    'if (lock.end > block.timestamp) revert LockNotExpired',
    'if (lock.end >= block.timestamp) revert LockNotExpired',
  ),
  token(
    'TokenRegistry.sol',
    'if (bind.end > block.timestamp) revert SourceNotExpired',
    'if (bind.end >= block.timestamp) revert SourceNotExpired',
  ),
  token(
    'TokenRegistry.sol',
    'Math.max(MIN, lock.end - block.timestamp + 1)',
    'Math.max(MIN, lock.end - block.timestamp)',
  ),
  token('TokenRegistry.sol', 'if (bind.end > registered.until) registered.until = bind.end;', ''),
  token('TokenRegistry.sol', '_binds[account][last].index = bind.index;', ''),
  token('TokenRegistry.sol', 'block.timestamp + Math.min(duration, longest)', 'block.timestamp + duration'),
  token(
    'TokenRegistry.sol',
    'Math.min(_maxAmount, _reclaim(msg.sender, _srcNamehash))',
    '_reclaim(msg.sender, _srcNamehash)',
  ),
  token(
    'TokenRegistry.sol',
    'if (exists && bind.end <= block.timestamp) {',
    'if (exists && bind.end < block.timestamp) {',
  ),
  token(
    'TokenRegistry.sol',
    '_setLock(msg.sender, remaining, done ? 0 : lock.end);',
    '_setLock(msg.sender, remaining, lock.end);',
  ),
  token(
    'libraries/LockTime.sol',
    'newAmount * newDuration) / (oldAmount + newAmount)',
    'newAmount * newDuration) / (oldAmount + newAmount) + 1',
  ),
  token('libraries/LockTime.sol', '(needed - present + newAmount - 1) / newAmount', '(needed - present) / newAmount'),
  token('libraries/VotingCurve.sol', 'if (remaining < MIN_DURATION) remaining = MIN_DURATION;', ''),
  token(
    'libraries/VotingCurve.sol',
    'remaining / LINEAR - (remaining * remaining) / QUADRATIC',
    '(remaining * 2 * MAX_DURATION - remaining * remaining) / QUADRATIC',
  ),
  token(
    'libraries/ExpiringSum.sol',
    'kind > (LEAF | tail) ? active + sum : active',
    'kind >= (LEAF | tail) ? active + sum : active',
  ),
  token(
    'libraries/ExpiringSum.sol',
    'for (uint256 child = (time >> shift) + 1; child & 3 != 0; ++child)',
    'for (uint256 child = (time >> shift) + 1; child & 3 == 1; ++child)',
  ),
  token(
    'libraries/VoteSums.sol',
    'if (sums.settledWeek >= thisWeek) return;',
    'if (sums.settledWeek + 1 >= thisWeek) return;',
  ),
  token('libraries/VoteSums.sol', 'sums.value = Math.saturatingSub(sums.value, ended);', ''),
  token(
    'libraries/VoteSums.sol',
    '_settle(self, sums, Math.max(time, sums.time), type(uint256).max)',
    '_settle(self, sums, time, type(uint256).max)',
  ),
  token(
    'libraries/VoteSums.sol',
    'time >= sums.time + VotingCurve.MAX_DURATION + WEEK',
    'time >= sums.time + VotingCurve.MAX_DURATION / 2',
  ),
  token(
    'libraries/Positions.sol',
    'if (self.past[middle].blockNumber <= blockNumber)',
    'if (self.past[middle].blockNumber < blockNumber)',
  ),
  token('LockedVotes.sol', 'return (end + VoteSums.WEEK - 1) / VoteSums.WEEK;', 'return end / VoteSums.WEEK;'),
  token('LockedVotes.sol', 'if (old.end > block.timestamp) valueBefore += oldValue;', 'valueBefore += oldValue;'),
  token(
    'LockedVotes.sol',
    'if (own.delegated || own.end <= time) own.amount = 0;',
    'if (own.delegated || own.end < time) own.amount = 0;',
  ),
  token('GovernanceHypr.sol', '_useCheckedNonce(signer, nonce);', ''),
  token('GovernanceHypr.sol', 'if (to == address(0)) to = account;', ''),
  token('GovernanceHypr.sol', 'if (timepoint >= block.number) revert', 'if (timepoint > block.number) revert'),
  auctions('EnglishAuction.sol', '_ledger.credit(winner, price)', '_ledger.credit(bidder, price)'),
  auctions('EnglishAuction.sol', 'Math.Rounding.Ceil', 'Math.Rounding.Floor'),
  auctions(
    'EnglishAuction.sol',
    'if (closesAt < block.timestamp + timeBuffer) closesAt',
    'if (timeBuffer != 0) closesAt',
  ),
  auctions('DutchAuction.sol', 'due = minimumBid();', 'due = amount;'),
  auctions('DutchAuction.sol', 'Math.Rounding.Ceil', 'Math.Rounding.Floor'),
  auctions('DutchAuction.sol', 'closesAt = block.timestamp;', ''),
  auctions('SealedAuction.sol', 'if (amount <= highestBid) {', 'if (amount < highestBid) {'),
  auctions('SealedAuction.sol', 'price = Math.max(price, amount);', ''),
  auctions('SealedAuction.sol', 'price = Math.max(reserve, highestBid);', 'price = amount;'),
  auctions('SealedAuction.sol', '_ledger.credit(bidder, deposit - amount);', ''),
  auctions(
    'SealedAuction.sol',
    'if (amount > depositOf[bidder]) revert BidAboveDeposit(amount, depositOf[bidder]);',
    '',
  ),
  auctions('SealedAuction.sol', '_ledger.credit(winner, highestBid - price);', ''),
  auctions(
    'SealedAuction.sol',
    'return closesAt != 0 && block.timestamp >= closesAt;',
    'return closesAt != 0 && block.timestamp > closesAt;',
  ),
  auctions(
    'SealedAuction.sol',
    'if (block.timestamp < closesAt - revealDuration) return State.Open;',
    'if (block.timestamp <= closesAt - revealDuration) return State.Open;',
  ),
  auctions(
    'Auction.sol',
    'block.timestamp < closesAt ? State.Open : State.Closed',
    'block.timestamp <= closesAt ? State.Open : State.Closed',
  ),
  auctions(
    'Auction.sol',
    'if (to != lotRecipient && msg.sender != lotRecipient) revert',
    'if (to != lotRecipient) revert',
  ),
  auctions('Auction.sol', 'if (msg.sender != returnTo) revert NotPermitted(msg.sender, returnTo);', ''),
  auctions('Auction.sol', 'if (!_inLot(bytes32(tokenId))) revert NotInLot(bytes32(tokenId));', ''),
  auctions('libraries/Ledger.sol', 'self.owed[account] = 0;', ''),
  auctions('libraries/Ledger.sol', 'if (phase >= BURN_PHASE) {', 'if (phase > BURN_PHASE) {'),
  auctions('LeaseAuction.sol', '_deliver(address(lease));', ''),
  auctions(
    'ZoneLease.sol',
    'paidUntil < endsAt && block.timestamp < paidUntil + grace',
    'block.timestamp < paidUntil + grace',
  ),
  auctions(
    'ZoneLease.sol',
    'uint256 most = (endsAt - paidUntil) / period;',
    'uint256 most = (endsAt - paidUntil) / period + 1;',
  ),
  auctions('ZoneLease.sol', 'if (msg.sender != tenant) revert NotTenant(msg.sender, tenant);', ''),
  auctions('ZoneLease.sol', 'paidUntil += periods * period;', 'paidUntil = block.timestamp + periods * period;'),
  mutant('auctions', 'contracts/governance/Phases.sol', 'if (listLength == 1) revert LastProposer(account);', ''),
  mutant('auctions', 'contracts/governance/Phases.sol', 'phase == STEWARDSHIP ? steward : timelock', 'steward'),
]

function mutant(area: AreaName, path: string, from: string, to: string): Edit & { area: AreaName } {
  return { area, path, from, to }
}
