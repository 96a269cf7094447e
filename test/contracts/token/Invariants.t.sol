// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {GovernanceHypr} from "../../../contracts/token/GovernanceHypr.sol";
import {TokenRegistry} from "../../../contracts/token/TokenRegistry.sol";
import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {Vm} from "../support/Vm.sol";
import {BlockVm, TokenTest} from "./support/TokenTest.sol";

/// @dev What a test runner calls at random: three accounts, three entries, everything they can do, and time. Calls that
/// the registry refuses are part of the game. It is in this file because the runner knows contracts of test files only.
contract TokenActor {
    Vm private constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    TokenRegistry public immutable registry;
    GovernanceHypr public immutable gHypr;
    address[3] public accounts;
    bytes32[3] public entries;
    uint256 public time = block.timestamp;
    uint256 public height = block.number;

    /// @dev How many calls of each kind the registry accepted.
    mapping(string kind => uint256) public accepted;

    constructor(TokenRegistry registry_, address[3] memory accounts_, bytes32[3] memory entries_) {
        registry = registry_;
        gHypr = GovernanceHypr(registry_.gHypr());
        accounts = accounts_;
        entries = entries_;
    }

    function lock(uint256 who, uint256 amount, uint256 duration) external {
        play();
        duration = 4 weeks + (duration % (204 weeks + 1));
        vm.prank(accounts[who % 3]);
        try registry.manageLock(amount % 1e25, duration) {
            accepted["lock"]++;
        } catch {}
    }

    function register(uint256 who, uint256 entry, uint256 amount, uint256 duration) external {
        play();
        address account = accounts[who % 3];
        (uint256 available, , ) = registry.getRegistrationDetails(0, account);
        duration = duration % 5 == 0 ? 0 : duration % 60 weeks;
        vm.prank(account);
        try registry.transferRegistration(0, entries[entry % 3], amount % (available + 1), duration) {
            accepted["register"]++;
        } catch {}
    }

    function move(uint256 who, uint256 from, uint256 to, uint256 amount, uint256 duration) external {
        play();
        bytes32 destination = to % 4 == 3 ? bytes32(0) : entries[to % 4];
        duration = destination == 0 ? 0 : duration % 60 weeks;
        vm.prank(accounts[who % 3]);
        try registry.transferRegistration(entries[from % 3], destination, amount % 1e25, duration) {
            accepted["move"]++;
        } catch {}
    }

    function withdraw(uint256 who) external {
        play();
        vm.prank(accounts[who % 3]);
        try registry.withdraw() {
            accepted["withdraw"]++;
        } catch {}
    }

    function delegate(uint256 who, uint256 to) external {
        play();
        vm.prank(accounts[who % 3]);
        gHypr.delegate(accounts[to % 3]);
        accepted["delegate"]++;
    }

    function pass(uint256 duration) external {
        duration = duration % 3 == 0 ? duration % 40 weeks : duration % 3 days;
        time += duration;
        height += 1 + duration / 2;
        play();
    }

    /// @dev Sets the clock, which the runner may have set back between calls.
    function play() public {
        vm.warp(time);
        BlockVm(address(vm)).roll(height);
    }
}

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
