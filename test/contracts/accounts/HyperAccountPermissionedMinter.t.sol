// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountPermissionedMinter} from "../../../contracts/accounts/HyperAccountPermissionedMinter.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HyperAccountPermissionedMinterTest is HypermapTest {
    HyperAccountPermissionedMinter private zone;
    bytes32 private hypr;

    function setUp() public override {
        super.setUp();
        address implementation = address(new HyperAccountPermissionedMinter(ENTRY_POINT));
        hypr = mintTlz("hypr", implementation, abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        zone = HyperAccountPermissionedMinter(payable(hypermap.tbaOf(hypr)));
    }

    function allow(address account, uint256 names) private {
        vm.prank(ADMIN);
        zone.auth(account, names);
    }

    function mintAs(address caller, bytes memory label) private {
        vm.prank(caller);
        zone.mint(caller, label, "", address(plain));
    }

    function expectRefused(address account) private {
        vm.expectRevert(abi.encodeWithSelector(HyperAccountPermissionedMinter.InsufficientAllowance.selector, account));
    }

    function test_ItsSelectorsAreThoseOfTheLiveMinter() public pure {
        assertEq(HyperAccountPermissionedMinter.auth.selector, bytes4(0xe901d89b), "auth");
        assertEq(HyperAccountPermissionedMinter.deauth.selector, bytes4(0x12084f59), "deauth");
        assertEq(HyperAccountPermissionedMinter.allowance.selector, bytes4(0x3e5beab9), "allowance");
        assertEq(HyperAccountPermissionedMinter.InsufficientAllowance.selector, bytes4(0xbf2b58ec), "error");
    }

    function test_EachMintUsesUpOneOfTheCallersNames() public {
        allow(ALICE, 2);
        mintAs(ALICE, "one");
        assertEq(zone.allowance(ALICE), 1, "one left");
        mintAs(ALICE, "two");
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(hypr, "two"))), ALICE, "minted");
        expectRefused(ALICE);
        mintAs(ALICE, "three");
    }

    function test_AFailedMintCostsNoName() public {
        allow(ALICE, 1);
        vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
        mintAs(ALICE, "Bad");
        assertEq(zone.allowance(ALICE), 1, "kept");
    }

    function test_TheAllowanceIsTheCallersNotTheReceivers() public {
        allow(ALICE, 1);
        vm.prank(ALICE);
        zone.mint(BOB, "gift", "", address(plain));
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(hypr, "gift"))), BOB, "minted for another");
    }

    function test_TheOwnerTooNeedsAnAllowanceButMayPassTheRules() public {
        expectRefused(ADMIN);
        mintAs(ADMIN, "mine");
        vm.prank(ADMIN);
        zone.execute(address(hypermap), 0, abi.encodeCall(IHypermap.mint, (ADMIN, "mine", "", address(plain))), 0);
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(hypr, "mine"))), ADMIN, "past the rules");
    }

    function test_AllowancesAreSetNotAdded() public {
        vm.expectEmit(true, true, true, true, address(zone));
        emit HyperAccountPermissionedMinter.AllowanceChanged(ALICE, 5);
        allow(ALICE, 5);
        allow(ALICE, 3);
        assertEq(zone.allowance(ALICE), 3, "set");
    }

    function test_AnAllowanceMayBeTaken() public {
        allow(ALICE, 5);
        vm.expectEmit(true, true, true, true, address(zone));
        emit HyperAccountPermissionedMinter.AllowanceChanged(ALICE, 0);
        vm.prank(ADMIN);
        zone.deauth(ALICE);
        expectRefused(ALICE);
        mintAs(ALICE, "one");
    }

    function test_OnlyTheOwnerAllows() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, ALICE));
        zone.auth(ALICE, 1);
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, ALICE));
        zone.deauth(ALICE);
        vm.stopPrank();
    }
}
