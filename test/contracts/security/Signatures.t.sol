// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {TokenTest} from "../token/support/TokenTest.sol";

contract SignaturesTest is TokenTest {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant HASH = keccak256("something signed");
    bytes4 private constant VALID = 0x1626ba7e;
    bytes4 private constant INVALID = 0xffffffff;

    function test_TheOtherFormOfASignatureIsInvalid() public view {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, HASH);
        assertEq(fooAccount.isValidSignature(HASH, abi.encodePacked(r, s, v)), VALID, "as signed");
        bytes memory other = abi.encodePacked(r, ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
        assertEq(fooAccount.isValidSignature(HASH, other), INVALID, "with the other s");
    }

    function test_ASignatureThatRecoversNobodyIsInvalid() public view {
        assertEq(fooAccount.isValidSignature(HASH, new bytes(65)), INVALID, "zeros");
        bytes memory odd = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(26));
        assertEq(fooAccount.isValidSignature(HASH, odd), INVALID, "v = 26");
    }

    function test_ASignatureThatRecoversNobodyDelegatesNothing() public {
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        gHypr.delegateBySig(BOB, 0, time(), 27, bytes32(0), bytes32(0));
    }

    /// @dev A known limit, shared with the live accounts: what is signed has to name the account it is for.
    function test_ASignedHashServesEveryAccountOfItsSigner() public {
        mintPublic(ALICE, "second");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, HASH);
        bytes memory signature = abi.encodePacked(r, s, v);
        assertEq(fooAccount.isValidSignature(HASH, signature), VALID, "for foo.os");
        assertEq(accountOf(hypermap.leaf(os, "second")).isValidSignature(HASH, signature), VALID, "for second.os");
    }
}
