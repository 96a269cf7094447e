// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HypermapOwnershipTest is HypermapTest {
    function test_AnEntryIsNotMintedToItsOwnAccount() public {
        bytes32 bar = hypermap.leaf(foo, "bar");
        address own = counterfactual(bar);
        asFoo();
        vm.expectRevert(IHypermap.OwnershipCycle.selector);
        hypermap.mint(own, "bar", "", address(plain));
    }

    function test_AnEntryIsNotTransferredToItsOwnAccount() public {
        vm.prank(ALICE);
        vm.expectRevert(IHypermap.OwnershipCycle.selector);
        hypermap.transferFrom(ALICE, address(fooAccount), uint256(foo));
    }

    function test_TwoEntriesMayNotOwnEachOther() public {
        mintPublic(ALICE, "bar");
        bytes32 bar = hypermap.leaf(os, "bar");
        address barAccount = hypermap.tbaOf(bar);
        vm.startPrank(ALICE);
        hypermap.transferFrom(ALICE, address(fooAccount), uint256(bar));
        vm.expectRevert(IHypermap.OwnershipCycle.selector);
        hypermap.transferFrom(ALICE, barAccount, uint256(foo));
        vm.stopPrank();
    }

    function test_WhatOnlySaysItIsAnAccountMayOwnAnEntryAndDoNothingWithIt() public {
        address forged = IERC6551Registry(REGISTRY).createAccount(
            dispatcher,
            "another salt",
            block.chainid,
            address(hypermap),
            uint256(foo)
        );
        vm.prank(ALICE);
        hypermap.transferFrom(ALICE, forged, uint256(foo));
        assertEq(hypermap.ownerOf(uint256(foo)), forged, "its owner");
        vm.expectRevert(IHypermap.NotParent.selector);
        vm.prank(forged);
        hypermap.note("~a", "data");
    }

    function test_ATransferMovesTheAccountAtOnce() public {
        vm.prank(ALICE);
        hypermap.safeTransferFrom(ALICE, BOB, uint256(foo));
        assertTrue(fooAccount.isOperator(BOB) && !fooAccount.isOperator(ALICE), "control");
    }

    function test_AnApprovalGivesNoPowerOverTheAccount() public {
        vm.prank(ALICE);
        hypermap.approve(BOB, uint256(foo));
        vm.prank(BOB);
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        fooAccount.execute(address(hypermap), 0, "", 0);
    }

    function counterfactual(bytes32 entry) private view returns (address) {
        (, bytes memory result) = REGISTRY.staticcall(
            abi.encodeWithSignature(
                "account(address,bytes32,uint256,address,uint256)",
                dispatcher,
                entry,
                block.chainid,
                hypermap,
                entry
            )
        );
        return abi.decode(result, (address));
    }
}
