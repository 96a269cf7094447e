// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccount} from "./HyperAccount.sol";

/// @title An account that never runs code other than its own: it can neither be upgraded nor delegatecall.
/// @notice For genes that are meant to hold. The owner of a plain account can delegatecall to code that replaces the
/// account's implementation, and with it whatever the gene promised; the owner of this one can not. Several calls at once,
/// also in a mint's initialization, go through `executeBatch`.
contract HyperAccountStrict is HyperAccount {
    /// @notice Only operation 0, a call, is done.
    /// @param operation What was asked for.
    error OnlyCalls(uint8 operation);

    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccount(entryPoint_) {}

    /// @inheritdoc HyperAccount
    function _requireOperation(uint8 operation) internal pure override {
        if (operation != CALL) revert OnlyCalls(operation);
    }
}
