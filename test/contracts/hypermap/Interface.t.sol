// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {Test} from "../support/Test.sol";

/// @dev The numbers that live clients were compiled with.
contract HypermapInterfaceTest is Test {
    function test_FunctionsHaveThePublishedSelectors() public pure {
        assertSelector(IHypermap.initialize.selector, 0xc4d66de8, "initialize");
        assertSelector(IHypermap.mint.selector, 0x094cefed, "mint");
        assertSelector(IHypermap.note.selector, 0x7788b5a8, "note");
        assertSelector(IHypermap.fact.selector, 0xe852398b, "fact");
        assertSelector(IHypermap.gene.selector, 0x74e08829, "gene");
        assertSelector(IHypermap.get.selector, 0x8eaa6ac0, "get");
        assertSelector(IHypermap.tbaOf.selector, 0x27244d1e, "tbaOf");
        assertSelector(IHypermap.leaf.selector, 0x2124b692, "leaf");
        assertSelector(IHypermap.leafl.selector, 0xf8953645, "leafl");
        assertSelector(IHypermap.map.selector, 0x0ae186a8, "map");
        assertSelector(IHypermap.ERC6551_REGISTRY.selector, 0xedc16084, "ERC6551_REGISTRY");
        assertSelector(IHypermap.METADATA_NOTE_KEY.selector, 0xfcdb781e, "METADATA_NOTE_KEY");
    }

    function test_EventsHaveThePublishedTopics() public pure {
        assertEq(IHypermap.Mint.selector, 0xb59dae5eda69178326b6517bb1aa33e208bf2ac347e30d3a5daf0ecb6249f7b1, "Mint");
        assertEq(IHypermap.Note.selector, 0xe40d9f1ec78dfc3c5a94c3edae28058ba092a8f65ce8a199731840a3d20f82f4, "Note");
        assertEq(IHypermap.Fact.selector, 0x6df41fff09a97e34e341514998993ce9f4542c3fa8358931a96c9fff178c3adb, "Fact");
        assertEq(IHypermap.Gene.selector, 0xde0ec2494e561683ac09b109d8c4c4a08b4ddbd4fcd23b609fe107e63176ef5a, "Gene");
        assertEq(IHypermap.Zero.selector, 0xa7dcba07b3032d87953767c0eed546a5eb7e52648856b776ba4ad8a1ff1bf3c0, "Zero");
    }

    function test_ErrorsHaveThePublishedSelectors() public pure {
        assertSelector(IHypermap.NoteMustBeginWithTilde.selector, 0xa3b9ac95, "NoteMustBeginWithTilde");
        assertSelector(IHypermap.FactMustBeginWithBang.selector, 0x6ae27d4f, "FactMustBeginWithBang");
        assertSelector(IHypermap.InvalidLabelCharacter.selector, 0xe87f7f44, "InvalidLabelCharacter");
        assertSelector(IHypermap.LabelTooShort.selector, 0x280dacb6, "LabelTooShort");
        assertSelector(IHypermap.LabelTooLong.selector, 0x7d45f786, "LabelTooLong");
        assertSelector(IHypermap.NotParent.selector, 0x3813fcca, "NotParent");
        assertSelector(IHypermap.NameAlreadyExists.selector, 0xd202940c, "NameAlreadyExists");
        assertSelector(IHypermap.FactAlreadyExists.selector, 0xa542ed9c, "FactAlreadyExists");
        assertSelector(IHypermap.EmptyFact.selector, 0x01b37205, "EmptyFact");
        assertSelector(IHypermap.GeneAlreadySet.selector, 0xf3dda333, "GeneAlreadySet");
        assertSelector(IHypermap.FailedToInitializeTBA.selector, 0x5a714b1c, "FailedToInitializeTBA");
        assertSelector(IHypermap.OwnershipCycle.selector, 0xb79e3f3f, "OwnershipCycle");
        assertSelector(IHypermap.CannotCreate2Proxy.selector, 0x7080f645, "CannotCreate2Proxy");
        assertSelector(IHypermap.OnlyZero.selector, 0xc6f4099f, "OnlyZero");
    }

    function assertSelector(bytes4 actual, bytes4 expected, string memory what) private pure {
        assertEq(bytes32(actual), bytes32(expected), what);
    }
}
