// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernanceHypr} from "../../../contracts/token/IGovernanceHypr.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {TokenTest} from "../token/support/TokenTest.sol";

/// @dev What gHYPR and the registry remember for the sake of override votes.
contract PastDelegationTest is TokenTest {
    function test_WhoDelegatesToNobodyVotesItself() public {
        lock(ALICE, 100e18, MAX);
        nextBlock();
        assertDelegation(ALICE, height() - 1, ALICE, 0);
    }

    function test_NothingIsDelegatedByWhoDelegatesToNobody() public {
        lock(ALICE, 100e18, MAX);
        assertEq(registry.delegatedVotesAt(ALICE, BOB, height()), 0, "by the registry's own word");
    }

    function test_EachBlockRemembersItsDelegation() public {
        lock(ALICE, 100e18, MAX);
        uint256 alone = height();
        nextBlock();
        delegate(ALICE, BOB);
        uint256 withBob = height();
        nextBlock();
        delegate(ALICE, CAROL);
        uint256 withCarol = height();
        nextBlock();
        delegate(ALICE, ALICE);
        uint256 again = height();
        nextBlock();
        assertDelegation(ALICE, alone - 1, ALICE, 0);
        assertDelegation(ALICE, alone, ALICE, 0);
        assertDelegation(ALICE, withBob, BOB, gHypr.getPastVotes(BOB, withBob));
        assertDelegation(ALICE, withCarol, CAROL, gHypr.getPastVotes(CAROL, withCarol));
        assertDelegation(ALICE, again, ALICE, 0);
        assertTrue(gHypr.getPastVotes(BOB, withBob) > 0, "bob had votes");
        assertTrue(gHypr.getPastVotes(CAROL, withCarol) > 0, "then carol");
    }

    function test_TheLastDelegationOfABlockHolds() public {
        lock(ALICE, 100e18, MAX);
        delegate(ALICE, BOB);
        delegate(ALICE, CAROL);
        nextBlock();
        assertDelegation(ALICE, height() - 1, CAROL, gHypr.getPastVotes(CAROL, height() - 1));
        assertEq(gHypr.getPastVotes(BOB, height() - 1), 0, "nothing with bob");
    }

    function test_ALockBeyondItsLastWeekAddsNothing() public {
        lock(ALICE, 100e18, MIN);
        delegate(ALICE, BOB);
        pass(MIN + 1 weeks);
        assertDelegation(ALICE, height() - 1, BOB, 0);
    }

    function test_TheBlockNowIsNotPast() public {
        uint256 now_ = height();
        vm.expectRevert(abi.encodeWithSelector(IGovernanceHypr.ERC5805FutureLookup.selector, now_, uint48(now_)));
        gHypr.pastDelegation(ALICE, now_);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidParam.selector, now_ + 1));
        registry.timeOf(now_ + 1);
        delegate(ALICE, BOB);
        lock(ALICE, 100e18, MAX);
        assertEq(registry.delegatedVotesAt(ALICE, BOB, now_), gHypr.getVotes(BOB), "the registry knows now, too");
    }

    function test_VotesAtAKnownTimeAreTheVotes() public {
        lock(ALICE, 100e18, MAX);
        lock(BOB, 200e18, 60 weeks);
        delegate(BOB, ALICE);
        uint256 then = height();
        passAndLock();
        uint256 time_ = registry.timeOf(then);
        assertEq(registry.votesAtTime(ALICE, then, time_), registry.votesAt(ALICE, then), "alice's");
        assertEq(registry.votesAtTime(address(0), then, time_), registry.votesAt(address(0), then), "all");
    }

    /// @dev However locks of any size and length are delegated, and blocks come: what they add to their delegate's votes
    /// is together no more than those, and less by the rounding of sums only.
    function test_FuzzPartsAreWithinTheWhole(
        uint256[3] calldata amounts,
        uint256[3] calldata durations,
        uint32[4] calldata waits,
        uint8 order
    ) public {
        address[3] memory accounts = [ALICE, BOB, CAROL];
        address delegatee = address(0xde1e);
        for (uint256 i = 0; i < 3; i++) {
            address account = accounts[(i + order) % 3];
            lock(account, 1 + (amounts[i] % RICHES), MIN + (durations[i] % (MAX - MIN + 1)));
            wait_(waits[i]);
            delegate(account, delegatee);
        }
        wait_(waits[3]);
        nextBlock();
        for (uint256 back = 1; back <= 2; back++) {
            uint256 timepoint = height() - back;
            uint256 whole = gHypr.getPastVotes(delegatee, timepoint);
            uint256 parts = 0;
            for (uint256 i = 0; i < 3; i++) {
                (address to, uint256 votes) = gHypr.pastDelegation(accounts[i], timepoint);
                assertTrue(votes == 0 || to == delegatee, "only who delegated");
                parts += votes;
            }
            assertTrue(parts <= whole, "no more than the whole");
            assertTrue(parts + 3 > whole, "rounding takes less than one from each");
        }
    }

    /// @dev Half of the time blocks are late.
    function wait_(uint32 duration) private {
        if (duration % 2 == 0) pass(duration % 20 weeks);
        else nextBlockAfter(duration % 20 weeks);
    }

    function passAndLock() private {
        pass(3 weeks);
        lock(CAROL, 5e18, MAX);
        pass(3 weeks);
        lock(CAROL, 5e18, MAX);
        nextBlock();
    }

    function assertDelegation(address account, uint256 timepoint, address to, uint256 votes) private view {
        (address actualTo, uint256 actualVotes) = gHypr.pastDelegation(account, timepoint);
        assertEq(actualTo, to, "delegate");
        assertEq(actualVotes, votes, "votes");
    }
}
