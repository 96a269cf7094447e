// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {VotingCurve} from "./VotingCurve.sol";

/// @title Voting power of many locks together, now and at past blocks, without visiting the locks.
/// @dev A lock of value `p` that ends in week `w` is worth `p * (r/C - r^2/D)`, with `r = w * WEEK - now`. That is a
/// polynomial in `now`, so three sums over the locks, of `p`, `p*w` and `p*w^2`, give the power of all of them at any
/// time, exactly: no average end that a few long locks could lend to many short ones.
///
/// A lock stops counting when its week begins. `endings` keeps the value that ends in each week; it cannot change once
/// that week has begun. Who writes takes away the weeks begun since, at most WEEKS_PER_WRITE of them, so a write costs
/// the same after any pause; who reads takes away the rest in memory. When the last write is older than the longest
/// lock, all has ended, and neither looks at any week.
library VoteSums {
    struct Checkpoint {
        /// @dev Block from which this holds; zero when nothing was ever written.
        uint40 blockNumber;
        /// @dev Time of that block, in seconds since 1970.
        uint40 time;
        /// @dev Locks that end in this week or before are no longer in the sums.
        uint24 settledWeek;
        /// @dev How many earlier checkpoints are remembered.
        uint32 length;
        /// @dev Sum of values.
        uint96 value;
        /// @dev Sum of value * week.
        uint112 moment;
        /// @dev Sum of value * week^2.
        uint144 secondMoment;
    }

    struct Sums {
        Checkpoint latest;
        mapping(uint256 index => Checkpoint) past;
        /// @dev Value that ends in each week; two weeks per word, the even one low.
        mapping(uint256 halfWeek => uint256 word) endings;
    }

    uint256 internal constant WEEK = 1 weeks;
    uint256 internal constant WEEKS_PER_WRITE = 8;

    /// @dev Exchanges one lock for another; a value of zero, or a week that has begun, stands for none.
    function replace(Sums storage self, uint256 oldValue, uint256 oldWeek, uint256 newValue, uint256 newWeek) internal {
        Checkpoint memory sums = self.latest;
        _remember(self, sums);
        _settle(self, sums, block.timestamp, WEEKS_PER_WRITE);
        uint256 thisWeek = block.timestamp / WEEK;
        if (oldValue != 0 && oldWeek > thisWeek) {
            _subtract(sums, oldValue, oldWeek);
            _setEnding(self, oldWeek, _ending(self, oldWeek) - oldValue);
        }
        if (newValue != 0 && newWeek > thisWeek) {
            _add(sums, newValue, newWeek);
            _setEnding(self, newWeek, _ending(self, newWeek) + newValue);
        }
        self.latest = sums;
    }

    /// @dev Takes away up to `weeks_` weeks that have begun, and records the time of this block.
    function settle(Sums storage self, uint256 weeks_) internal {
        Checkpoint memory sums = self.latest;
        _remember(self, sums);
        _settle(self, sums, block.timestamp, weeks_);
        self.latest = sums;
    }

    /// @dev What held at the end of a block, less what had ended by `time`, which is not after the block's own.
    function settledAt(
        Sums storage self,
        uint256 blockNumber,
        uint256 time
    ) internal view returns (Checkpoint memory sums) {
        sums = at(self, blockNumber);
        _settle(self, sums, time, type(uint256).max);
    }

    /// @dev The checkpoint at the end of a block; all zero before the first.
    function at(Sums storage self, uint256 blockNumber) internal view returns (Checkpoint memory sums) {
        sums = self.latest;
        if (sums.blockNumber <= blockNumber) return sums;
        uint256 low = 0;
        uint256 high = sums.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.past[middle].blockNumber <= blockNumber) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return Checkpoint(0, 0, 0, 0, 0, 0, 0);
        return self.past[low - 1];
    }

    /// @dev Voting power at `time` of settled sums: `sum of p * (r/C - r^2/D)` with one division.
    function powerAt(Checkpoint memory sums, uint256 time) internal pure returns (uint256) {
        uint256 value = sums.value;
        uint256 ends = WEEK * sums.moment;
        if (ends <= value * time) return 0;
        uint256 remaining = ends - value * time;
        uint256 squares = Math.saturatingSub(WEEK * WEEK * sums.secondMoment + value * time * time, 2 * time * ends);
        uint256 linear = 2 * VotingCurve.MAX_DURATION * remaining;
        return Math.saturatingSub(linear, squares) / VotingCurve.QUADRATIC;
    }

    /// @dev Mean end of settled sums, weighted by value, in seconds since 1970; zero for none.
    function meanEnd(Checkpoint memory sums) internal pure returns (uint256) {
        return sums.value == 0 ? 0 : (WEEK * sums.moment) / sums.value;
    }

    function _remember(Sums storage self, Checkpoint memory sums) private {
        bool nothing = sums.length == 0 && sums.value == 0;
        if (sums.blockNumber != block.number && !nothing) self.past[sums.length++] = sums;
        sums.blockNumber = uint40(block.number);
    }

    /// @dev Also sets the time when writing: `sums.time` is the time of the last write, which bounds every end.
    function _settle(Sums storage self, Checkpoint memory sums, uint256 time, uint256 limit) private view {
        uint256 thisWeek = time / WEEK;
        if (sums.value == 0 || time >= sums.time + VotingCurve.MAX_DURATION + WEEK) {
            (sums.value, sums.moment, sums.secondMoment) = (0, 0, 0);
            if (sums.settledWeek < thisWeek) sums.settledWeek = uint24(thisWeek);
        }
        uint256 week = sums.settledWeek;
        for (; week < thisWeek && limit > 0; limit--) {
            uint256 ended = _ending(self, ++week);
            if (ended != 0) _subtractUpTo(sums, ended, week);
        }
        sums.settledWeek = uint24(week);
        sums.time = uint40(time);
    }

    function _add(Checkpoint memory sums, uint256 value, uint256 week) private pure {
        sums.value += uint96(value);
        sums.moment += uint112(value * week);
        sums.secondMoment += uint144(value * week * week);
    }

    function _subtract(Checkpoint memory sums, uint256 value, uint256 week) private pure {
        sums.value -= uint96(value);
        sums.moment -= uint112(value * week);
        sums.secondMoment -= uint144(value * week * week);
    }

    /// @dev As `_subtract`, but stops at zero. The two are the same as long as no block comes sooner than TokenRegistry
    /// assumes; were that to fail, readings of the past would be off by what changed within a week, but not revert.
    function _subtractUpTo(Checkpoint memory sums, uint256 value, uint256 week) private pure {
        sums.value -= uint96(Math.min(sums.value, value));
        sums.moment -= uint112(Math.min(sums.moment, value * week));
        sums.secondMoment -= uint144(Math.min(sums.secondMoment, value * week * week));
    }

    function _ending(Sums storage self, uint256 week) private view returns (uint256) {
        return uint128(self.endings[week >> 1] >> ((week & 1) * 128));
    }

    function _setEnding(Sums storage self, uint256 week, uint256 value) private {
        uint256 offset = (week & 1) * 128;
        uint256 others = self.endings[week >> 1] & ~(uint256(type(uint128).max) << offset);
        self.endings[week >> 1] = others | (value << offset);
    }
}
