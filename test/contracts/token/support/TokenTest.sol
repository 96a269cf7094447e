// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {GovernanceHypr} from "../../../../contracts/token/GovernanceHypr.sol";
import {Hypr} from "../../../../contracts/token/Hypr.sol";
import {TokenRegistry} from "../../../../contracts/token/TokenRegistry.sol";
import {HypermapTest} from "../../support/HypermapTest.sol";

/// @dev Cheatcodes that only tests of time need.
interface BlockVm {
    function roll(uint256 blockNumber) external;
}

/// @dev HYPR over a real Hypermap: alice and bob have 100 million each, approved. One block is two seconds.
abstract contract TokenTest is HypermapTest {
    uint256 internal constant MIN = 4 weeks;
    uint256 internal constant MAX = 4 * 52 weeks;
    uint256 internal constant SUPPLY = 1_000_000_000e18;
    uint256 internal constant RICHES = 100_000_000e18;
    uint256 internal constant BLOCK = 2;
    bytes32 internal constant UNREGISTERED = bytes32(0);
    address internal constant CAROL = address(0xca401);

    Hypr internal hypr;
    TokenRegistry internal registry;
    GovernanceHypr internal gHypr;
    bytes32 internal bar;

    uint256 private _block;
    uint256 private _time;

    function setUp() public virtual override {
        super.setUp();
        mintPublic(BOB, "bar");
        bar = hypermap.leaf(os, "bar");
        (_block, _time) = (1000, 1_800_000_000);
        BlockVm(address(vm)).roll(_block);
        vm.warp(_time);
        hypr = new Hypr(address(this));
        registry = new TokenRegistry(address(hypermap), address(hypr), BLOCK);
        gHypr = GovernanceHypr(registry.gHypr());
        fund(ALICE);
        fund(BOB);
        fund(CAROL);
    }

    function fund(address account) internal {
        hypr.transfer(account, RICHES);
        vm.prank(account);
        hypr.approve(address(registry), type(uint256).max);
    }

    /// @dev Lets time pass, with as many blocks as that takes. State kept here, as a compiler may move `block.number`.
    function pass(uint256 duration) internal {
        _time += duration;
        _block += duration / BLOCK;
        vm.warp(_time);
        BlockVm(address(vm)).roll(_block);
    }

    function nextBlock() internal {
        pass(BLOCK);
    }

    /// @dev One block that came later than blocks usually do.
    function nextBlockAfter(uint256 duration) internal {
        _time += duration;
        _block += 1;
        vm.warp(_time);
        BlockVm(address(vm)).roll(_block);
    }

    function time() internal view returns (uint256) {
        return _time;
    }

    function height() internal view returns (uint256) {
        return _block;
    }

    function lock(address account, uint256 amount, uint256 duration) internal {
        vm.prank(account);
        registry.manageLock(amount, duration);
    }

    function register(address account, bytes32 entry, uint256 amount, uint256 duration) internal {
        move(account, UNREGISTERED, entry, amount, duration);
    }

    function move(address account, bytes32 from, bytes32 to, uint256 amount, uint256 duration) internal {
        vm.prank(account);
        registry.transferRegistration(from, to, amount, duration);
    }

    function withdraw(address account) internal returns (bool) {
        vm.prank(account);
        return registry.withdraw();
    }

    function delegate(address account, address to) internal {
        vm.prank(account);
        gHypr.delegate(to);
    }

    function assertLock(address account, uint256 amount, uint256 end) internal view {
        (uint256 locked, uint256 endTime, uint256 remaining) = registry.getLockDetails(account);
        assertEq(locked, amount, "locked");
        assertEq(endTime, end, "end of the lock");
        assertEq(remaining, end > _time ? end - _time : 0, "remaining time of the lock");
    }

    function assertRegistration(address account, bytes32 entry, uint256 amount, uint256 end) internal view {
        (uint256 bound, uint256 endTime, uint256 remaining) = registry.getRegistrationDetails(entry, account);
        assertEq(bound, amount, "registered");
        assertEq(endTime, end, "end of the registration");
        assertEq(remaining, end > _time ? end - _time : 0, "remaining time of the registration");
    }

    /// @dev Declares the event that the registry is to emit; the caller emits it next.
    function expectFromRegistry() internal {
        vm.expectEmit(true, true, true, true, address(registry));
    }
}
