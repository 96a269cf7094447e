// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IHyperwareGovernor} from "../../../contracts/governance/IHyperwareGovernor.sol";
import {IPhases} from "../../../contracts/governance/IPhases.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

contract ProposeTest is GovernanceTest {
    function setUp() public override {
        super.setUp();
        setCall(BOB, hex"1234");
    }

    function test_TheSettingsAreThoseGiven() public view {
        assertEq(bytes(governor.name()), "HyperwareGovernor", "name");
        assertEq(bytes(governor.version()), "1", "version");
        assertEq(governor.votingDelay(), VOTING_DELAY, "voting delay");
        assertEq(governor.votingPeriod(), VOTING_PERIOD, "voting period");
        assertEq(governor.proposalThreshold(), THRESHOLD * 100, "the threshold is the setting times 100");
        assertEq(governor.quorumNumerator(), 10, "quorum");
        assertEq(governor.clock(), height(), "clock");
        assertEq(bytes(governor.CLOCK_MODE()), "mode=blocknumber&from=default", "clock mode");
        assertEq(
            bytes(governor.COUNTING_MODE()),
            "support=bravo,override&quorum=for,abstain&overridable=true",
            "counting mode"
        );
        assertEq(address(governor.token()), address(gHypr), "token");
        assertEq(governor.timelock(), address(timelock), "timelock");
        assertEq(address(governor.phases()), address(phases), "phases");
        assertTrue(governor.proposalNeedsQueuing(1), "everything is queued");
    }

    function test_AProposalIsPublishedAsOpenZeppelinPublishesIt() public {
        beginPhase2();
        string memory description = bound("# Title", ALICE);
        uint256 id = governor.hashProposal(targets, values, calldatas, keccak256(bytes(description)));
        expectFromGovernor();
        emit IGovernor.ProposalCreated(
            id,
            ALICE,
            targets,
            values,
            new string[](1),
            calldatas,
            height() + VOTING_DELAY,
            height() + VOTING_DELAY + VOTING_PERIOD,
            description
        );
        assertEq(propose(ALICE, "# Title"), id, "id");
        assertEq(governor.proposalProposer(id), ALICE, "proposer");
        assertEq(governor.proposalSnapshot(id), height() + VOTING_DELAY, "snapshot");
        assertEq(governor.proposalDeadline(id), height() + VOTING_DELAY + VOTING_PERIOD, "deadline");
        assertEq(governor.proposalEta(id), 0, "not queued");
    }

    function test_AProposalIsRemembered() public {
        beginPhase2();
        uint256 id = propose(ALICE, "# Title");
        assertEq(governor.proposalCount(), 1, "count");
        (address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 hash) = governor.proposalDetails(id);
        assertEq(abi.encode(t, v, c), abi.encode(targets, values, calldatas), "calls");
        assertEq(hash, keccak256(bytes(bound("# Title", ALICE))), "description");
        (uint256 first, , , , ) = governor.proposalDetailsAt(0);
        assertEq(first, id, "the first");
    }

    function test_NobodyTakesAProposalFromItsProposer() public {
        beginPhase3();
        uint256 copied = propose(BOB, "# Title");
        uint256 id = propose(ALICE, "# Title");
        assertTrue(copied != id, "each has its own id");
        vm.prank(BOB);
        governor.cancel(copied);
        assertState(id, IGovernor.ProposalState.Pending, "what bob cancels is bob's");
    }

    function test_ADescriptionThatNamesItsProposerStaysAsItIs() public {
        beginPhase3();
        string memory description = string.concat("# Title#proposer=", Strings.toChecksumHexString(ALICE));
        uint256 id = governor.hashProposal(targets, values, calldatas, keccak256(bytes(description)));
        assertEq(propose(ALICE, description), id, "id of the description given");
    }

    function test_ADescriptionThatNamesAnotherProposerIsRefused() public {
        beginPhase3();
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, BOB));
        propose(BOB, bound("# Title", ALICE));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, BOB));
        propose(BOB, bound("# Title", address(0)));
    }

    function test_ADescriptionThatSeemsToNameAProposerIsBoundAllTheSame() public {
        beginPhase3();
        string memory seeming = "# Title#proposer=0xzz00000000000000000000000000000000000000";
        uint256 id = propose(ALICE, seeming);
        bytes32 hash = keccak256(bytes(bound(seeming, ALICE)));
        assertEq(id, governor.hashProposal(targets, values, calldatas, hash), "bound to alice");
    }

    function test_FuzzNoTwoAccountsShareAnId(string calldata description) public {
        beginPhase3();
        uint256 id = propose(ALICE, description);
        vm.prank(BOB);
        try governor.propose(targets, values, calldatas, description) returns (uint256 other) {
            assertTrue(other != id, "another id");
        } catch (bytes memory reason) {
            assertEq(bytes32(reason), bytes32(IGovernor.GovernorRestrictedProposer.selector), "or none");
        }
    }

    function test_NobodyProposesInPhase1() public {
        expectNotAllowed(ALICE, 1);
        propose(ALICE, "");
    }

    function test_OnlyTheListedProposeInPhase2() public {
        beginPhase2();
        expectNotAllowed(BOB, 2);
        propose(BOB, "");
        propose(ALICE, "");
    }

    function test_AVoteRemovesTheListOfPhase2() public {
        enact(address(phases), abi.encodeCall(IPhases.removeProposerList, ()), "Open proposing");
        propose(BOB, "Mine");
    }

    function test_AProposerNeedsVotes() public {
        beginPhase3();
        uint256 least = THRESHOLD * 100;
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, DAVE, 0, least));
        propose(DAVE, "");
    }

    function test_ThousandHyprForFourWeeksAreNotQuiteEnoughToPropose() public {
        beginPhase3();
        hypr.transfer(DAVE, 1_001e18);
        vm.prank(DAVE);
        hypr.approve(address(registry), 1_001e18);
        lock(DAVE, 1_000e18, MIN);
        nextBlock();
        uint256 votes = gHypr.getPastVotes(DAVE, height() - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, DAVE, votes, THRESHOLD * 100)
        );
        propose(DAVE, "");
        lock(DAVE, 1e18, MIN);
        nextBlock();
        propose(DAVE, "");
    }

    function test_TheSameProposalIsMadeOnce() public {
        beginPhase2();
        uint256 id = propose(ALICE, "");
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                id,
                IGovernor.ProposalState.Pending,
                bytes32(0)
            )
        );
        propose(ALICE, "");
    }

    function test_AProposalNeedsCallsOfOneLength() public {
        beginPhase2();
        expectLength(1, 1, 2);
        values.push(1);
        propose(ALICE, "");
        (targets, values, calldatas) = (new address[](0), new uint256[](0), new bytes[](0));
        expectLength(0, 0, 0);
        propose(ALICE, "");
    }

    function test_ItsProposerCancelsAPendingProposal() public {
        beginPhase2();
        uint256 id = propose(ALICE, "");
        expectFromGovernor();
        emit IGovernor.ProposalCanceled(id);
        vm.prank(ALICE);
        governor.cancel(id);
        assertState(id, IGovernor.ProposalState.Canceled, "cancelled");
        passBlocks(VOTING_DELAY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector,
                id,
                IGovernor.ProposalState.Canceled,
                bytes32(uint256(2))
            )
        );
        castVote(ALICE, id, FOR);
    }

    function test_NobodyElseCancelsAndNobodyLater() public {
        beginPhase2();
        uint256 id = propose(ALICE, "");
        expectUnableToCancel(id, BOB);
        vm.prank(BOB);
        governor.cancel(id);
        passBlocks(VOTING_DELAY + 1);
        expectUnableToCancel(id, ALICE);
        vm.prank(ALICE);
        governor.cancel(id);
    }

    function bound(string memory description, address proposer) private pure returns (string memory) {
        return string.concat(description, "\n\n#proposer=", Strings.toHexString(proposer));
    }

    function expectFromGovernor() private {
        vm.expectEmit(true, true, true, true, address(governor));
    }

    function expectNotAllowed(address proposer, uint8 phase) private {
        vm.expectRevert(abi.encodeWithSelector(IHyperwareGovernor.ProposerNotAllowed.selector, proposer, phase));
    }

    function expectLength(uint256 targets_, uint256 calldatas_, uint256 values_) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, targets_, calldatas_, values_)
        );
    }

    function expectUnableToCancel(uint256 id, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, id, caller));
    }
}
