// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {TokenRegistry} from "../../../contracts/token/TokenRegistry.sol";
import {PlainToken} from "../auctions/support/Tokens.sol";
import {Vm} from "../support/Vm.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract LockTest is TokenTest {
    function test_ConstructionAnnouncesItsTokens() public {
        vm.recordLogs();
        TokenRegistry fresh = new TokenRegistry(address(hypermap), address(hypr), BLOCK);
        assertEq(fresh.hypr(), address(hypr), "HYPR");
        assertEq(fresh.hypermap(), address(hypermap), "Hypermap");
        assertEq(fresh.minSecondsPerBlock(), BLOCK, "seconds per block");
        assertTrue(fresh.gHypr().code.length > 0, "the governance token exists");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2, "two events");
        assertEq(logs[0].topics[0], ITokenRegistry.GHyprSet.selector, "GHyprSet");
        assertEq(logs[0].topics[1], bytes32(uint256(uint160(fresh.gHypr()))), "the governance token");
        assertEq(logs[1].topics[0], ITokenRegistry.Initialized.selector, "Initialized");
        assertEq(logs[1].topics[1], bytes32(uint256(uint160(address(hypr)))), "HYPR");
        assertEq(logs[1].topics[2], bytes32(0), "no admin");
    }

    function test_ATokenThatIsNoContractIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnsupportedToken.selector, BOB));
        new TokenRegistry(address(hypermap), BOB, BLOCK);
    }

    function test_ATokenWithMoreThanTheSupplyIsRefused() public {
        PlainToken large = new PlainToken();
        large.mint(BOB, SUPPLY);
        new TokenRegistry(address(hypermap), address(large), BLOCK);
        large.mint(BOB, 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnsupportedToken.selector, large));
        new TokenRegistry(address(hypermap), address(large), BLOCK);
    }

    function test_NobodyCanInitializeAgain() public {
        vm.expectRevert(ITokenRegistry.InvalidInitialization.selector);
        registry.initialize(address(hypr), ALICE);
    }

    function test_AFirstLockTakesHyprUntilNowPlusDuration() public {
        expectFromRegistry();
        emit ITokenRegistry.TokensLocked(ALICE, 100e18, MIN, 100e18, time() + MIN);
        lock(ALICE, 100e18, MIN);
        assertLock(ALICE, 100e18, time() + MIN);
        assertEq(hypr.balanceOf(address(registry)), 100e18, "held by the registry");
        assertEq(hypr.balanceOf(ALICE), RICHES - 100e18, "left with the account");
        assertRegistration(ALICE, UNREGISTERED, 100e18, time() + MIN);
        assertEq(registry.getUserBinds(ALICE).length, 1, "the unregistered part is listed");
    }

    function test_AddingMakesTheWeightedMeanOfTheTimes() public {
        lock(ALICE, 300e18, 52 weeks);
        pass(12 weeks);
        uint256 end = time() + (300 * 40 weeks + 100 * 80 weeks) / 400;
        assertEq(registry.calculateWeightedUnlockStamp(40 weeks, 300e18, 80 weeks, 100e18), end, "foretold");
        expectFromRegistry();
        emit ITokenRegistry.TokensLocked(ALICE, 100e18, 80 weeks, 400e18, end);
        lock(ALICE, 100e18, 80 weeks);
        assertLock(ALICE, 400e18, end);
    }

    function test_AddingMayShortenALockWithoutRegistrations() public {
        lock(ALICE, 100e18, MAX);
        lock(ALICE, 100e18, MIN);
        assertLock(ALICE, 200e18, time() + (MAX + MIN) / 2);
    }

    function test_AddingMayNotEndTheLockBeforeARegistration() public {
        lock(ALICE, 100e18, MAX);
        register(ALICE, foo, 50e18, MAX);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MIN, MAX, MAX));
        lock(ALICE, 100e18, MIN);
        lock(ALICE, 100e18, MAX);
    }

    function testFuzz_TheDurationForAnEndReachesIt(
        uint256 amount,
        uint256 added,
        uint256 remaining,
        uint256 target
    ) public view {
        (amount, added) = (1 + (amount % SUPPLY), 1 + (added % SUPPLY));
        (remaining, target) = (1 + (remaining % MAX), 1 + (target % MAX));
        uint256 duration = registry.calculateNewLockDuration(time() + target, remaining, amount, added);
        uint256 end = registry.calculateWeightedUnlockStamp(remaining, amount, duration, added);
        assertTrue(duration >= MIN, "at least four weeks");
        assertTrue(end >= time() + target, "not before the end asked for");
        if (duration == MIN) return;
        assertTrue(
            registry.calculateWeightedUnlockStamp(remaining, amount, duration - 1, added) < time() + target,
            "no shorter duration would do"
        );
    }

    function test_CalculationsRefuseNothing() public {
        vm.expectRevert(ITokenRegistry.ZeroAmount.selector);
        registry.calculateNewLockDuration(time() + MIN, MIN, 1, 0);
        vm.expectRevert(ITokenRegistry.ZeroAmount.selector);
        registry.calculateWeightedUnlockStamp(MIN, 0, MIN, 0);
    }

    function test_ExtendingCountsFromNow() public {
        lock(ALICE, 100e18, MIN);
        pass(1 weeks);
        expectFromRegistry();
        emit ITokenRegistry.LockExtended(ALICE, 5 weeks, 100e18, time() + 5 weeks);
        lock(ALICE, 0, 5 weeks);
        assertLock(ALICE, 100e18, time() + 5 weeks);
        assertEq(hypr.balanceOf(ALICE), RICHES - 100e18, "no HYPR moves");
    }

    function test_ExtendingMustExtend() public {
        lock(ALICE, 100e18, 10 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, 10 weeks, 10 weeks + 1, MAX));
        lock(ALICE, 0, 10 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MAX + 1, 10 weeks + 1, MAX));
        lock(ALICE, 0, MAX + 1);
        pass(9 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, 2 weeks, MIN, MAX));
        lock(ALICE, 0, 2 weeks);
    }

    function test_NothingToExtendIsRefused() public {
        vm.expectRevert(ITokenRegistry.NoLockExists.selector);
        lock(ALICE, 0, MIN);
    }

    function test_DurationsOutsideTheBoundsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MIN - 1, MIN, MAX));
        lock(ALICE, 1, MIN - 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MAX + 1, MIN, MAX));
        lock(ALICE, 1, MAX + 1);
        lock(ALICE, 1, MAX);
    }

    function test_MoreThanTheSupplyIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidAmount.selector, SUPPLY + 1, 1, SUPPLY));
        lock(ALICE, SUPPLY + 1, MIN);
        lock(ALICE, 1e18, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidAmount.selector, SUPPLY, 1, SUPPLY - 1e18));
        lock(ALICE, SUPPLY, MIN);
    }

    function test_LockingWithoutApprovalLeavesNothingBehind() public {
        address poor = address(0x9004);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, registry, 0, 1e18));
        lock(poor, 1e18, MIN);
        assertLock(poor, 0, 0);
        assertEq(gHypr.getVotes(poor), 0, "no votes");
    }

    function test_AnExpiredLockIsNeitherAddedToNorExtended() public {
        lock(ALICE, 100e18, MIN);
        uint256 end = time() + MIN;
        pass(MIN);
        assertTrue(registry.isLockExpired(ALICE), "expired");
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.LockExpired.selector, end));
        lock(ALICE, 1e18, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.LockExpired.selector, end));
        lock(ALICE, 0, MIN);
    }

    function test_WithdrawingGivesAllBackAfterTheEnd() public {
        lock(ALICE, 100e18, MIN);
        uint256 end = time() + MIN;
        pass(MIN - 1);
        assertTrue(!registry.isLockExpired(ALICE), "not expired a second before the end");
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.LockNotExpired.selector, end));
        withdraw(ALICE);
        pass(1);
        expectFromRegistry();
        emit ITokenRegistry.TokensWithdrawn(ALICE, 100e18, 0, end);
        assertTrue(withdraw(ALICE), "all");
        assertLock(ALICE, 0, 0);
        assertTrue(!registry.isLockExpired(ALICE), "there is no lock");
        assertEq(hypr.balanceOf(ALICE), RICHES, "all back");
        assertEq(registry.getUserBinds(ALICE).length, 0, "no entries");
    }

    function test_WithdrawingWithoutALockIsRefused() public {
        vm.expectRevert(ITokenRegistry.NoLockExists.selector);
        withdraw(ALICE);
    }

    function test_WithdrawingGivesBackRegistrationsToo() public {
        lock(ALICE, 100e18, MIN);
        uint256 end = time() + MIN;
        register(ALICE, foo, 60e18, MIN);
        pass(MIN);
        expectFromRegistry();
        emit ITokenRegistry.ExpiredBindReclaimed(ALICE, foo, 60e18);
        expectFromRegistry();
        emit ITokenRegistry.TokensWithdrawn(ALICE, 100e18, 0, end);
        withdraw(ALICE);
        assertEq(hypr.balanceOf(ALICE), RICHES, "all back");
        lock(ALICE, 10e18, MIN);
        assertRegistration(ALICE, foo, 0, 0);
    }

    function test_ManyRegistrationsAreWithdrawnInTurns() public {
        lock(ALICE, 100e18, MIN);
        uint256 end = time() + MIN;
        for (uint256 i = 0; i < 65; i++) {
            bytes memory label = abi.encodePacked("name", vm.toString(i));
            mintPublic(BOB, label);
            register(ALICE, hypermap.leaf(os, label), 1e18, MIN);
        }
        pass(MIN);
        expectFromRegistry();
        emit ITokenRegistry.TokensWithdrawn(ALICE, 99e18, 1e18, end);
        assertTrue(!withdraw(ALICE), "not all yet");
        assertLock(ALICE, 1e18, end);
        expectFromRegistry();
        emit ITokenRegistry.TokensWithdrawn(ALICE, 1e18, 0, end);
        assertTrue(withdraw(ALICE), "now all");
        assertEq(hypr.balanceOf(ALICE), RICHES, "all back");
    }
}
