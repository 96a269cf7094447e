// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Decides, at every use, who may use an entry that an `EntryHolder` owns.
interface IUseRule {
    /// @notice Who may use `entry` now; zero for nobody.
    function userOf(bytes32 entry) external view returns (address);
}
