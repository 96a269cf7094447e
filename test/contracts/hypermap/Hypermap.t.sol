// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HypermapMintTest is HypermapTest {
    function test_AMintedNameBelongsToItsOwnerAndHasAnAccount() public view {
        (address tba, address owner, bytes memory data) = hypermap.get(foo);
        assertEq(owner, ALICE, "owner");
        assertEq(hypermap.ownerOf(uint256(foo)), ALICE, "ERC-721 owner");
        assertEq(hypermap.balanceOf(ALICE), 1, "balance");
        assertEq(data, "", "a name has no data");
        assertEq(hypermap.tbaOf(foo), tba, "tbaOf");
        (uint256 chainId, address tokenContract, uint256 tokenId) = HyperAccount(payable(tba)).token();
        assertEq(chainId, block.chainid, "chain");
        assertEq(tokenContract, address(hypermap), "contract");
        assertEq(tokenId, uint256(foo), "token");
    }

    function test_OnlyTheParentsAccountMints() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        vm.prank(ALICE);
        hypermap.mint(ALICE, "bar", "", address(plain));
    }

    function test_TheLabelIsJudgedBeforeTheCaller() public {
        vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
        vm.prank(BOB);
        hypermap.mint(BOB, "Bar", "", address(plain));
    }

    function test_ANameIsMintedOnce() public {
        vm.prank(hypermap.tbaOf(os));
        vm.expectRevert(IHypermap.NameAlreadyExists.selector);
        hypermap.mint(BOB, "foo", "", address(plain));
    }

    function test_ANameNeedsAnImplementation() public {
        asFoo();
        vm.expectRevert(IHypermap.FailedToInitializeTBA.selector);
        hypermap.mint(ALICE, "bar", "", address(0));
    }

    function test_AnImplementationNeedsCode() public {
        asFoo();
        vm.expectRevert(IHypermap.FailedToInitializeTBA.selector);
        hypermap.mint(ALICE, "bar", "", BOB);
    }

    function test_AFailingInitializationFailsTheMint() public {
        bytes memory bad = abi.encodeWithSignature("nothing()");
        asFoo();
        vm.expectRevert(IHypermap.FailedToInitializeTBA.selector);
        hypermap.mint(ALICE, "bar", bad, address(plain));
    }

    function test_NobodyIsNoOwner() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        asFoo();
        hypermap.mint(address(0), "bar", "", address(plain));
    }

    function test_AContractThatTakesNoTokensIsNoOwner() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(this)));
        asFoo();
        hypermap.mint(address(this), "bar", "", address(plain));
    }

    function test_AnotherEntrysAccountMayOwnAnEntry() public {
        asFoo();
        hypermap.mint(address(fooAccount), "bar", "", address(plain));
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(foo, "bar"))), address(fooAccount), "owner");
    }

    function test_AnAccountMadeBeforehandIsTaken() public {
        bytes32 entry = hypermap.leaf(os, "early");
        (bool ok, bytes memory result) = REGISTRY.call(
            abi.encodeWithSignature(
                "createAccount(address,bytes32,uint256,address,uint256)",
                dispatcher,
                entry,
                block.chainid,
                hypermap,
                entry
            )
        );
        assertTrue(ok, "anybody may create it");
        address early = abi.decode(result, (address));
        assertEq(hypermap.tbaOf(entry), address(0), "no name yet");
        assertEq(mintPublic(ALICE, "early"), early, "the same account");
    }

    function test_TheInitializationActsAsTheOwner() public {
        bytes memory writeNote = abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001"));
        bytes memory initialization = abi.encodeWithSignature(
            "execute(address,uint256,bytes,uint8)",
            hypermap,
            0,
            writeNote,
            0
        );
        asFoo();
        hypermap.mint(BOB, "bar", initialization, address(plain));
        bytes32 bar = hypermap.leaf(foo, "bar");
        assertEq(dataOf(hypermap.leaf(bar, "~ip")), hex"7f000001", "written at birth");
        assertEq(hypermap.ownerOf(uint256(bar)), BOB, "then handed over");
    }

    function testFuzz_EveryLegalNameCanBeMinted(bytes memory label) public {
        bytes memory alphabet = "0123456789abcdefghijklmnopqrstuvwxyz-";
        vm.assume(label.length > 0);
        if (label.length > 63) {
            assembly {
                mstore(label, 63)
            }
        }
        for (uint256 i = 0; i < label.length; ++i) label[i] = alphabet[uint8(label[i]) % 37];
        asFoo();
        address tba = hypermap.mint(BOB, label, "", address(plain));
        assertEq(hypermap.tbaOf(hypermap.leaf(foo, label)), tba, "account");
    }
}

