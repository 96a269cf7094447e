// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {VotingCurve} from "./VotingCurve.sol";

/// @title Voting power of many locks together, now and at past blocks, without visiting the locks.
/// @dev A lock of value `p` that ends in week `w` is worth `p * (r/C - r^2/D)`, with `r = w * WEEK - now`. That is a
/// polynomial in `now`, so three sums over the locks, of `p`, `p*w` and `p*w^2`, give the power of all of them at any
/// time: no mean end that a few long locks could lend to many short ones. Values count in millionths of HYPR, rounded
/// down, and weeks from the one settled last, so that a checkpoint is one word.
///
/// A lock stops counting when its week begins. `endings` keeps the value that ends in each week; it cannot change once
/// that week has begun. Who writes takes away the weeks begun since, at most WEEKS_PER_WRITE of them, so a write costs
/// the same after any pause; who reads takes away the rest in memory, four weeks per slot. When the last write is older
/// than the longest lock, all has ended, and neither looks at any week. Were writes to stay months apart for years, the
/// weeks not taken away would grow to MAX_LAG; a write then takes away what is beyond.
library VoteSums {
    struct Checkpoint {
        /// @dev Block from which this holds; zero before the first.
        uint256 blockNumber;
        /// @dev Time of that block, in seconds since 1970.
        uint256 time;
        /// @dev Locks that end in this week or before are no longer in the sums.
        uint256 settledWeek;
        /// @dev Sum of values, in QUANTUM.
        uint256 value;
        /// @dev Sum of value * (week - settledWeek).
        uint256 moment;
        /// @dev Sum of value * (week - settledWeek)^2.
        uint256 secondMoment;
    }

    struct Sums {
        /// @dev In order of block, packed by `_pack`.
        uint256[] checkpoints;
        /// @dev Value that ends in each week; four weeks per word, the lowest number lowest.
        mapping(uint256 quarter => uint256 word) endings;
    }

    uint256 internal constant WEEK = 1 weeks;
    uint256 internal constant QUANTUM = 1e12;
    uint256 internal constant WEEKS_PER_WRITE = 4;
    uint256 internal constant MAX_LAG = 255;

    /// @dev Exchanges one lock for another; a value of zero, or a week that has begun, stands for none.
    function replace(Sums storage self, uint256 oldValue, uint256 oldWeek, uint256 newValue, uint256 newWeek) internal {
        Checkpoint memory sums = last(self);
        _settle(self, sums, block.timestamp, WEEKS_PER_WRITE);
        uint256 thisWeek = block.timestamp / WEEK;
        if (oldWeek > thisWeek) {
            uint256 value = oldValue / QUANTUM;
            uint256 ahead = oldWeek - sums.settledWeek;
            sums.value -= value;
            sums.moment -= value * ahead;
            sums.secondMoment -= value * ahead * ahead;
            _setEnding(self, oldWeek, _ending(self, oldWeek) - value);
        }
        if (newWeek > thisWeek) {
            uint256 value = newValue / QUANTUM;
            uint256 ahead = newWeek - sums.settledWeek;
            sums.value += value;
            sums.moment += value * ahead;
            sums.secondMoment += value * ahead * ahead;
            _setEnding(self, newWeek, _ending(self, newWeek) + value);
        }
        _store(self, sums);
    }

    /// @dev Takes away up to `weeks_` weeks that have begun, and records the time of this block.
    function settle(Sums storage self, uint256 weeks_) internal {
        Checkpoint memory sums = last(self);
        _settle(self, sums, block.timestamp, weeks_);
        _store(self, sums);
    }

    /// @dev What held at the end of a block, less what had ended by `time`, which is not after the block's own. A
    /// checkpoint may know better: its block is not after that block.
    function settledAt(
        Sums storage self,
        uint256 blockNumber,
        uint256 time
    ) internal view returns (Checkpoint memory sums) {
        sums = at(self, blockNumber);
        _settle(self, sums, Math.max(time, sums.time), type(uint256).max);
    }

    /// @dev The latest checkpoint; all zero before the first.
    function last(Sums storage self) internal view returns (Checkpoint memory sums) {
        uint256 length = self.checkpoints.length;
        if (length != 0) return _unpack(self.checkpoints[length - 1]);
    }

    /// @dev The checkpoint at the end of a block; all zero before the first.
    function at(Sums storage self, uint256 blockNumber) internal view returns (Checkpoint memory sums) {
        uint256 high = self.checkpoints.length;
        if (high != 0 && _blockOf(self.checkpoints[high - 1]) <= blockNumber) return last(self);
        uint256 low = 0;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_blockOf(self.checkpoints[middle]) <= blockNumber) low = middle + 1;
            else high = middle;
        }
        if (low != 0) return _unpack(self.checkpoints[low - 1]);
    }

    /// @dev Value of settled sums, in base units.
    function totalValue(Checkpoint memory sums) internal pure returns (uint256) {
        return sums.value * QUANTUM;
    }

    /// @dev Voting power of settled sums: `sum of p * (r/C - r^2/D)`, with one division.
    function power(Checkpoint memory sums) internal pure returns (uint256) {
        uint256 passed = sums.time - sums.settledWeek * WEEK;
        uint256 remaining = Math.saturatingSub(WEEK * sums.moment, passed * sums.value);
        uint256 squares = Math.saturatingSub(
            WEEK * WEEK * sums.secondMoment + passed * passed * sums.value,
            2 * passed * WEEK * sums.moment
        );
        uint256 linear = 2 * VotingCurve.MAX_DURATION * remaining;
        return (Math.saturatingSub(linear, squares) * QUANTUM) / VotingCurve.QUADRATIC;
    }

    /// @dev Voting power that one lock adds to a sum, rounded down: parts are together no more than `power` of the sum.
    function powerOf(uint256 value, uint256 week, uint256 time) internal pure returns (uint256) {
        Checkpoint memory sums;
        (sums.time, sums.settledWeek, sums.value) = (time, time / WEEK, value / QUANTUM);
        if (week <= sums.settledWeek) return 0;
        uint256 ahead = week - sums.settledWeek;
        sums.moment = sums.value * ahead;
        sums.secondMoment = sums.moment * ahead;
        return power(sums);
    }

    /// @dev Mean end of settled sums, weighted by value, in seconds since 1970; zero for none.
    function meanEnd(Checkpoint memory sums) internal pure returns (uint256) {
        return sums.value == 0 ? 0 : WEEK * sums.settledWeek + (WEEK * sums.moment) / sums.value;
    }

    /// @dev Sets the time, and takes away up to `limit` weeks, or more if more than MAX_LAG would stay.
    function _settle(Sums storage self, Checkpoint memory sums, uint256 time, uint256 limit) private view {
        uint256 thisWeek = time / WEEK;
        bool allEnded = sums.value == 0 || time >= sums.time + VotingCurve.MAX_DURATION + WEEK;
        sums.time = time;
        if (sums.settledWeek >= thisWeek) return;
        if (allEnded) {
            (sums.settledWeek, sums.value, sums.moment, sums.secondMoment) = (thisWeek, 0, 0, 0);
            return;
        }
        uint256 begun = thisWeek - sums.settledWeek;
        limit = Math.max(limit, Math.saturatingSub(begun, MAX_LAG));
        _settleUntil(self, sums, sums.settledWeek + Math.min(begun, limit));
    }

    /// @dev Nothing here can go below zero as long as no block comes sooner than TokenRegistry assumes; if one did,
    /// readings of the past would be off by what changed within a week, but not revert.
    function _settleUntil(Sums storage self, Checkpoint memory sums, uint256 lastWeek) private view {
        uint256 word;
        uint256 wordOf = type(uint256).max;
        for (uint256 week = sums.settledWeek + 1; week <= lastWeek; ++week) {
            if (wordOf != week >> 2) (wordOf, word) = (week >> 2, self.endings[week >> 2]);
            uint256 ended = uint64(word >> ((week & 3) * 64));
            if (ended == 0) continue;
            // Counted from its own week, what ends is zero weeks ahead: only its value is to be taken away.
            _countFrom(sums, week);
            sums.value = Math.saturatingSub(sums.value, ended);
        }
        _countFrom(sums, lastWeek);
    }

    function _countFrom(Checkpoint memory sums, uint256 week) private pure {
        uint256 weeks_ = week - sums.settledWeek;
        sums.secondMoment = Math.saturatingSub(
            sums.secondMoment + weeks_ * weeks_ * sums.value,
            2 * weeks_ * sums.moment
        );
        sums.moment = Math.saturatingSub(sums.moment, weeks_ * sums.value);
        sums.settledWeek = week;
    }

    function _store(Sums storage self, Checkpoint memory sums) private {
        uint256 length = self.checkpoints.length;
        bool sameBlock = sums.blockNumber == block.number && length != 0;
        sums.blockNumber = block.number;
        if (sameBlock) self.checkpoints[length - 1] = _pack(sums);
        else self.checkpoints.push(_pack(sums));
    }

    /// @dev Widths in bits, from the lowest: value 50, moment 59, second moment 68, block 36, time 34, unsettled weeks
    /// 8. The supply is 1e15 QUANTUM, less than 2^50, and a lock is at most 209 + MAX_LAG weeks ahead, less than 2^9.
    function _pack(Checkpoint memory sums) private pure returns (uint256) {
        uint256 lag = sums.time / WEEK - sums.settledWeek;
        return
            sums.value |
            (sums.moment << 50) |
            (sums.secondMoment << 109) |
            (sums.blockNumber << 177) |
            (sums.time << 213) |
            (lag << 247);
    }

    function _unpack(uint256 word) private pure returns (Checkpoint memory sums) {
        sums.value = word & ((1 << 50) - 1);
        sums.moment = (word >> 50) & ((1 << 59) - 1);
        sums.secondMoment = (word >> 109) & ((1 << 68) - 1);
        sums.blockNumber = _blockOf(word);
        sums.time = (word >> 213) & ((1 << 34) - 1);
        sums.settledWeek = sums.time / WEEK - (word >> 247);
    }

    function _blockOf(uint256 word) private pure returns (uint256) {
        return (word >> 177) & ((1 << 36) - 1);
    }

    function _ending(Sums storage self, uint256 week) private view returns (uint256) {
        return uint64(self.endings[week >> 2] >> ((week & 3) * 64));
    }

    function _setEnding(Sums storage self, uint256 week, uint256 value) private {
        uint256 offset = (week & 3) * 64;
        uint256 others = self.endings[week >> 2] & ~(uint256(type(uint64).max) << offset);
        self.endings[week >> 2] = others | (value << offset);
    }
}
