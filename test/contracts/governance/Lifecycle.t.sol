// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IPhases} from "../../../contracts/governance/IPhases.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

/// @dev Every state a proposal can be in, and what the timelock does with it.
contract LifecycleTest is GovernanceTest {
    function setUp() public override {
        super.setUp();
        beginPhase2();
        setCall(address(phases), abi.encodeCall(IPhases.setTreasury, (BOB)));
    }

    function test_AProposalThatIsCarriedOutPassesFiveStates() public {
        uint256 id = propose(ALICE, "");
        assertState(id, IGovernor.ProposalState.Pending, "made");
        passBlocks(VOTING_DELAY);
        assertState(id, IGovernor.ProposalState.Pending, "in the block of the snapshot");
        nextBlock();
        assertState(id, IGovernor.ProposalState.Active, "after it");
        castVote(ALICE, id, FOR);
        passBlocks(VOTING_PERIOD - 1);
        assertState(id, IGovernor.ProposalState.Active, "in the last block");
        nextBlock();
        assertState(id, IGovernor.ProposalState.Succeeded, "voted for");
        expectFromGovernor();
        emit IGovernor.ProposalQueued(id, time() + TIMELOCK_DELAY);
        governor.queue(id);
        assertState(id, IGovernor.ProposalState.Queued, "queued");
        assertEq(governor.proposalEta(id), time() + TIMELOCK_DELAY, "eta");
        pass(TIMELOCK_DELAY);
        expectFromGovernor();
        emit IGovernor.ProposalExecuted(id);
        governor.execute(id);
        assertState(id, IGovernor.ProposalState.Executed, "carried out");
        assertEq(phases.treasury(), BOB, "the call was made");
    }

    function test_QueueAndExecuteTakeTheCallsToo() public {
        uint256 id = propose(ALICE, "");
        winVote(id);
        (, , , bytes32 hash) = governor.proposalDetails(id);
        governor.queue(targets, values, calldatas, hash);
        pass(TIMELOCK_DELAY);
        governor.execute(targets, values, calldatas, hash);
        assertState(id, IGovernor.ProposalState.Executed, "carried out");
    }

    function test_MoreVotesAgainstDefeat() public {
        uint256 id = opened();
        castVote(CAROL, id, FOR);
        castVote(BOB, id, AGAINST);
        passBlocks(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated, "defeated");
    }

    function test_AsManyVotesAgainstDefeat() public {
        uint256 id = opened();
        castVote(ALICE, id, FOR);
        castVote(BOB, id, AGAINST);
        passBlocks(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated, "defeated");
    }

    function test_WithoutAQuorumItIsDefeated() public {
        hypr.transfer(DAVE, 1_000_000e18);
        vm.prank(DAVE);
        hypr.approve(address(registry), 1_000_000e18);
        lock(DAVE, 1_000_000e18, MAX);
        uint256 id = opened();
        castVote(DAVE, id, FOR);
        uint256 needed = governor.quorum(governor.proposalSnapshot(id));
        (, uint256 forVotes, ) = governor.proposalVotes(id);
        assertTrue(forVotes < needed, "too few");
        passBlocks(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Defeated, "defeated");
    }

    function test_AbstainingHelpsTheQuorum() public {
        hypr.transfer(DAVE, 1_000_000e18);
        vm.prank(DAVE);
        hypr.approve(address(registry), 1_000_000e18);
        lock(DAVE, 1_000_000e18, MAX);
        uint256 id = opened();
        castVote(DAVE, id, FOR);
        castVote(ALICE, id, ABSTAIN);
        passBlocks(VOTING_PERIOD);
        assertState(id, IGovernor.ProposalState.Succeeded, "succeeded");
    }

    function test_TheQuorumIsATenthOfAllVotesAtTheSnapshot() public {
        uint256 id = opened();
        uint256 snapshot = governor.proposalSnapshot(id);
        lock(ALICE, 50_000_000e18, MAX);
        assertEq(governor.quorum(snapshot), gHypr.getPastTotalSupply(snapshot) / 10, "quorum");
    }

    function test_OnlyWhatSucceededIsQueued() public {
        uint256 id = opened();
        expectState(id, IGovernor.ProposalState.Active, 1 << uint8(IGovernor.ProposalState.Succeeded));
        governor.queue(id);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 7));
        governor.queue(7);
    }

    function test_OnlyWhatIsQueuedIsExecutedAndOnce() public {
        uint256 id = propose(ALICE, "");
        winVote(id);
        expectState(id, IGovernor.ProposalState.Succeeded, 1 << uint8(IGovernor.ProposalState.Queued));
        governor.execute(id);
        governor.queue(id);
        pass(TIMELOCK_DELAY);
        governor.execute(id);
        expectState(id, IGovernor.ProposalState.Executed, 1 << uint8(IGovernor.ProposalState.Queued));
        governor.execute(id);
    }

    function test_NothingIsExecutedBeforeItsTime() public {
        uint256 id = propose(ALICE, "");
        winVote(id);
        governor.queue(id);
        pass(TIMELOCK_DELAY - BLOCK);
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector,
                operationOf(id),
                bytes32(uint256(1 << uint8(TimelockController.OperationState.Ready)))
            )
        );
        governor.execute(id);
        assertState(id, IGovernor.ProposalState.Queued, "still queued");
    }

    function test_WhatFailsStaysQueuedAndChangesNothing() public {
        targets.push(address(phases));
        values.push(0);
        calldatas.push(abi.encodeCall(IPhases.setTreasury, (address(0))));
        uint256 id = propose(ALICE, "");
        winVote(id);
        governor.queue(id);
        pass(TIMELOCK_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IPhases.ZeroAddress.selector, "treasury"));
        governor.execute(id);
        assertState(id, IGovernor.ProposalState.Queued, "may be tried again");
        assertEq(phases.treasury(), TREASURY, "not even the first call counts");
    }

    function test_TheTimelocksCancellerCancelsWhatIsQueued() public {
        uint256 id = propose(ALICE, "");
        winVote(id);
        governor.queue(id);
        bytes32 operation = operationOf(id);
        vm.prank(address(governor));
        timelock.cancel(operation);
        assertState(id, IGovernor.ProposalState.Canceled, "cancelled");
    }

    function test_NobodyGoesAroundTheGovernor() public {
        expectNoRole(ALICE, timelock.PROPOSER_ROLE());
        vm.prank(ALICE);
        timelock.schedule(BOB, 0, "", 0, 0, TIMELOCK_DELAY);
        expectNoRole(ALICE, timelock.EXECUTOR_ROLE());
        vm.prank(ALICE);
        timelock.execute(BOB, 0, "", 0, 0);
        expectNoRole(ALICE, timelock.CANCELLER_ROLE());
        vm.prank(ALICE);
        timelock.cancel(0);
        assertTrue(!timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(this)), "nor does who deployed it");
    }

    function test_SettingsChangeByVoteOnly() public {
        expectOnlyExecutor();
        governor.setVotingDelay(1);
        expectOnlyExecutor();
        governor.setVotingPeriod(1);
        expectOnlyExecutor();
        governor.setProposalThreshold(1);
        expectOnlyExecutor();
        governor.updateQuorumNumerator(1);
        expectOnlyExecutor();
        governor.updateTimelock(TimelockController(payable(BOB)));
        expectOnlyExecutor();
        governor.relay(BOB, 0, "");
        enact(address(governor), abi.encodeCall(GovernorSettings.setProposalThreshold, (7)), "Threshold 7");
        assertEq(governor.proposalThreshold(), 700, "times 100");
    }

    function test_AVoteSendsOnWhatReachedTheGovernor() public {
        hypr.transfer(address(governor), 5e18);
        bytes memory transfer = abi.encodeCall(hypr.transfer, (BOB, 5e18));
        uint256 before = hypr.balanceOf(BOB);
        enact(address(governor), abi.encodeCall(Governor.relay, (address(hypr), 0, transfer)), "Send on");
        assertEq(hypr.balanceOf(BOB) - before, 5e18, "sent");
    }

    function test_TheGovernorItselfTakesNoDeposits() public {
        vm.deal(ALICE, 1);
        vm.prank(ALICE);
        (bool ok, ) = address(governor).call{value: 1}("");
        assertTrue(!ok, "no wei");
        vm.prank(address(timelock));
        vm.expectRevert(IGovernor.GovernorDisabledDeposit.selector);
        hypermap.safeTransferFrom(address(timelock), address(governor), uint256(gov));
    }

    /// @dev As the timelock calls it.
    function operationOf(uint256 id) private view returns (bytes32) {
        (, , , bytes32 hash) = governor.proposalDetails(id);
        return timelock.hashOperationBatch(targets, values, calldatas, 0, bytes20(address(governor)) ^ hash);
    }

    function opened() private returns (uint256 id) {
        id = propose(ALICE, "");
        passBlocks(VOTING_DELAY + 1);
    }

    function expectFromGovernor() private {
        vm.expectEmit(true, true, true, true, address(governor));
    }

    function expectState(uint256 id, IGovernor.ProposalState actual, uint256 expected) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorUnexpectedProposalState.selector, id, actual, bytes32(expected))
        );
    }

    function expectNoRole(address account, bytes32 role) private {
        vm.expectRevert(abi.encodeWithSignature("AccessControlUnauthorizedAccount(address,bytes32)", account, role));
    }

    function expectOnlyExecutor() private {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, address(this)));
    }
}
