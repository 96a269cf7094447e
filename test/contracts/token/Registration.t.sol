// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract RegistrationTest is TokenTest {
    function setUp() public override {
        super.setUp();
        lock(ALICE, 100e18, 52 weeks);
    }

    function test_ARegistrationGivesWeightUntilItsEnd() public {
        uint256 end = time() + 8 weeks;
        expectFromRegistry();
        emit ITokenRegistry.BindCreated(ALICE, foo, 40e18, end);
        register(ALICE, foo, 40e18, 8 weeks);
        assertRegistration(ALICE, foo, 40e18, end);
        assertRegistration(ALICE, UNREGISTERED, 60e18, time() + 52 weeks);
        assertEq(registry.weightOf(foo), 40e18, "weight at once");
        pass(8 weeks - 1);
        assertEq(registry.weightOf(foo), 40e18, "weight to the last second");
        pass(1);
        assertEq(registry.weightOf(foo), 0, "none at the end");
    }

    function test_AnyoneMayRegisterOnAnyName() public {
        lock(BOB, 50e18, 52 weeks);
        register(ALICE, bar, 10e18, 8 weeks);
        register(BOB, bar, 5e18, 4 weeks);
        register(ALICE, os, 1e18, 8 weeks);
        assertEq(registry.weightOf(bar), 15e18, "the sum of both");
        assertEq(registry.weightOf(os), 1e18, "a zone");
        pass(4 weeks);
        assertEq(registry.weightOf(bar), 10e18, "what is still active");
    }

    function test_EntriesAreListedWithTheUnregisteredPartFirst() public {
        register(ALICE, foo, 40e18, 8 weeks);
        register(ALICE, bar, 60e18, 8 weeks);
        bytes32[] memory entries = registry.getUserBinds(ALICE);
        assertEq(abi.encode(entries), abi.encode(list(foo, bar)), "nothing is unregistered");
        pass(8 weeks);
        move(ALICE, foo, UNREGISTERED, 1, 0);
        entries = registry.getUserBinds(ALICE);
        assertEq(abi.encode(entries), abi.encode(list(UNREGISTERED, bar)), "foo.os is unregistered");
    }

    function test_AddingKeepsTheEndAndStatesTheTotal() public {
        register(ALICE, foo, 40e18, 8 weeks);
        uint256 end = time() + 8 weeks;
        pass(1 weeks);
        expectFromRegistry();
        emit ITokenRegistry.BindAmountIncreased(ALICE, foo, 45e18, end);
        register(ALICE, foo, 5e18, 0);
        assertRegistration(ALICE, foo, 45e18, end);
        assertEq(registry.weightOf(foo), 45e18, "weight");
    }

    function test_ExtendingAddsSeconds() public {
        register(ALICE, foo, 40e18, 8 weeks);
        uint256 end = time() + 8 weeks;
        pass(1 weeks);
        expectFromRegistry();
        emit ITokenRegistry.BindDurationExtended(ALICE, foo, 40e18, end + 3);
        register(ALICE, foo, 0, 3);
        assertRegistration(ALICE, foo, 40e18, end + 3);
        pass(7 weeks + 2);
        assertEq(registry.weightOf(foo), 40e18, "to the last second");
        pass(1);
        assertEq(registry.weightOf(foo), 0, "and no longer");
    }

    function test_AddingAndExtendingAtOnceEmitsBoth() public {
        register(ALICE, foo, 40e18, 8 weeks);
        uint256 end = time() + 9 weeks;
        expectFromRegistry();
        emit ITokenRegistry.BindAmountIncreased(ALICE, foo, 50e18, end);
        expectFromRegistry();
        emit ITokenRegistry.BindDurationExtended(ALICE, foo, 50e18, end);
        register(ALICE, foo, 10e18, 1 weeks);
    }

    function test_ARegistrationEndsWithTheLockAtTheLatest() public {
        register(ALICE, foo, 40e18, MAX);
        assertRegistration(ALICE, foo, 40e18, time() + 52 weeks);
        register(ALICE, bar, 40e18, 8 weeks);
        register(ALICE, bar, 0, MAX);
        assertRegistration(ALICE, bar, 40e18, time() + 52 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, 1, 0, 0));
        register(ALICE, bar, 0, 1);
    }

    function test_ANewRegistrationLastsFourWeeksAtLeast() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MIN - 1, MIN, 52 weeks));
        register(ALICE, foo, 1e18, MIN - 1);
        pass(48 weeks + 1);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MIN, MIN, MIN - 1));
        register(ALICE, foo, 1e18, MIN);
    }

    function test_DurationsBeyondTheMaximumAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, MAX + 1, MIN, MAX));
        register(ALICE, foo, 1e18, MAX + 1);
        register(ALICE, foo, 1e18, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidDuration.selector, type(uint256).max, 0, MAX));
        register(ALICE, foo, 1e18, type(uint256).max);
    }

    function test_ANewRegistrationNeedsAmountAndDuration() public {
        vm.expectRevert(ITokenRegistry.ZeroAmountForNewBind.selector);
        register(ALICE, foo, 0, MIN);
        vm.expectRevert(ITokenRegistry.ZeroDurationForNewBind.selector);
        register(ALICE, foo, 1e18, 0);
        register(ALICE, foo, 1e18, MIN);
        vm.expectRevert(ITokenRegistry.ZeroAmount.selector);
        register(ALICE, foo, 0, 0);
    }

    function test_NotesFactsAndUnknownNamesAreRefused() public {
        bytes32 noteEntry = note("~ip", hex"7f000001");
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnknownEntry.selector, noteEntry));
        register(ALICE, noteEntry, 1e18, MIN);
        asFoo();
        bytes32 factEntry = hypermap.fact("!born", "here");
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnknownEntry.selector, factEntry));
        register(ALICE, factEntry, 1e18, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnknownEntry.selector, bytes32("nobody")));
        register(ALICE, bytes32("nobody"), 1e18, MIN);
    }

    function test_MoreThanIsUnregisteredIsRefused() public {
        register(ALICE, foo, 40e18, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InsufficientLockAmount.selector, 60e18, 60e18 + 1));
        register(ALICE, bar, 60e18 + 1, MIN);
    }

    function test_WithoutAnActiveLockNothingIsRegistered() public {
        vm.expectRevert(ITokenRegistry.NoLockExists.selector);
        register(BOB, foo, 1e18, MIN);
        uint256 end = time() + 52 weeks;
        pass(52 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.LockExpired.selector, end));
        register(ALICE, foo, 1e18, MIN);
    }

    function test_AnExpiredRegistrationIsGivenBack() public {
        register(ALICE, foo, 40e18, MIN);
        uint256 end = time() + MIN;
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.SourceNotExpired.selector, foo, end));
        move(ALICE, foo, UNREGISTERED, 40e18, 0);
        pass(MIN);
        expectFromRegistry();
        emit ITokenRegistry.ExpiredBindReclaimed(ALICE, foo, 40e18);
        move(ALICE, foo, UNREGISTERED, 40e18, 0);
        assertRegistration(ALICE, foo, 0, 0);
        assertRegistration(ALICE, UNREGISTERED, 100e18, time() + 48 weeks);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.NoBindExists.selector, foo));
        move(ALICE, foo, UNREGISTERED, 40e18, 0);
    }

    function test_EntriesAreGivenBackInAnyOrder() public {
        register(ALICE, foo, 10e18, MIN);
        register(ALICE, bar, 20e18, MIN);
        register(ALICE, os, 30e18, MIN);
        pass(MIN);
        move(ALICE, foo, UNREGISTERED, 1, 0);
        move(ALICE, os, UNREGISTERED, 1, 0);
        assertEq(abi.encode(registry.getUserBinds(ALICE)), abi.encode(list(UNREGISTERED, bar)), "what is left");
        move(ALICE, bar, UNREGISTERED, 1, 0);
        assertRegistration(ALICE, UNREGISTERED, 100e18, time() + 48 weeks);
    }

    function test_GivingBackNeedsAnAmountAndNoDuration() public {
        register(ALICE, foo, 40e18, MIN);
        pass(MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.DefaultDestinationInvalidParams.selector, 0, 0));
        move(ALICE, foo, UNREGISTERED, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.DefaultDestinationInvalidParams.selector, 1, MIN));
        move(ALICE, foo, UNREGISTERED, 1, MIN);
    }

    function test_AnExpiredRegistrationMovesToAnotherEntry() public {
        register(ALICE, foo, 40e18, MIN);
        uint256 end = time() + MIN;
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.SourceNotExpired.selector, foo, end));
        move(ALICE, foo, bar, 40e18, MIN);
        pass(MIN);
        expectFromRegistry();
        emit ITokenRegistry.ExpiredBindReclaimed(ALICE, foo, 40e18);
        expectFromRegistry();
        emit ITokenRegistry.BindCreated(ALICE, bar, 30e18, time() + MIN);
        expectFromRegistry();
        emit ITokenRegistry.TokensBound(ALICE, foo, bar, 30e18);
        move(ALICE, foo, bar, 30e18, MIN);
        assertRegistration(ALICE, UNREGISTERED, 70e18, time() + 48 weeks);
        assertEq(registry.weightOf(foo), 0, "the source");
        assertEq(registry.weightOf(bar), 30e18, "the destination");
    }

    function test_MovingIsCappedByWhatThereIs() public {
        register(ALICE, foo, 40e18, MIN);
        pass(MIN);
        move(ALICE, foo, bar, type(uint256).max, MIN);
        assertRegistration(ALICE, bar, 40e18, time() + MIN);
    }

    function test_AnExpiredRegistrationAtTheDestinationBeginsAnew() public {
        register(ALICE, foo, 40e18, MIN);
        pass(MIN);
        vm.expectRevert(ITokenRegistry.ZeroDurationForNewBind.selector);
        register(ALICE, foo, 90e18, 0);
        expectFromRegistry();
        emit ITokenRegistry.ExpiredBindReclaimed(ALICE, foo, 40e18);
        expectFromRegistry();
        emit ITokenRegistry.BindCreated(ALICE, foo, 90e18, time() + MIN);
        register(ALICE, foo, 90e18, MIN);
        assertEq(registry.weightOf(foo), 90e18, "weight");
    }

    function test_SourceAndDestinationMustDiffer() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidParam.selector, uint256(foo)));
        move(ALICE, foo, foo, 1, MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidParam.selector, 0));
        move(ALICE, UNREGISTERED, UNREGISTERED, 1, MIN);
    }

    function list(bytes32 first, bytes32 second) private pure returns (bytes32[] memory entries) {
        entries = new bytes32[](2);
        (entries[0], entries[1]) = (first, second);
    }
}
