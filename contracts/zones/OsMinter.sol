// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountCommitMinter} from "../accounts/HyperAccountCommitMinter.sol";

/// @title The account of `os`, where nodes get their names: open to all, by commitment, nine characters or more.
/// @notice Shorter names are the zone owner's to mint, by executing Hypermap's `mint` from this account.
contract OsMinter is HyperAccountCommitMinter {
    /// @dev Shortest name, in bytes, that the public may mint.
    uint256 private constant MIN_LENGTH = 9;

    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccountCommitMinter(entryPoint_, 15 seconds, 1800 seconds) {}

    /// @inheritdoc HyperAccountCommitMinter
    function _beforeMint(bytes calldata name) internal override {
        require(name.length >= MIN_LENGTH, "Label too short");
        super._beforeMint(name);
    }
}
