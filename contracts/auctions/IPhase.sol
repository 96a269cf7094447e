// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title The phase of governance, as auctions and leases need it.
/// @notice Phase 1: the core team hands zones to contracts. Phase 2: voted auctions pay a treasury. Phase 3: they burn.
/// Phases only move forward.
interface IPhase {
    /// @notice The phase now: 1, 2 or 3.
    function phase() external view returns (uint8);

    /// @notice Who receives what auctions earn before phase 3; never zero then.
    function treasury() external view returns (address);
}
