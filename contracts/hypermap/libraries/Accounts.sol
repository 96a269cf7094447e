// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC6551AccountLib} from "erc6551/lib/ERC6551AccountLib.sol";
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
    function addressOf(address dispatcher, Namehash entry) internal view returns (address) {
        return
            ERC6551AccountLib.computeAddress(
                REGISTRY,
                dispatcher,
                Namehash.unwrap(entry),
                block.chainid,
                address(this),
                entry.tokenId()
            );
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
