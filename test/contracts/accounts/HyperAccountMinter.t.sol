// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountMinter} from "../../../contracts/accounts/HyperAccountMinter.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HyperAccountMinterTest is HypermapTest {
    HyperAccountMinter private zone;

    function setUp() public override {
        super.setUp();
        zone = HyperAccountMinter(payable(hypermap.tbaOf(os)));
    }

    function test_ItKnowsItsHypermap() public view {
        assertEq(zone.hypermap(), address(hypermap), "hypermap");
        assertTrue(HyperAccountMinter.mint.selector == IHypermap.mint.selector, "mint has Hypermap's selector");
    }

    function test_AnybodyMintsForAnybody() public {
        vm.prank(BOB);
        address tba = zone.mint(ALICE, "bar", "", address(plain));
        bytes32 bar = hypermap.leaf(os, "bar");
        assertEq(hypermap.tbaOf(bar), tba, "account");
        assertEq(hypermap.ownerOf(uint256(bar)), ALICE, "owner");
    }

    function test_HypermapsRefusalsAreReturnedUnchanged() public {
        vm.expectRevert(IHypermap.NameAlreadyExists.selector);
        zone.mint(BOB, "foo", "", address(plain));
    }
}
