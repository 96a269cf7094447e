// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IHyperwareGovernor} from "../../../contracts/governance/IHyperwareGovernor.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";
import {Ballots} from "./support/Ballots.sol";

contract BySignatureTest is GovernanceTest, Ballots {
    uint256 private id;

    function setUp() public override {
        super.setUp();
        hypr.transfer(DAVE, 3_000_000e18);
        vm.prank(DAVE);
        hypr.approve(address(registry), 3_000_000e18);
        lock(DAVE, 3_000_000e18, MAX);
        id = openProposal("# Title");
    }

    function test_AnybodyBringsASignedVote() public {
        bytes memory signature = signBallot(governor, DAVE_KEY, id, FOR, 0);
        vm.expectEmit(true, true, true, true, address(governor));
        emit IGovernor.VoteCast(DAVE, id, FOR, votesOf(DAVE), "");
        governor.castVoteBySig(id, FOR, DAVE, signature);
        assertVotes(id, 0, votesOf(DAVE), 0);
        assertEq(governor.nonces(DAVE), 1, "the nonce is used");
    }

    function test_ASignedVoteWithAReason() public {
        bytes memory signature = signExtended(governor, DAVE_KEY, id, AGAINST, "why", hex"01", 0);
        vm.expectEmit(true, true, true, true, address(governor));
        emit IGovernor.VoteCastWithParams(DAVE, id, AGAINST, votesOf(DAVE), "why", hex"01");
        governor.castVoteWithReasonAndParamsBySig(id, AGAINST, DAVE, "why", hex"01", signature);
    }

    function test_AChangedVoteIsRefused() public {
        bytes memory signature = signBallot(governor, DAVE_KEY, id, FOR, 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, DAVE));
        governor.castVoteBySig(id, AGAINST, DAVE, signature);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, ALICE));
        governor.castVoteBySig(id, FOR, ALICE, signature);
    }

    function test_AChangedReasonIsRefused() public {
        bytes memory signature = signExtended(governor, DAVE_KEY, id, AGAINST, "why", "", 0);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, DAVE));
        governor.castVoteWithReasonAndParamsBySig(id, AGAINST, DAVE, "why not", "", signature);
    }

    function test_ABatchCounts() public {
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](2);
        ballots[0] = ballotOf(ALICE_KEY, FOR, 0);
        ballots[1] = ballotOf(DAVE_KEY, AGAINST, 0);
        uint256[] memory weights = governor.castVotesBySig(ballots);
        assertEq(weights[0], votesOf(ALICE), "alice's weight");
        assertEq(weights[1], votesOf(DAVE), "dave's weight");
        assertVotes(id, votesOf(DAVE), votesOf(ALICE), 0);
    }

    function test_OneBadBallotHindersNoOther() public {
        castVote(ALICE, id, ABSTAIN);
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](3);
        ballots[0] = ballotOf(ALICE_KEY, FOR, 0);
        ballots[1] = ballotOf(DAVE_KEY, AGAINST, 5);
        ballots[2] = ballotOf(DAVE_KEY, AGAINST, 0);
        expectSkipped(0, ALICE, abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, ALICE));
        expectSkipped(1, DAVE, abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, DAVE));
        uint256[] memory weights = governor.castVotesBySig(ballots);
        assertEq(weights[0] + weights[1], 0, "skipped");
        assertEq(weights[2], votesOf(DAVE), "counted");
        assertVotes(id, votesOf(DAVE), 0, votesOf(ALICE));
        assertEq(governor.nonces(ALICE), 0, "a skipped ballot uses no nonce");
    }

    function test_OneVoterSignsForSeveralProposals() public {
        setCall(CAROL, "");
        uint256 other = propose(ALICE, "Other");
        passBlocks(VOTING_DELAY + 1);
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](2);
        ballots[0] = ballotOf(DAVE_KEY, FOR, 0);
        ballots[1] = IHyperwareGovernor.Ballot(other, FOR, DAVE, signBallot(governor, DAVE_KEY, other, FOR, 1));
        governor.castVotesBySig(ballots);
        assertTrue(governor.hasVoted(id, DAVE) && governor.hasVoted(other, DAVE), "both");
    }

    function test_AnEmptyBatchDoesNothing() public {
        assertEq(governor.castVotesBySig(new IHyperwareGovernor.Ballot[](0)).length, 0, "no weights");
    }

    function ballotOf(
        uint256 key,
        uint8 support,
        uint256 nonce
    ) private view returns (IHyperwareGovernor.Ballot memory) {
        bytes memory signature = signBallot(governor, key, id, support, nonce);
        return IHyperwareGovernor.Ballot(id, support, vm.addr(key), signature);
    }

    function expectSkipped(uint256 index, address voter, bytes memory reason) private {
        vm.expectEmit(true, true, true, true, address(governor));
        emit IHyperwareGovernor.BallotSkipped(index, voter, id, reason);
    }

    function votesOf(address account) private view returns (uint256) {
        return gHypr.getPastVotes(account, governor.proposalSnapshot(id));
    }
}
