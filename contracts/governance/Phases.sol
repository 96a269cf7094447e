// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPhase} from "../auctions/IPhase.sol";
import {IPhases} from "./IPhases.sol";

/// @title The three phases of governance. `IPhases` is its manual.
contract Phases is IPhases {
    // ----------------------------------------------------------------------------------------------------- storage

    uint8 private constant STEWARDSHIP = 1;
    uint8 private constant PERMISSIONED = 2;
    uint8 private constant OPEN = 3;

    /// @inheritdoc IPhases
    address public immutable timelock;

    /// @inheritdoc IPhases
    address public immutable steward;

    /// @inheritdoc IPhase
    address public treasury;

    /// @inheritdoc IPhase
    uint8 public phase = STEWARDSHIP;

    /// @inheritdoc IPhases
    bool public listRemoved;

    /// @inheritdoc IPhases
    uint256 public listLength;

    /// @inheritdoc IPhases
    mapping(address account => bool) public isListed;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param timelock_ Executes what was voted for.
    /// @param steward_ Keeper of phase 1.
    /// @param treasury_ Receives what auctions earn before phase 3.
    /// @param proposers Who may propose in phase 2, at least one.
    constructor(address timelock_, address steward_, address treasury_, address[] memory proposers) {
        if (timelock_ == address(0)) revert ZeroAddress("timelock");
        if (steward_ == address(0)) revert ZeroAddress("steward");
        if (proposers.length == 0) revert ZeroAddress("proposer");
        timelock = timelock_;
        steward = steward_;
        _setTreasury(treasury_);
        for (uint256 i = 0; i < proposers.length; ++i) _addProposer(proposers[i]);
        emit PhaseBegan(STEWARDSHIP);
    }

    modifier onlyKeeper() {
        if (msg.sender != keeper()) revert NotKeeper(msg.sender, keeper());
        _;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc IPhases
    function advance(uint8 next) external onlyKeeper {
        if (phase == OPEN || next != phase + 1) revert NotNextPhase(next, phase);
        phase = next;
        emit PhaseBegan(next);
    }

    /// @inheritdoc IPhases
    function setTreasury(address treasury_) external onlyKeeper {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IPhases
    function addProposer(address account) external onlyKeeper {
        _addProposer(account);
    }

    /// @inheritdoc IPhases
    function removeProposer(address account) external onlyKeeper {
        if (!isListed[account]) revert NotOnList(account);
        if (listLength == 1) revert LastProposer(account);
        isListed[account] = false;
        --listLength;
        emit ProposerRemoved(account);
    }

    /// @inheritdoc IPhases
    function removeProposerList() external onlyKeeper {
        if (phase != PERMISSIONED || listRemoved) revert NoListToRemove(phase);
        listRemoved = true;
        emit ProposerListRemoved();
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPhases
    function mayPropose(address account) external view returns (bool) {
        if (phase == PERMISSIONED) return listRemoved || isListed[account];
        return phase == OPEN;
    }

    /// @inheritdoc IPhases
    function keeper() public view returns (address) {
        return phase == STEWARDSHIP ? steward : timelock;
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _setTreasury(address treasury_) private {
        if (treasury_ == address(0)) revert ZeroAddress("treasury");
        emit TreasurySet(treasury, treasury_);
        treasury = treasury_;
    }

    function _addProposer(address account) private {
        if (account == address(0)) revert ZeroAddress("proposer");
        if (isListed[account]) revert AlreadyProposer(account);
        isListed[account] = true;
        ++listLength;
        emit ProposerAdded(account);
    }
}
