// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
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

    function test_AMintIsAnnouncedWithItsLabel() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Mint(foo, hypermap.leaf(foo, "bar"), "bar", "bar");
        asFoo();
        hypermap.mint(BOB, "bar", "", address(plain));
    }

    function test_TheMintAndTheNumberOfMistakenClientsAreUnderstood() public {
        asFoo();
        (bool ok, bytes memory result) = address(hypermap).call(
            abi.encodeWithSelector(bytes4(0xac0c10af), BOB, bytes("bar"), bytes(""), bytes("ignored"), plain)
        );
        bytes32 bar = hypermap.leaf(foo, "bar");
        assertTrue(ok, "minted");
        assertEq(hypermap.ownerOf(uint256(bar)), BOB, "owner");
        assertEq(result, abi.encode(hypermap.tbaOf(bar)), "account");
        (ok, result) = address(hypermap).call(abi.encodeWithSelector(bytes4(0xbfa0ee74), bar));
        assertTrue(ok, "found by number");
        assertEq(result, abi.encode(hypermap.tbaOf(bar)), "the same account");
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
