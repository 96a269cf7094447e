// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperwareGovernor} from "../../../contracts/governance/HyperwareGovernor.sol";
import {GovernanceHypr} from "../../../contracts/token/GovernanceHypr.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

interface PrankVm {
    function prank(address sender) external;
}

/// @dev What a test runner calls at random: votes and overrides of six accounts on three proposals.
contract Voters {
    PrankVm private constant vm = PrankVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    HyperwareGovernor private immutable GOVERNOR;
    GovernanceHypr private immutable TOKEN;
    address[6] private accounts;
    uint256[3] private proposals;

    /// @dev How an account voted, and overrode, on each proposal: zero for not, else the kind plus one.
    mapping(uint256 proposal => mapping(address account => uint8)) public voted;
    mapping(uint256 proposal => mapping(address account => uint8)) public overrode;

    /// @dev The first thing that went wrong. A revert would be taken back, and so go unseen.
    string public wrong;

    /// @dev How many votes and overrides the governor took, and how many it refused.
    mapping(string kind => uint256) public count;

    constructor(HyperwareGovernor governor, GovernanceHypr token, address[6] memory accounts_, uint256[3] memory ids) {
        GOVERNOR = governor;
        TOKEN = token;
        accounts = accounts_;
        proposals = ids;
    }

    function vote(uint256 who, uint256 what, uint8 support) external {
        (address account, uint256 id) = (accounts[who % 6], proposals[what % 3]);
        vm.prank(account);
        try GOVERNOR.castVote(id, support % 4) {
            expect(voted[id][account] == 0 && support % 4 < 3, "counted a vote that does not count");
            voted[id][account] = (support % 4) + 1;
            count["vote"]++;
        } catch {
            expect(voted[id][account] != 0 || support % 4 == 3, "refused a vote that counts");
            count["refusal"]++;
        }
    }

    function overrideVote(uint256 who, uint256 what, uint8 support) external {
        (address account, uint256 id) = (accounts[who % 6], proposals[what % 3]);
        vm.prank(account);
        try GOVERNOR.castOverrideVote(id, support % 3, "") {
            expect(overrode[id][account] == 0, "overrode twice");
            overrode[id][account] = (support % 3) + 1;
            count["override"]++;
        } catch {
            (, uint256 weight) = TOKEN.pastDelegation(account, GOVERNOR.proposalSnapshot(id));
            expect(overrode[id][account] != 0 || weight == 0, "refused an override that counts");
            count["refusal"]++;
        }
    }

    function expect(bool condition, string memory what) private {
        if (!condition && bytes(wrong).length == 0) wrong = what;
    }
}

contract VoteInvariantsTest is GovernanceTest {
    address[6] private accounts;
    uint256[3] private proposals;
    Voters private voters;

    /// @dev Carol and dave delegate to bob, erin to alice, fred to erin; the delegations change between proposals.
    function setUp() public override {
        super.setUp();
        accounts = [ALICE, BOB, CAROL, DAVE, address(0xe417), address(0xf4ed)];
        for (uint256 i = 3; i < 6; i++) {
            hypr.transfer(accounts[i], i * 1_000_000e18 + 7);
            vm.prank(accounts[i]);
            hypr.approve(address(registry), type(uint256).max);
            lock(accounts[i], i * 1_000_000e18 + 7, i * 11 weeks + 3 hours);
        }
        delegate(CAROL, BOB);
        delegate(DAVE, BOB);
        delegate(accounts[4], ALICE);
        delegate(accounts[5], accounts[4]);
        beginPhase2();
        setCall(BOB, "");
        proposals[0] = propose(ALICE, "0");
        passBlocks(VOTING_DELAY + 1);
        delegate(CAROL, ALICE);
        proposals[1] = propose(ALICE, "1");
        passBlocks(VOTING_DELAY + 1);
        delegate(DAVE, DAVE);
        proposals[2] = propose(ALICE, "2");
        passBlocks(VOTING_DELAY + 1);
        voters = new Voters(governor, gHypr, accounts, proposals);
    }

    function targetContracts() public view returns (address[] memory contracts) {
        contracts = new address[](1);
        contracts[0] = address(voters);
    }

    /// @dev Counted from nothing but who voted how: each lock counts once, as its owner says if it spoke, else as its
    /// delegate says.
    function invariant_EachLockCountsOnceAndAsItsOwnerSays() public view {
        for (uint256 p = 0; p < 3; p++) {
            (uint256 a, uint256 f, uint256 n) = governor.proposalVotes(proposals[p]);
            uint256[4] memory expected = tally(proposals[p]);
            assertEq(a, expected[1], "against");
            assertEq(f, expected[2], "for");
            assertEq(n, expected[3], "abstain");
        }
    }

    function invariant_NoMoreVotesThanThereAre() public view {
        for (uint256 p = 0; p < 3; p++) {
            (uint256 a, uint256 f, uint256 n) = governor.proposalVotes(proposals[p]);
            uint256 all = gHypr.getPastTotalSupply(governor.proposalSnapshot(proposals[p]));
            assertTrue(a + f + n <= all, "no more than all votes");
        }
    }

    function invariant_WhatCountsIsTakenAndNothingElse() public view {
        assertEq(bytes(voters.wrong()), "", "wrong");
    }

    /// @dev A sequence without votes would prove nothing.
    function afterInvariant() public view {
        uint256 asked = voters.count("vote") + voters.count("override") + voters.count("refusal");
        assertTrue(asked >= 32 && voters.count("vote") > 0, "asked to vote");
    }

    function test_TheVotersDoVote() public {
        for (uint256 i = 0; i < 18; i++) {
            voters.vote(i, i / 6, uint8(i % 3));
            voters.overrideVote(i, i / 6, uint8((i + 1) % 3));
        }
        assertEq(voters.count("vote"), 18, "votes");
        assertEq(voters.count("override"), 4 + 4 + 3, "overrides");
        invariant_EachLockCountsOnceAndAsItsOwnerSays();
        invariant_NoMoreVotesThanThereAre();
        invariant_WhatCountsIsTakenAndNothingElse();
    }

    function tally(uint256 id) private view returns (uint256[4] memory sums) {
        uint256 snapshot = governor.proposalSnapshot(id);
        for (uint256 i = 0; i < 6; i++) {
            sums[voters.voted(id, accounts[i])] += gHypr.getPastVotes(accounts[i], snapshot);
        }
        for (uint256 i = 0; i < 6; i++) {
            uint8 kind = voters.overrode(id, accounts[i]);
            if (kind == 0) continue;
            (address delegatee, uint256 weight) = gHypr.pastDelegation(accounts[i], snapshot);
            sums[voters.voted(id, delegatee)] -= weight;
            sums[kind] += weight;
        }
    }
}
