// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract LockAndRegisterTest is TokenTest {
    bytes32 private constant PERMIT = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant DAVE_KEY = 0xda7e;
    address private immutable DAVE = vm.addr(DAVE_KEY);

    function setUp() public override {
        super.setUp();
        hypr.transfer(DAVE, 100e18);
    }

    function test_OneCallLocksAndRegisters() public {
        expectFromRegistry();
        emit ITokenRegistry.TokensLocked(ALICE, 10e18, MIN, 10e18, time() + MIN);
        expectFromRegistry();
        emit ITokenRegistry.BindCreated(ALICE, foo, 10e18, time() + MIN);
        vm.prank(ALICE);
        registry.lockAndRegister(10e18, MIN, foo, MIN);
        assertLock(ALICE, 10e18, time() + MIN);
        assertRegistration(ALICE, foo, 10e18, time() + MIN);
        assertEq(registry.weightOf(foo), 10e18, "weight");
        assertEq(hypr.balanceOf(address(registry)), 10e18, "held by the registry");
    }

    function test_OneCallAddsToLockAndRegistration() public {
        vm.prank(ALICE);
        registry.lockAndRegister(10e18, 8 weeks, foo, MIN);
        vm.prank(ALICE);
        registry.lockAndRegister(10e18, 8 weeks, foo, 1 weeks);
        assertLock(ALICE, 20e18, time() + 8 weeks);
        assertRegistration(ALICE, foo, 20e18, time() + 5 weeks);
    }

    function test_AFailedRegistrationLocksNothing() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.UnknownEntry.selector, bytes32("nobody")));
        vm.prank(ALICE);
        registry.lockAndRegister(10e18, MIN, bytes32("nobody"), MIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidAmount.selector, 0, 1, SUPPLY));
        vm.prank(ALICE);
        registry.lockAndRegister(0, MIN, foo, MIN);
        assertLock(ALICE, 0, 0);
    }

    function test_TheRootIsNoEntryToRegisterOn() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidParam.selector, 0));
        vm.prank(ALICE);
        registry.lockAndRegister(10e18, MIN, ROOT, MIN);
    }

    function test_APermitSavesTheApproval() public {
        ITokenRegistry.Permit memory permit = sign(60e18, time());
        vm.prank(DAVE);
        registry.lockAndRegisterWithPermit(60e18, MIN, foo, MIN, permit);
        assertRegistration(DAVE, foo, 60e18, time() + MIN);
        assertEq(hypr.allowance(DAVE, address(registry)), 0, "nothing left to spend");
    }

    function test_APermitThatSomeoneElseSentFirstStillServes() public {
        ITokenRegistry.Permit memory permit = sign(60e18, time());
        hypr.permit(DAVE, address(registry), 60e18, permit.deadline, permit.v, permit.r, permit.s);
        vm.prank(DAVE);
        registry.lockAndRegisterWithPermit(60e18, MIN, foo, MIN, permit);
        assertRegistration(DAVE, foo, 60e18, time() + MIN);
    }

    function test_AWrongPermitIsAMissingApproval() public {
        ITokenRegistry.Permit memory permit = sign(60e18, time());
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(registry), 0, 61e18)
        );
        vm.prank(DAVE);
        registry.lockAndRegisterWithPermit(61e18, MIN, foo, MIN, permit);
    }

    function sign(uint256 value, uint256 deadline) private view returns (ITokenRegistry.Permit memory permit) {
        bytes32 message = keccak256(abi.encode(PERMIT, DAVE, address(registry), value, hypr.nonces(DAVE), deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", hypr.DOMAIN_SEPARATOR(), message));
        (permit.v, permit.r, permit.s) = vm.sign(DAVE_KEY, digest);
        permit.deadline = deadline;
    }
}
