// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {OverridableCounting} from "../../../contracts/governance/OverridableCounting.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";
import {Ballots} from "./support/Ballots.sol";

/// @dev Carol and dave have delegated to bob, who has a lock of his own.
contract OverrideTest is GovernanceTest, Ballots {
    uint256 private id;

    /// @dev Votes at the snapshot: bob's own lock, and what the locks of carol and dave add to them.
    uint256 private own;
    uint256 private carols;
    uint256 private daves;

    function setUp() public override {
        super.setUp();
        hypr.transfer(DAVE, 3_000_000e18);
        vm.prank(DAVE);
        hypr.approve(address(registry), 3_000_000e18);
        lock(DAVE, 3_000_000e18, 50 weeks);
        nextBlock();
        own = gHypr.getVotes(BOB);
        delegate(CAROL, BOB);
        delegate(DAVE, BOB);
        id = openProposal("# Title");
        uint256 snapshot = governor.proposalSnapshot(id);
        (, carols) = gHypr.pastDelegation(CAROL, snapshot);
        (, daves) = gHypr.pastDelegation(DAVE, snapshot);
        own = gHypr.getPastVotes(BOB, snapshot) - carols - daves;
        assertTrue(carols > 0 && daves > 0, "both have votes to take back");
    }

    function test_AnOverrideBeforeTheDelegatesVote() public {
        vm.expectEmit(true, true, true, true, address(governor));
        emit OverridableCounting.OverrideVoteCast(CAROL, id, AGAINST, carols, "no");
        assertEq(overrideVote(CAROL, AGAINST), carols, "weight");
        assertVotes(id, carols, 0, 0);
        assertEq(castVote(BOB, id, FOR), own + daves, "the delegate has the rest");
        assertVotes(id, carols, own + daves, 0);
    }

    function test_AnOverrideAfterTheDelegatesVote() public {
        assertEq(castVote(BOB, id, FOR), own + carols + daves, "all");
        vm.expectEmit(true, true, true, true, address(governor));
        emit OverridableCounting.OverrideVoteCast(CAROL, id, AGAINST, carols, "no");
        vm.expectEmit(true, true, true, true, address(governor));
        emit OverridableCounting.VoteReduced(BOB, id, FOR, carols);
        overrideVote(CAROL, AGAINST);
        assertVotes(id, carols, own + daves, 0);
    }

    function test_OneBeforeAndOneAfter() public {
        overrideVote(CAROL, ABSTAIN);
        castVote(BOB, id, FOR);
        overrideVote(DAVE, AGAINST);
        assertVotes(id, daves, own, carols);
    }

    function test_AnOverrideMayAgree() public {
        castVote(BOB, id, FOR);
        overrideVote(CAROL, FOR);
        assertVotes(id, 0, own + carols + daves, 0);
        assertTrue(governor.hasVotedOverride(id, CAROL), "used");
        assertTrue(!governor.hasVoted(id, CAROL), "no vote of another kind");
    }

    function test_NobodyOverridesTwice() public {
        overrideVote(CAROL, AGAINST);
        vm.expectRevert(abi.encodeWithSelector(OverridableCounting.GovernorAlreadyOverriddenVote.selector, CAROL));
        overrideVote(CAROL, FOR);
    }

    function test_WhoHasNotDelegatedHasNothingToOverride() public {
        expectNothing(ALICE);
        overrideVote(ALICE, FOR);
        expectNothing(address(0xeee));
        overrideVote(address(0xeee), FOR);
    }

    function test_OnlyTheDelegationAtTheSnapshotCounts() public {
        delegate(ALICE, BOB);
        delegate(CAROL, CAROL);
        delegate(DAVE, ALICE);
        nextBlock();
        expectNothing(ALICE);
        overrideVote(ALICE, FOR);
        overrideVote(CAROL, AGAINST);
        overrideVote(DAVE, AGAINST);
        assertEq(castVote(CAROL, id, AGAINST), 0, "carol's own lock is not hers to vote with twice");
        assertEq(castVote(BOB, id, FOR), own, "it was taken from bob");
        castVote(ALICE, id, FOR);
        assertVotes(id, carols + daves, own + gHypr.getPastVotes(ALICE, governor.proposalSnapshot(id)), 0);
    }

    function test_WhoDelegatedVotesWithWhatOthersDelegatedToIt() public {
        delegate(ALICE, CAROL);
        uint256 other = propose(ALICE, "Other");
        passBlocks(VOTING_DELAY + 1);
        uint256 snapshot = governor.proposalSnapshot(other);
        uint256 received = gHypr.getPastVotes(CAROL, snapshot);
        (, uint256 alices) = gHypr.pastDelegation(ALICE, snapshot);
        assertEq(received, alices, "carol's votes are alice's");
        assertEq(castVote(CAROL, other, FOR), received, "which she casts");
        vm.prank(CAROL);
        uint256 ownWeight = governor.castOverrideVote(other, AGAINST, "");
        assertVotes(other, ownWeight, received, 0);
    }

    function test_AnOverrideNeedsAnActiveProposalAndAKind() public {
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        overrideVote(CAROL, 3);
        passBlocks(VOTING_PERIOD);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                id,
                IGovernor.ProposalState.Defeated,
                bytes32(uint256(2))
            )
        );
        overrideVote(CAROL, FOR);
    }

    function test_AnOverrideBySignature() public {
        bytes memory signature = signOverride(governor, DAVE_KEY, id, AGAINST, "no", 0);
        governor.castOverrideVoteBySig(id, AGAINST, DAVE, "no", signature);
        assertVotes(id, daves, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, DAVE));
        governor.castOverrideVoteBySig(id, AGAINST, DAVE, "no", signature);
    }

    function test_AnOverrideBySignatureOfAnotherIsRefused() public {
        bytes memory signature = signOverride(governor, ALICE_KEY, id, AGAINST, "no", 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, DAVE));
        governor.castOverrideVoteBySig(id, AGAINST, DAVE, "no", signature);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, ALICE));
        governor.castOverrideVoteBySig(id, FOR, ALICE, "no", signature);
    }

    function test_AnOverrideCanTurnTheVote() public {
        // Proposers are asked for the votes of the block before.
        delegate(ALICE, BOB);
        uint256 other = propose(ALICE, "Other");
        passBlocks(VOTING_DELAY + 1);
        castVote(BOB, other, FOR);
        vm.prank(ALICE);
        governor.castOverrideVote(other, AGAINST, "");
        vm.prank(CAROL);
        governor.castOverrideVote(other, AGAINST, "");
        passBlocks(VOTING_PERIOD);
        assertState(other, IGovernor.ProposalState.Defeated, "those who delegated decided");
    }

    function overrideVote(address voter, uint8 support) private returns (uint256) {
        vm.prank(voter);
        return governor.castOverrideVote(id, support, "no");
    }

    function expectNothing(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                OverridableCounting.NothingToOverride.selector,
                account,
                governor.proposalSnapshot(id)
            )
        );
    }
}
