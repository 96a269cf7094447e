// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPhase} from "../auctions/IPhase.sol";

/// @title Progressive decentralization: who may propose, and where auctions send what they earn.
/// @notice
///
///     1 steward hands out zones --steward--> 2 a list proposes, all vote --vote--> 3 all propose and vote
///       nobody proposes                        auctions pay a treasury               auctions burn
///
/// Phases only move forward, one at a time. In phase 1 the steward (the core team) keeps treasury and list; from phase 2
/// on only the timelock does, so the steward has no power left.
/// @dev Assumption that keeps it safe: the timelock executes what was voted for, and nothing else.
interface IPhases is IPhase {
    /// @notice A later phase began.
    event PhaseBegan(uint8 indexed phase);

    /// @notice Somebody else receives what auctions earn before phase 3.
    event TreasurySet(address indexed previous, address indexed treasury);

    /// @notice An account may propose in phase 2.
    event ProposerAdded(address indexed proposer);

    /// @notice An account may no longer propose in phase 2.
    event ProposerRemoved(address indexed proposer);

    /// @notice There is no list any more: whoever has the votes may propose, already in phase 2.
    event ProposerListRemoved();

    /// @notice Nobody but `expected` may do this in the present phase.
    error NotKeeper(address caller, address expected);

    /// @notice A phase other than the next one was asked for, or there is none after this.
    error NotNextPhase(uint8 given, uint8 present);

    /// @notice An address that must be given is zero.
    error ZeroAddress(string what);

    /// @notice The account is on the list already.
    error AlreadyProposer(address account);

    /// @notice The account is not on the list.
    error NotOnList(address account);

    /// @notice Without its last proposer nobody could propose in phase 2: remove the list instead.
    error LastProposer(address account);

    /// @notice The list can be removed in phase 2, once.
    error NoListToRemove(uint8 phase);

    /// @notice Begins the next phase: the steward ends phase 1, a vote ends phase 2.
    /// @dev Reverts with NotKeeper or NotNextPhase.
    /// @param next The next phase, so that a second call by mistake does nothing.
    function advance(uint8 next) external;

    /// @notice Names who receives what auctions earn before phase 3. Only the keeper.
    /// @dev Reverts with NotKeeper or ZeroAddress.
    function setTreasury(address treasury_) external;

    /// @notice Lets an account propose in phase 2. Only the keeper.
    /// @dev Reverts with NotKeeper, ZeroAddress or AlreadyProposer.
    function addProposer(address account) external;

    /// @notice Takes an account off the list. Only the keeper.
    /// @dev Reverts with NotKeeper, NotOnList or LastProposer.
    function removeProposer(address account) external;

    /// @notice Opens proposing to all, while auctions still pay the treasury. Only by vote, in phase 2.
    /// @dev Reverts with NotKeeper or NoListToRemove.
    function removeProposerList() external;

    /// @notice Whether governance takes proposals of `account` now; the Governor asks for votes besides.
    function mayPropose(address account) external view returns (bool);

    /// @notice Whether the account is on the list of phase 2.
    function isListed(address account) external view returns (bool);

    /// @notice How many accounts are on the list.
    function listLength() external view returns (uint256);

    /// @notice Whether the list was removed.
    function listRemoved() external view returns (bool);

    /// @notice Who may change things now: the steward in phase 1, the timelock later.
    function keeper() external view returns (address);

    /// @notice The core team's account.
    function steward() external view returns (address);

    /// @notice Executes what was voted for.
    function timelock() external view returns (address);
}
