// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IHyperwareGovernor} from "../../../contracts/governance/IHyperwareGovernor.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {Ballots} from "../governance/support/Ballots.sol";
import {GovernanceTest} from "../governance/support/GovernanceTest.sol";

/// @dev Has what calls it queued and executed again, while it is called.
contract ReentrantTarget {
    uint256 public calls;
    uint256 public entered;
    uint256 public proposal;

    function aim(uint256 id) external {
        proposal = id;
    }

    function act(address governor) external {
        ++calls;
        (bool queued, ) = governor.call(abi.encodeWithSignature("queue(uint256)", proposal));
        (bool executed, ) = governor.call(abi.encodeWithSignature("execute(uint256)", proposal));
        if (executed || queued) ++entered;
    }
}

/// @dev A voter with code, that answers for no signature and loudly so.
contract LoudVoter {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly ("memory-safe") {
            revert(0, 10000)
        }
    }
}

/// @dev Locks borrowed HYPR, votes, and tries to have it back, all in one transaction.
contract Borrower {
    function borrow(ITokenRegistry registry, IGovernor governor, uint256 id, uint256 amount) external returns (bool) {
        IApproving(registry.hypr()).approve(address(registry), amount);
        registry.manageLock(amount, 4 weeks);
        governor.castVote(id, 1);
        (bool returned, ) = address(registry).call(abi.encodeCall(ITokenRegistry.withdraw, ()));
        return returned;
    }
}

interface IApproving {
    function approve(address spender, uint256 amount) external returns (bool);
}

/// @dev What attackers of votes, and of what is voted for, would try.
contract GovernanceSecurityTest is GovernanceTest, Ballots {
    function test_WhatIsExecutedCannotHaveItselfExecutedAgain() public {
        beginPhase2();
        ReentrantTarget target = new ReentrantTarget();
        setCall(address(target), abi.encodeCall(ReentrantTarget.act, (address(governor))));
        uint256 id = propose(ALICE, "");
        target.aim(id);
        carryOut(id);
        assertEq(target.calls(), 1, "calls");
        assertEq(target.entered(), 0, "attempts that succeeded");
    }

    function test_BorrowedHyprHasNoVotesAndStaysLocked() public {
        Borrower borrower = new Borrower();
        hypr.transfer(address(borrower), 100_000_000e18);
        uint256 id = openProposal("# Title");
        assertTrue(!borrower.borrow(registry, governor, id, 100_000_000e18), "it stays locked");
        (uint256 against, uint256 inFavour, uint256 abstained) = governor.proposalVotes(id);
        assertEq(against + inFavour + abstained, 0, "votes");
    }

    function test_ASignedVoteServesOnce() public {
        uint256 id = openProposal("# Title");
        bytes memory signature = signBallot(governor, ALICE_KEY, id, FOR, 0);
        governor.castVoteBySig(id, FOR, ALICE, signature);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, ALICE));
        governor.castVoteBySig(id, FOR, ALICE, signature);
    }

    function test_ASignedVoteServesOnceInABatch() public {
        uint256 id = openProposal("# Title");
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](2);
        ballots[0] = IHyperwareGovernor.Ballot(id, FOR, ALICE, signBallot(governor, ALICE_KEY, id, FOR, 0));
        ballots[1] = ballots[0];
        uint256[] memory weights = governor.castVotesBySig(ballots);
        assertEq(weights[1], 0, "counted again");
        (, uint256 inFavour, ) = governor.proposalVotes(id);
        assertEq(inFavour, weights[0], "votes");
        assertTrue(weights[0] != 0, "counted once");
    }

    function test_ASignedVoteServesOnOneChain() public {
        uint256 id = openProposal("# Title");
        bytes memory signature = signBallot(governor, ALICE_KEY, id, FOR, 0);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, ALICE));
        governor.castVoteBySig(id, FOR, ALICE, signature);
    }

    function test_ABallotThatSomeoneElseSentFirstHindersNoBatch() public {
        uint256 id = openProposal("# Title");
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](2);
        ballots[0] = IHyperwareGovernor.Ballot(id, FOR, ALICE, signBallot(governor, ALICE_KEY, id, FOR, 0));
        ballots[1] = IHyperwareGovernor.Ballot(id, FOR, DAVE, signBallot(governor, DAVE_KEY, id, FOR, 0));
        vm.prank(CAROL);
        governor.castVoteBySig(id, FOR, ALICE, ballots[0].signature);
        governor.castVotesBySig(ballots);
        assertTrue(governor.hasVoted(id, ALICE) && governor.hasVoted(id, DAVE), "both");
    }

    function test_AVoterWhoseCodeFailsLoudlyHindersNoBatch() public {
        uint256 id = openProposal("# Title");
        IHyperwareGovernor.Ballot[] memory ballots = new IHyperwareGovernor.Ballot[](2);
        ballots[0] = IHyperwareGovernor.Ballot(id, FOR, address(new LoudVoter()), "");
        ballots[1] = IHyperwareGovernor.Ballot(id, FOR, ALICE, signBallot(governor, ALICE_KEY, id, FOR, 0));
        governor.castVotesBySig(ballots);
        assertTrue(governor.hasVoted(id, ALICE), "the other ballot");
    }
}
