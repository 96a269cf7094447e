// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Addresses that a private key controls, and so the same person on every chain.
/// @notice A contract's address may belong to somebody else elsewhere: whoever can repeat its deployment there.
library Keys {
    /// @dev What the code of a key begins with that lets a contract act for it on this chain (EIP-7702). No contract's
    /// code begins so (EIP-3541).
    bytes3 private constant DELEGATION = 0xef0100;

    /// @notice Whether nothing but a key can act for `account`, as far as this chain knows.
    function isKey(address account) internal view returns (bool) {
        return account.code.length == 0 || bytes3(account.code) == DELEGATION;
    }
}
