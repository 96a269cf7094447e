// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {GovernanceHypr} from "../../../../contracts/token/GovernanceHypr.sol";
import {Hypr} from "../../../../contracts/token/Hypr.sol";
import {TokenRegistry} from "../../../../contracts/token/TokenRegistry.sol";
import {Vm} from "../../support/Vm.sol";
import {BlockVm} from "./TokenTest.sol";

/// @dev What a test runner calls at random: three accounts, three entries, everything they can do, and time. Calls that
/// the registry refuses are part of the game.
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
