// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Whether the owner of an entry signed a hash, with a key or as a contract.
library OwnerSignature {
    uint256 private constant ECDSA_LENGTH = 65;

    /// @notice Never reverts on a malformed signature.
    /// @param owner The owner; zero signs nothing.
    /// @param hash Exactly what was signed.
    /// @param signature See `HyperAccount.isValidSignature`.
    function isValid(address owner, bytes32 hash, bytes calldata signature) internal view returns (bool) {
        if (owner == address(0)) return false;
        if (signature.length == ECDSA_LENGTH) {
            (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(hash, signature);
            if (problem == ECDSA.RecoverError.NoError && recovered == owner) return true;
        }
        if (owner.code.length == 0) return false;
        (bool wrapped, bytes calldata inner) = _unwrap(owner, signature);
        return SignatureChecker.isValidERC1271SignatureNow(owner, hash, wrapped ? inner : signature);
    }

    /// @dev The contract form: r is the signing contract, s the offset of the bytes that contract takes, v is zero; at the
    /// offset stand their length (32 bytes) and the bytes. Offsets count from the signature's first byte.
    function _unwrap(
        address owner,
        bytes calldata signature
    ) private pure returns (bool wrapped, bytes calldata inner) {
        inner = signature[:0];
        if (signature.length < ECDSA_LENGTH + 32) return (false, inner);
        if (uint256(bytes32(signature)) != uint160(owner) || signature[ECDSA_LENGTH - 1] != 0) return (false, inner);
        uint256 offset = uint256(bytes32(signature[32:]));
        if (offset < ECDSA_LENGTH || offset > signature.length - 32) return (false, inner);
        uint256 length = uint256(bytes32(signature[offset:]));
        if (length > signature.length - 32 - offset) return (false, inner);
        return (true, signature[offset + 32:offset + 32 + length]);
    }
}
