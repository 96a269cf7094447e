// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @dev Namehash of an entry, as the library below computes it; the root's is zero.
type Namehash is bytes32;

using {tokenId} for Namehash global;

/// @dev The ERC-721 token id of a name entry is its namehash.
function tokenId(Namehash entry) pure returns (uint256) {
    return uint256(Namehash.unwrap(entry));
}

/// @title One step of namehash: `keccak256(parent . keccak256(label))`, 64 bytes in, no length prefix.
library Namehashes {
    /// @notice Hash of the entry `label` beneath `parent`.
    function child(Namehash parent, bytes memory label) internal pure returns (Namehash) {
        return join(parent, keccak256(label));
    }

    /// @notice As `child`, for a label whose hash is known.
    function join(Namehash parent, bytes32 labelhash) internal pure returns (Namehash entry) {
        assembly ("memory-safe") {
            mstore(0x00, parent)
            mstore(0x20, labelhash)
            entry := keccak256(0x00, 0x40)
        }
    }
}
