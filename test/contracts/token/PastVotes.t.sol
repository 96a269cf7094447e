// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract PastVotesTest is TokenTest {
    address[3] private accounts = [ALICE, BOB, CAROL];

    struct Snapshot {
        uint256 blockNumber;
        uint256[3] votes;
        uint256 total;
    }

    Snapshot[] private snapshots;

    function test_VotesDecayByTheCurve() public {
        lock(ALICE, 100e18, 52 weeks);
        uint256 locked = height();
        uint256 value = VotingCurve.valueOf(100e18);
        pass(52 weeks - 1);
        assertEq(gHypr.getVotes(ALICE), value * 100, "a second before the end");
        pass(1);
        assertEq(gHypr.getVotes(ALICE), 0, "at the end");
        uint256 afterHalf = locked + 26 weeks / BLOCK;
        assertEq(gHypr.getPastVotes(ALICE, afterHalf), value * 610, "halfway, seen from the end");
        assertEq(gHypr.getPastVotes(ALICE, locked), value * 1138, "at the lock");
        assertEq(gHypr.getPastVotes(ALICE, locked - 1), 0, "before the lock");
    }

    function test_TheTotalOfOneLockIsItsVotesAWeekLongerAtMost() public {
        lock(ALICE, 100e18, 52 weeks);
        uint256 locked = height();
        pass(1 days);
        uint256 total = gHypr.getPastTotalSupply(locked);
        uint256 votes = gHypr.getPastVotes(ALICE, locked);
        assertTrue(total >= votes && total <= votes + VotingCurve.valueOf(100e18) * 26, "the total");
        assertEq(gHypr.getPastTotalSupply(locked - 1), 0, "before the lock");
        uint256 multiplier = registry.getMultiplier(address(0), locked);
        assertTrue(multiplier >= 1138 && multiplier <= 1164, "multiplier of the supply");
        uint256 mean = registry.getUserOrDelegatedUnlockStamp(address(0));
        assertTrue(mean + 1 days >= time() + 52 weeks && mean < time() + 53 weeks, "mean end of the supply");
    }

    function test_NothingIsLeftAfterTenIdleYears() public {
        lock(ALICE, 100e18, MAX);
        lock(BOB, 100e18, MAX);
        delegate(BOB, CAROL);
        pass(10 * 52 weeks);
        assertEq(gHypr.getVotes(ALICE) + gHypr.getVotes(CAROL), 0, "votes");
        assertEq(registry.votesAt(address(0), height()), 0, "total");
        assertEq(registry.valueOf(address(0)), 0, "value");
    }

    function test_SettlingChangesNoReading() public {
        lock(ALICE, 100e18, 20 weeks);
        lock(BOB, 100e18, 30 weeks);
        lock(CAROL, 100e18, MAX);
        delegate(ALICE, CAROL);
        delegate(BOB, CAROL);
        pass(25 weeks);
        (uint256 votes, uint256 total) = (gHypr.getVotes(CAROL), registry.votesAt(address(0), height()));
        uint256 snapshot = height();
        registry.settle(CAROL, 3);
        registry.settle(address(0), 100);
        assertEq(gHypr.getVotes(CAROL), votes, "votes");
        assertEq(registry.votesAt(address(0), height()), total, "total");
        pass(1 weeks);
        assertEq(gHypr.getPastVotes(CAROL, snapshot), votes, "votes, later");
        assertEq(gHypr.getPastTotalSupply(snapshot), total, "total, later");
    }

    function test_SettlingWhereNothingWasDelegatedWritesNothing() public {
        lock(ALICE, 100e18, 20 weeks);
        uint256 before = gHypr.getVotes(ALICE);
        registry.settle(ALICE, 10);
        assertEq(gHypr.getVotes(ALICE), before, "votes");
        assertEq(registry.getUserOrDelegatedUnlockStamp(ALICE), time() + 20 weeks, "stamp");
    }

    /// @dev Blocks may come slower than assumed: the past is then read from the times that were recorded.
    function test_RecordedTimesCorrectTheAssumedOnes() public {
        lock(ALICE, 100e18, 52 weeks);
        nextBlockAfter(26 weeks);
        registry.settle(address(0), 0);
        uint256 recorded = height();
        nextBlockAfter(0);
        assertEq(gHypr.getPastVotes(ALICE, recorded), VotingCurve.valueOf(100e18) * 610, "votes at the recorded time");
    }

    /// @dev A delegation records a time for its delegate alone, which may be later than the assumed one.
    function test_DelegationsAfterSlowBlocksCanBeRead() public {
        lock(ALICE, 100e18, 52 weeks);
        nextBlockAfter(26 weeks);
        delegate(ALICE, BOB);
        uint256 delegated = height();
        uint256 votes = gHypr.getVotes(BOB);
        nextBlockAfter(0);
        assertEq(gHypr.getPastVotes(BOB, delegated), votes, "votes at the block of the delegation");
    }

    /// @dev Whatever happens later, what a Governor read of a past block stays.
    function testFuzz_ThePastNeverChanges(uint256 seed) public {
        for (uint256 i = 0; i < 24; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            _act(seed);
            nextBlock();
            if (i % 3 == 0) _remember();
            if (seed % 2 == 0) pass((seed >> 128) % (seed % 4 == 0 ? 60 weeks : 2 weeks));
        }
        for (uint256 i = 0; i < snapshots.length; i++) _compare(snapshots[i]);
    }

    /// @dev Delegating creates no votes, and nobody can lower another's votes by delegating to it.
    function testFuzz_DelegatingCreatesAndDestroysNoVotesOfOthers(uint256 seed) public {
        lock(ALICE, 1 + (seed % RICHES), MIN + ((seed >> 32) % (MAX - MIN)));
        lock(BOB, 1 + ((seed >> 64) % RICHES), MIN + ((seed >> 96) % (MAX - MIN)));
        pass((seed >> 128) % 60 weeks);
        (uint256 a, uint256 b) = (gHypr.getVotes(ALICE), gHypr.getVotes(BOB));
        delegate(ALICE, BOB);
        uint256 together = gHypr.getVotes(BOB);
        // The floors of a multiplier may hide one unit of it.
        assertTrue(together <= a + b + registry.valueOf(BOB), "no votes created");
        assertTrue(together >= b, "none of bob's destroyed");
        assertEq(gHypr.getVotes(ALICE), 0, "alice gave hers away");
    }

    function _act(uint256 seed) private {
        address account = accounts[(seed >> 8) % 3];
        (uint256 amount, uint256 end, uint256 remaining) = registry.getLockDetails(account);
        uint256 kind = (seed >> 16) % 4;
        if (amount != 0 && remaining == 0) withdraw(account);
        else if (kind == 0 || amount == 0)
            lock(account, 1e12 + ((seed >> 24) % 1e24), MIN + ((seed >> 64) % (MAX - MIN)));
        else if (kind == 1) delegate(account, accounts[(seed >> 24) % 3]);
        else if (kind == 2 && end < time() + MAX - 1 days) lock(account, 0, MAX);
        else registry.settle(accounts[(seed >> 24) % 3], seed % 10);
    }

    function _remember() private {
        Snapshot memory snapshot;
        snapshot.blockNumber = height() - 1;
        for (uint256 i = 0; i < 3; i++) snapshot.votes[i] = gHypr.getPastVotes(accounts[i], snapshot.blockNumber);
        snapshot.total = gHypr.getPastTotalSupply(snapshot.blockNumber);
        snapshots.push(snapshot);
    }

    function _compare(Snapshot memory snapshot) private view {
        for (uint256 i = 0; i < 3; i++) {
            assertEq(gHypr.getPastVotes(accounts[i], snapshot.blockNumber), snapshot.votes[i], "votes");
        }
        assertEq(gHypr.getPastTotalSupply(snapshot.blockNumber), snapshot.total, "total");
    }
}
