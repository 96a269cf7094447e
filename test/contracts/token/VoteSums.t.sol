// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VoteSums} from "../../../contracts/token/libraries/VoteSums.sol";
import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {BlockVm} from "./support/TokenTest.sol";
import {Test} from "../support/Test.sol";

contract VoteSumsTest is Test {
    using VoteSums for VoteSums.Sums;
    using VoteSums for VoteSums.Checkpoint;

    uint256 private constant QUANTUM = VoteSums.QUANTUM;
    uint256 private constant HORIZON = 208;

    VoteSums.Sums private sums;

    /// @dev What the sums should hold, kept naively.
    uint256[] private values;
    uint256[] private weeks_;

    uint256 private time = 1_800_000_000;
    uint256 private height = 1000;

    function setUp() public {
        pass(0);
    }

    function test_NothingHasNoPower() public view {
        assertEq(powerNow(), 0, "power");
        assertEq(sums.at(height).blockNumber, 0, "checkpoint");
    }

    function test_OneLockCountsUntilItsWeekBegins() public {
        uint256 week = thisWeek() + 10;
        add(1e18, week);
        pass(week * 1 weeks - time - 1);
        assertEq(sums.settledAt(height, time).totalValue(), 1e18, "a second before");
        pass(1);
        assertEq(sums.settledAt(height, time).totalValue(), 0, "when it begins");
    }

    function test_WeeksThatHaveBegunAreNotAdded() public {
        sums.replace(0, 0, 1e18, thisWeek());
        assertEq(sums.settledAt(height, time).totalValue(), 0, "added too late");
        sums.replace(1e18, thisWeek(), 0, 0);
        assertEq(sums.settledAt(height, time).totalValue(), 0, "and taken away too late");
    }

    function test_CheckpointsOfOneBlockAreOne() public {
        add(1e18, thisWeek() + 5);
        add(1e18, thisWeek() + 6);
        assertEq(sums.checkpoints.length, 1, "one block");
        pass(2);
        add(1e18, thisWeek() + 6);
        assertEq(sums.checkpoints.length, 2, "two blocks");
    }

    function test_TheVeryFirstBlockIsRememberedToo() public {
        BlockVm(address(vm)).roll(0);
        sums.replace(0, 0, 1e18, thisWeek() + 5);
        sums.replace(0, 0, 1e18, thisWeek() + 5);
        assertEq(sums.checkpoints.length, 1, "one block");
        assertEq(sums.settledAt(0, time).totalValue(), 2e18, "both");
    }

    function test_ThePowerOfTheWholeSupplyFits() public {
        add(VotingCurve.SUPPLY, thisWeek() + 209);
        pass(1 weeks);
        assertEq(powerNow(), naivePower(), "power");
    }

    /// @dev Writes months apart leave weeks behind; more than MAX_LAG they cannot be.
    function test_WeeksLeftBehindAreBounded() public {
        for (uint256 i = 0; i < 8; i++) {
            add(1e18, thisWeek() + HORIZON);
            pass(150 weeks);
            sums.settle(0);
            VoteSums.Checkpoint memory last = sums.last();
            assertTrue(thisWeek() - last.settledWeek <= VoteSums.MAX_LAG, "lag");
            assertEq(powerNow(), naivePower(), "power");
        }
    }

    /// @dev Adds, removes and lets time pass, in small and large steps, and compares with adding up one by one.
    function testFuzz_IsTheSumOverTheLocks(uint256 seed) public {
        for (uint256 i = 0; i < 40; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            pass(seed % 7 == 0 ? (seed >> 16) % 200 weeks : (seed >> 16) % 2 weeks);
            if (seed % 3 == 0 && values.length > 0) _removeOne(seed >> 64);
            else add(1 + ((seed >> 64) % (VotingCurve.SUPPLY / 50)), thisWeek() + 1 + ((seed >> 32) % HORIZON));
            assertEq(powerNow(), naivePower(), "power");
            assertEq(sums.settledAt(height, time).meanEnd(), _naiveMean(), "mean end");
        }
    }

    function pass(uint256 duration) private {
        time += duration;
        height += duration / 2;
        vm.warp(time);
        BlockVm(address(vm)).roll(height);
    }

    function thisWeek() private view returns (uint256) {
        return time / 1 weeks;
    }

    function add(uint256 value, uint256 week) private {
        sums.replace(0, 0, value, week);
        values.push(value / QUANTUM);
        weeks_.push(week);
    }

    function _removeOne(uint256 seed) private {
        uint256 index = seed % values.length;
        sums.replace(values[index] * QUANTUM, weeks_[index], 0, 0);
        (values[index], weeks_[index]) = (values[values.length - 1], weeks_[weeks_.length - 1]);
        values.pop();
        weeks_.pop();
    }

    function powerNow() private view returns (uint256) {
        return sums.settledAt(height, time).power();
    }

    function naivePower() private view returns (uint256) {
        uint256 scaled = 0;
        for (uint256 i = 0; i < values.length; i++) {
            if (weeks_[i] <= thisWeek()) continue;
            uint256 remaining = weeks_[i] * 1 weeks - time;
            scaled += values[i] * (2 * VotingCurve.MAX_DURATION * remaining - remaining * remaining);
        }
        return (scaled * QUANTUM) / VotingCurve.QUADRATIC;
    }

    function _naiveMean() private view returns (uint256) {
        (uint256 total, uint256 ends) = (0, 0);
        for (uint256 i = 0; i < values.length; i++) {
            if (weeks_[i] <= thisWeek()) continue;
            total += values[i];
            ends += values[i] * weeks_[i] * 1 weeks;
        }
        return total == 0 ? 0 : ends / total;
    }
}