contract HypermapNoteTest is HypermapTest {
    function test_ANoteIsWrittenOverwrittenAndCleared() public {
        bytes32 hash = note("~ip", hex"7f000001");
        assertEq(hash, hypermap.leaf(foo, "~ip"), "namehash");
        (address tba, address owner, bytes memory data) = hypermap.get(hash);
        assertEq(tba, address(0), "a note has no account");
        assertEq(owner, address(0), "a note has no owner");
        assertEq(data, hex"7f000001", "data");
        note("~ip", hex"0a000001");
        assertEq(dataOf(hash), hex"0a000001", "overwritten");
        note("~ip", "");
        assertEq(dataOf(hash), "", "cleared");
    }

    function test_ANoteIsAnnounced() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Note(foo, hypermap.leaf(foo, "~ip"), "~ip", "~ip", hex"7f000001");
        note("~ip", hex"7f000001");
    }

    function test_StrangersWriteNoNotes() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        vm.prank(ALICE);
        hypermap.note("~ip", hex"7f000001");
    }

    function test_ANotesLabelIsJudgedBeforeTheCaller() public {
        vm.expectRevert(IHypermap.NoteMustBeginWithTilde.selector);
        hypermap.note("ip", "");
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        hypermap.note("", "");
    }

    function test_TheRootMayWriteNotes() public {
        HyperAccount root = accountOf(ROOT);
        vm.prank(ADMIN);
        root.execute(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~motd", "hi")), 0);
        assertEq(dataOf(hypermap.leaf(ROOT, "~motd")), "hi", "data");
    }

    function test_AFactIsInscribedOnce() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Fact(foo, hypermap.leaf(foo, "!born"), "!born", "!born", "2026");
        asFoo();
        bytes32 hash = hypermap.fact("!born", "2026");
        assertEq(dataOf(hash), "2026", "data");
        asFoo();
        vm.expectRevert(IHypermap.FactAlreadyExists.selector);
        hypermap.fact("!born", "");
    }

    function test_AFactNeedsData() public {
        asFoo();
        vm.expectRevert(IHypermap.EmptyFact.selector);
        hypermap.fact("!born", "");
    }

    function test_StrangersInscribeNoFacts() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.fact("!born", "2026");
    }

    function test_AFactsLabelBeginsWithABang() public {
        vm.expectRevert(IHypermap.FactMustBeginWithBang.selector);
        hypermap.fact("~born", "2026");
    }

    function test_AnAccountOfAnotherTokenContractHasNoSay() public {
        (, bytes memory result) = REGISTRY.call(
            abi.encodeWithSignature(
                "createAccount(address,bytes32,uint256,address,uint256)",
                dispatcher,
                foo,
                block.chainid,
                address(this),
                foo
            )
        );
        vm.prank(abi.decode(result, (address)));
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.note("~ip", "");
    }

    function testFuzz_AnyDataCanBeRead(bytes memory first, bytes memory second) public {
        bytes32 hash = note("~data", first);
        assertEq(dataOf(hash), first, "first");
        note("~data", second);
        assertEq(dataOf(hash), second, "second");
    }
}

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
