// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HypermapGeneTest is HypermapTest {
    function test_ChildrenAreBornWithTheGeneAndPassItOn() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Gene(foo, address(upgradable));
        asFoo();
        hypermap.gene(address(upgradable));

        asFoo();
        address bar = hypermap.mint(ALICE, "bar", "", address(0));
        HyperAccountUpgradable(payable(bar)).initialize(); // a plain account has no such function
        (, address gene, ) = hypermap.map(hypermap.leaf(foo, "bar"));
        assertEq(gene, address(upgradable), "inherited");
        vm.prank(bar);
        vm.expectRevert(IHypermap.GeneAlreadySet.selector);
        hypermap.gene(address(plain));
    }

    function test_AGeneIsSetOnce() public {
        asFoo();
        hypermap.gene(address(upgradable));
        asFoo();
        vm.expectRevert(IHypermap.GeneAlreadySet.selector);
        hypermap.gene(address(plain));
    }

    function test_AGeneOfZeroIsNone() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Gene(foo, address(0));
        asFoo();
        hypermap.gene(address(0));
        asFoo();
        hypermap.gene(address(plain));
        (, address gene, ) = hypermap.map(foo);
        assertEq(gene, address(plain), "set after all");
    }

    function test_StrangersSetNoGene() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.gene(address(plain));
    }
}
