// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {TokenActor} from "./support/TokenActor.t.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract TokenInvariantsTest is TokenTest {
    /// @dev Sums count in millionths of HYPR: what three locks may lose by that, times the highest multiplier.
    uint256 private constant DUST = 3 * 1e12 * 2600;

    TokenActor private actor;
    address[3] private accounts = [ALICE, BOB, CAROL];
    bytes32[3] private entries;

    function setUp() public override {
        super.setUp();
        entries = [foo, bar, os];
        actor = new TokenActor(registry, accounts, entries);
    }

    function targetContracts() public view returns (address[] memory contracts) {
        contracts = new address[](1);
        contracts[0] = address(actor);
    }

    /// @dev A sequence in which the registry does nothing would prove nothing.
    function afterInvariant() public view {
        string[5] memory kinds = ["lock", "register", "move", "withdraw", "delegate"];
        uint256 done = 0;
        for (uint256 i = 0; i < kinds.length; i++) done += actor.accepted(kinds[i]);
        assertTrue(done >= 8, "accepted");
    }

    function test_EveryKindOfCallIsAccepted() public {
        for (uint256 i = 0; i < 600; i++) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            (uint256 a, uint256 b, uint256 c) = (random >> 192, uint64(random >> 128), uint64(random >> 64));
            if (i % 6 == 0) actor.lock(a, b * 1e18, c);
            if (i % 6 == 1) actor.register(a, b, c * 1e18, random);
            if (i % 6 == 2) actor.move(a, b, c, random, a);
            if (i % 6 == 3) actor.withdraw(a);
            if (i % 6 == 4) actor.delegate(a, b);
            if (i % 6 == 5) actor.pass(a);
            invariant_TheRegistryHoldsExactlyWhatIsLocked();
            invariant_WeightIsTheSumOfActiveRegistrations();
            invariant_RegistrationsAreBackedByTheLockAndEndWithIt();
            invariant_VotesAreAtMostThoseOfTheLocks();
        }
        string[5] memory kinds = ["lock", "register", "move", "withdraw", "delegate"];
        for (uint256 i = 0; i < kinds.length; i++) assertTrue(actor.accepted(kinds[i]) > 0, kinds[i]);
    }

    function invariant_TheRegistryHoldsExactlyWhatIsLocked() public view {
        uint256 locked = 0;
        for (uint256 i = 0; i < 3; i++) {
            (uint256 amount, , ) = registry.getLockDetails(accounts[i]);
            locked += amount;
            assertEq(hypr.balanceOf(accounts[i]), RICHES - amount, "what is not locked is with its owner");
        }
        assertEq(hypr.balanceOf(address(registry)), locked, "held");
        assertEq(hypr.totalSupply(), SUPPLY, "supply");
    }

    function invariant_WeightIsTheSumOfActiveRegistrations() public {
        actor.play();
        for (uint256 e = 0; e < 3; e++) {
            uint256 active = 0;
            for (uint256 i = 0; i < 3; i++) {
                (uint256 amount, , uint256 remaining) = registry.getRegistrationDetails(entries[e], accounts[i]);
                if (remaining > 0) active += amount;
            }
            assertEq(registry.weightOf(entries[e]), active, "weight");
        }
    }

    function invariant_RegistrationsAreBackedByTheLockAndEndWithIt() public view {
        for (uint256 i = 0; i < 3; i++) {
            (uint256 locked, uint256 lockEnd, ) = registry.getLockDetails(accounts[i]);
            (uint256 sum, , ) = registry.getRegistrationDetails(bytes32(0), accounts[i]);
            for (uint256 e = 0; e < 3; e++) {
                (uint256 amount, uint256 end, ) = registry.getRegistrationDetails(entries[e], accounts[i]);
                sum += amount;
                assertTrue(end <= lockEnd, "ends with the lock");
            }
            assertEq(sum, locked, "registered and unregistered parts");
        }
    }

    /// @dev No votes are made by delegating, and reading them never fails.
    function invariant_VotesAreAtMostThoseOfTheLocks() public {
        actor.play();
        (uint256 votes, uint256 own, uint256 values) = (0, 0, 0);
        for (uint256 i = 0; i < 3; i++) {
            (uint256 amount, , uint256 remaining) = registry.getLockDetails(accounts[i]);
            votes += gHypr.getVotes(accounts[i]);
            own += registry.calculateVotingPower(amount, remaining);
            values += VotingCurve.valueOf(amount);
        }
        // The floors of a multiplier may hide one unit of it.
        assertTrue(votes <= own + values, "votes");
        uint256 total = registry.votesAt(address(0), actor.height());
        // The total counts to the end of a lock's last week, and has no floor of 100.
        assertTrue(total <= own + 27 * values, "total, above");
        assertTrue(total + 101 * values + DUST >= votes, "total, below");
    }
}
