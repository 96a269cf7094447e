// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Namehash} from "./Namehash.sol";

/// @title Addresses of token-bound accounts.
/// @notice An account is an ERC-1167 clone made by the ERC-6551 registry; its code ends in
/// `abi.encode(salt, chainId, tokenContract, tokenId)`, where salt and token id are the entry's namehash.
library Accounts {
    /// @dev The canonical ERC-6551 registry, the same on every chain.
    address internal constant REGISTRY = 0x000000006551c19487814612e58FE06813775758;

    /// @dev Size of an account's runtime code in bytes: 45 of clone, 128 of footer.
    uint256 internal constant CODE_LENGTH = 0xad;

    /// @notice Where the account of an entry of the calling Hypermap is, created or not.
    /// @dev CREATE2 of the registry's clone, as ERC6551BytecodeLib writes it; in assembly for a fifth of the gas.
    function addressOf(address dispatcher, Namehash entry) internal view returns (address account) {
        assembly ("memory-safe") {
            // 183 bytes: clone (20), dispatcher (20), clone (15), salt, chain id, token contract, token id. Written from
            // the end: each word is preceded by zeros, which the next one overwrites.
            let free := mload(0x40)
            mstore(add(free, 0xa3), entry)
            mstore(add(free, 0x83), address())
            mstore(add(free, 0x63), chainid())
            mstore(add(free, 0x43), entry)
            mstore(add(free, 0x23), 0x5af43d82803e903d91602b57fd5bf3)
            mstore(add(free, 0x14), dispatcher)
            mstore(free, 0x3d60ad80600a3d3981f3363d3d373d3d3d363d73)
            let hash := keccak256(add(free, 0x0c), 0xb7)
            // 85 bytes: 0xff, registry, salt, hash of the code.
            mstore(free, or(shl(160, 0xff), REGISTRY))
            mstore(add(free, 0x20), entry)
            mstore(add(free, 0x40), hash)
            account := and(keccak256(add(free, 0x0b), 0x55), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The token id that `account` carries at the end of its code; zero when it has less code than an account.
    /// @dev A claim only: compare `addressOf` with the account.
    function claimedEntry(address account) internal view returns (Namehash entry) {
        assembly ("memory-safe") {
            extcodecopy(account, 0x00, 0x8d, 0x20)
            entry := mload(0x00)
        }
    }
}
