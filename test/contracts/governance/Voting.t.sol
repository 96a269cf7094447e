// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {HyperwareGovernor} from "../../../contracts/governance/HyperwareGovernor.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

contract VotingTest is GovernanceTest {
    bytes32 private constant ONLY_ACTIVE = bytes32(uint256(2));

    uint256 private id;

    function setUp() public override {
        super.setUp();
        id = openProposal("# Title");
    }

    function test_AVoteCountsWithTheVotesAtTheSnapshot() public {
        uint256 weight = votesOf(ALICE);
        assertTrue(weight > 0, "alice has votes");
        expectFromGovernor();
        emit IGovernor.VoteCast(ALICE, id, FOR, weight, "");
        assertEq(castVote(ALICE, id, FOR), weight, "weight");
        assertVotes(id, 0, weight, 0);
        assertTrue(governor.hasVoted(id, ALICE), "alice voted");
        assertTrue(!governor.hasVoted(id, BOB), "bob did not");
        assertTrue(!governor.hasVotedOverride(id, ALICE), "and it is no override");
    }

    /// @dev Only for proposals do they speak for somebody else; what they pass on then ends in an address.
    function test_TypedProposalsVoteForNobodyButThemselves() public {
        expectFromGovernor();
        emit IGovernor.VoteCast(address(typed), id, FOR, 0, "");
        castVote(address(typed), id, FOR);
        assertTrue(governor.hasVoted(id, address(typed)) && !governor.hasVoted(id, ALICE), "itself");
    }

    function test_EachKindIsCountedByItself() public {
        castVote(ALICE, id, FOR);
        castVote(BOB, id, AGAINST);
        castVote(CAROL, id, ABSTAIN);
        assertVotes(id, votesOf(BOB), votesOf(ALICE), votesOf(CAROL));
    }

    function test_VotesOfTheSameKindAddUp() public {
        castVote(ALICE, id, ABSTAIN);
        castVote(BOB, id, ABSTAIN);
        castVote(CAROL, id, ABSTAIN);
        assertVotes(id, 0, 0, votesOf(ALICE) + votesOf(BOB) + votesOf(CAROL));
    }

    function test_AReasonIsPublished() public {
        expectFromGovernor();
        emit IGovernor.VoteCast(ALICE, id, AGAINST, votesOf(ALICE), "alice.os");
        vm.prank(ALICE);
        governor.castVoteWithReason(id, AGAINST, "alice.os");
    }

    function test_ParamsArePublished() public {
        expectFromGovernor();
        emit IGovernor.VoteCastWithParams(ALICE, id, FOR, votesOf(ALICE), "why", hex"01");
        vm.prank(ALICE);
        governor.castVoteWithReasonAndParams(id, FOR, "why", hex"01");
    }

    function test_WhatIsLockedLaterDoesNotCount() public {
        uint256 weight = votesOf(ALICE);
        lock(ALICE, 50_000_000e18, MAX);
        lock(BOB, 1e18, MAX);
        nextBlock();
        assertEq(castVote(ALICE, id, FOR), weight, "as at the snapshot");
        assertEq(castVote(CAROL, id, FOR), votesOf(CAROL), "though others locked meanwhile");
    }

    function test_WhoHasNothingVotesWithNothing() public {
        assertEq(castVote(DAVE, id, FOR), 0, "weight");
        assertTrue(governor.hasVoted(id, DAVE), "voted");
    }

    function test_NobodyVotesTwice() public {
        castVote(ALICE, id, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, ALICE));
        castVote(ALICE, id, AGAINST);
    }

    function test_ThereAreThreeKindsOfVote() public {
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        castVote(ALICE, id, 3);
        vm.expectRevert(IGovernor.GovernorInvalidVoteType.selector);
        castVote(ALICE, id, 255);
    }

    function test_NobodyVotesOnWhatIsNotThere() public {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 7));
        castVote(ALICE, 7, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 7));
        castVote(ALICE, 7, 3);
        assertTrue(!governor.hasVoted(7, ALICE), "nor has voted");
    }

    function test_VotingBeginsAfterTheSnapshotAndEndsWithTheDeadline() public {
        uint256 other = propose(ALICE, "Other");
        expectNotActive(other, IGovernor.ProposalState.Pending);
        castVote(ALICE, other, FOR);
        passBlocks(VOTING_DELAY);
        expectNotActive(other, IGovernor.ProposalState.Pending);
        castVote(ALICE, other, FOR);
        nextBlock();
        castVote(ALICE, other, FOR);
        passBlocks(VOTING_PERIOD - 1);
        castVote(BOB, other, FOR);
        nextBlock();
        expectNotActive(other, IGovernor.ProposalState.Succeeded);
        castVote(CAROL, other, FOR);
    }

    function test_ManyProposalsKeepTheirVotesApart() public {
        uint256[] memory ids = new uint256[](70);
        for (uint256 i = 0; i < 70; i++) ids[i] = propose(ALICE, vm.toString(i));
        passBlocks(VOTING_DELAY + 1);
        for (uint256 i = 0; i < 70; i += 3) castVote(ALICE, ids[i], uint8(i % 2));
        for (uint256 i = 0; i < 70; i++) {
            assertTrue(governor.hasVoted(ids[i], ALICE) == (i % 3 == 0), "voted on every third");
            uint256 weight = i % 3 == 0 ? gHypr.getPastVotes(ALICE, governor.proposalSnapshot(ids[i])) : 0;
            assertVotes(ids[i], i % 2 == 0 ? weight : 0, i % 2 == 1 ? weight : 0, 0);
        }
    }

    function test_FuzzVotesAreThoseOfGHyprAtTheSnapshot(uint256 amount, uint256 duration, uint8 support) public {
        amount = 1 + (amount % 100_000_000e18);
        support = support % 3;
        hypr.transfer(DAVE, amount);
        vm.prank(DAVE);
        hypr.approve(address(registry), amount);
        lock(DAVE, amount, MIN + (duration % (MAX - MIN + 1)));
        uint256 other = propose(ALICE, "Other");
        passBlocks(VOTING_DELAY + 1);
        lock(ALICE, 1e18, MAX);
        uint256 weight = gHypr.getPastVotes(DAVE, governor.proposalSnapshot(other));
        assertEq(castVote(DAVE, other, support), weight, "weight");
        assertEq(governor.getVotes(DAVE, governor.proposalSnapshot(other)), weight, "as the governor says");
    }

    function votesOf(address account) private view returns (uint256) {
        return gHypr.getPastVotes(account, governor.proposalSnapshot(id));
    }

    function expectFromGovernor() private {
        vm.expectEmit(true, true, true, true, address(governor));
    }

    function expectNotActive(uint256 proposal, IGovernor.ProposalState actual) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, proposal, actual, ONLY_ACTIVE)
        );
    }
}

/// @dev Counts a vote otherwise than by casting it, as a kind of vote that is not there yet would.
contract CountingGovernor is HyperwareGovernor {
    constructor(Config memory config) HyperwareGovernor(config) {}

    function countVote(uint256 id, address account, uint8 support, uint256 weight) external returns (uint256) {
        return _countVote(id, account, support, weight, "");
    }
}

contract OtherCountingTest is GovernanceTest {
    function deployGovernor(HyperwareGovernor.Config memory config) internal override returns (HyperwareGovernor) {
        return new CountingGovernor(config);
    }

    function test_AVoteCountedOtherwiseCountsAsACastOne() public {
        CountingGovernor counting = CountingGovernor(payable(governor));
        uint256 id = openProposal("# Title");
        assertEq(counting.countVote(id, ALICE, ABSTAIN, 7), 7, "weight");
        assertVotes(id, 0, 0, 7);
        assertTrue(governor.hasVoted(id, ALICE), "alice voted");
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, ALICE));
        counting.countVote(id, ALICE, FOR, 7);
    }
}
