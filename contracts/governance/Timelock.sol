// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title OpenZeppelin's timelock, unchanged: what was voted for waits here, and acts from here.
/// @notice It owns the root entry and the governance entry, and is the keeper of the phases from phase 2 on. Its roles:
/// the Governor proposes, executes and cancels; the timelock administers itself; nobody else has any.
contract Timelock is TimelockController {
    /// @param minDelay Seconds that an operation waits, at least.
    /// @param proposers Who may schedule and cancel.
    /// @param executors Who may execute what has waited; the zero address stands for anybody.
    /// @param admin Hands out roles until it renounces; zero for nobody but the timelock itself.
    constructor(
        uint256 minDelay,
        address[] memory proposers,
        address[] memory executors,
        address admin
    ) TimelockController(minDelay, proposers, executors, admin) {}
}
