// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HyperAccountUpgradableTest is HypermapTest {
    HyperAccountUpgradable private account;

    function setUp() public override {
        super.setUp();
        bytes memory initialization = abi.encodeCall(HyperAccountUpgradable.initialize, ());
        asFoo();
        account = HyperAccountUpgradable(payable(hypermap.mint(ALICE, "bar", initialization, address(upgradable))));
    }

    function test_ItIsInitializedOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        account.initialize();
    }

    function test_TheOwnerExchangesItsCodeAndTheStateStays() public {
        vm.startPrank(ALICE);
        account.execute(BOB, 0, "");
        account.upgradeToAndCall(address(minter), "");
        vm.stopPrank();
        bytes32 slot = vm.load(address(account), ERC1967Utils.IMPLEMENTATION_SLOT);
        assertEq(address(uint160(uint256(slot))), address(minter), "implementation");
        assertEq(account.state(), 1, "state");
    }

    function test_StrangersExchangeNothing() public {
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, BOB));
        account.upgradeToAndCall(address(minter), "");
    }

    function test_CodeThatCouldNotBeExchangedAgainIsRefused() public {
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ERC1967Utils.ERC1967InvalidImplementation.selector, plain));
        account.upgradeToAndCall(address(plain), "");
    }

    function test_APlainAccountCanNotBeUpgraded() public {
        vm.prank(ALICE);
        vm.expectRevert(bytes(""));
        HyperAccountUpgradable(payable(fooAccount)).upgradeToAndCall(address(minter), "");
    }
}
