// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {GovernanceHypr} from "./GovernanceHypr.sol";
import {ITokenRegistry} from "./ITokenRegistry.sol";
import {Positions} from "./libraries/Positions.sol";
import {VoteSums} from "./libraries/VoteSums.sol";
import {VotingCurve} from "./libraries/VotingCurve.sol";

/// @title The half of TokenRegistry that knows what locks are worth: positions, delegated sums, and the past of both.
/// @dev An account's votes are its own position, by the curve, and what others delegated to it, by VoteSums. Keeping the
/// own part apart makes a first lock cheap and its votes exact.
abstract contract LockedVotes is ITokenRegistry {
    using Positions for Positions.History;
    using VoteSums for VoteSums.Sums;
    using VoteSums for VoteSums.Checkpoint;

    // ----------------------------------------------------------------------------------------------------- storage

    GovernanceHypr internal immutable G_HYPR;

    /// @inheritdoc ITokenRegistry
    uint256 public immutable minSecondsPerBlock;

    mapping(address account => Positions.History) internal _positions;

    /// @dev Sums of the locks that other accounts delegated to an account; under zero, of all locks.
    mapping(address delegate => VoteSums.Sums) private _sums;

    address private constant ALL = address(0);

    // ------------------------------------------------------------------------------------------------- constructor

    constructor(uint256 minSecondsPerBlock_) {
        minSecondsPerBlock = minSecondsPerBlock_;
        G_HYPR = new GovernanceHypr(this);
        _sums[ALL].settle(0);
        emit GHyprSet(address(G_HYPR));
    }

    modifier onlyGHypr() {
        if (msg.sender != address(G_HYPR)) revert OnlyGovernanceTokenCanCall();
        _;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc ITokenRegistry
    function settle(address account, uint256 weeks_) external {
        if (_sums[account].checkpoints.length != 0) _sums[account].settle(weeks_);
    }

    /// @inheritdoc ITokenRegistry
    function updateDelegationMultipliers(
        uint256 _unlockTime,
        uint256 _movedVotes,
        address _sender,
        uint256,
        address _dst,
        uint256
    ) external onlyGHypr {
        uint256 week = _delegatedWeek(_unlockTime);
        if (_sender != ALL) _sums[_sender].replace(_movedVotes, week, 0, 0);
        if (_dst != ALL) _sums[_dst].replace(0, 0, _movedVotes, week);
    }

    /// @inheritdoc ITokenRegistry
    function setDelegated(address account, bool delegated) external onlyGHypr {
        Positions.History storage history = _positions[account];
        history.write(history.latest.amount, history.latest.end, delegated);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenRegistry
    function votesAt(address account, uint256 blockNumber) public view returns (uint256) {
        return votesAtTime(account, blockNumber, timeOf(blockNumber));
    }

    /// @inheritdoc ITokenRegistry
    function votesAtTime(address account, uint256 blockNumber, uint256 time) public view returns (uint256) {
        uint256 summed = _sums[account].settledAt(blockNumber, time).power();
        Positions.Position memory own = _ownVotes(account, blockNumber, time);
        if (own.amount == 0) return summed;
        return summed + VotingCurve.valueOf(own.amount) * VotingCurve.multiplierOf(own.end - time);
    }

    /// @inheritdoc ITokenRegistry
    /// @dev Built from what was recorded up to that block only, so that it never changes afterwards.
    function timeOf(uint256 blockNumber) public view returns (uint256) {
        if (blockNumber > block.number) revert InvalidParam(blockNumber);
        if (blockNumber == block.number) return block.timestamp;
        VoteSums.Checkpoint memory recorded = _sums[ALL].at(blockNumber);
        return recorded.time + (blockNumber - recorded.blockNumber) * minSecondsPerBlock;
    }

    /// @inheritdoc ITokenRegistry
    /// @dev At the time at which the delegate's sum is read, so that each part is within it.
    function delegatedVotesAt(address account, address delegatee, uint256 blockNumber) external view returns (uint256) {
        Positions.Position memory own = _positions[account].at(blockNumber);
        if (!own.delegated) return 0;
        uint256 time = Math.max(timeOf(blockNumber), _sums[delegatee].at(blockNumber).time);
        return VoteSums.powerOf(VotingCurve.valueOf(own.amount), _delegatedWeek(own.end), time);
    }

    /// @inheritdoc ITokenRegistry
    function valueOf(address account) external view returns (uint256) {
        return _valueAt(account, block.number, block.timestamp);
    }

    /// @inheritdoc ITokenRegistry
    function getMultiplier(address _account, uint256 _timepoint) external view returns (uint256) {
        uint256 value = _valueAt(_account, _timepoint, timeOf(_timepoint));
        return value == 0 ? 0 : votesAt(_account, _timepoint) / value;
    }

    /// @inheritdoc ITokenRegistry
    function getUserUnlockStamp(address account) external view returns (uint256) {
        return _positions[account].latest.end;
    }

    /// @inheritdoc ITokenRegistry
    function getUserOrDelegatedUnlockStamp(address account) external view returns (uint256) {
        VoteSums.Checkpoint memory sums = _sums[account].settledAt(block.number, block.timestamp);
        Positions.Position memory own = _ownVotes(account, block.number, block.timestamp);
        uint256 value = VotingCurve.valueOf(own.amount);
        if (value == 0) return sums.meanEnd();
        uint256 received = sums.totalValue();
        return (value * own.end + received * sums.meanEnd()) / (value + received);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev Changes an account's lock, and with it the total, its delegate's sum and the governance token's events.
    function _setLock(address account, uint256 amount, uint256 end) internal {
        Positions.History storage history = _positions[account];
        Positions.Position memory old = history.latest;
        uint256 oldValue = VotingCurve.valueOf(old.amount);
        uint256 value = VotingCurve.valueOf(amount);
        history.write(amount, end, old.delegated);
        _sums[ALL].replace(oldValue, _totalWeek(old.end), value, _totalWeek(end));

        address delegatee = old.delegated ? G_HYPR.delegates(account) : account;
        uint256 valueBefore = _receivedValue(delegatee);
        uint256 valueAfter = valueBefore;
        if (old.delegated) {
            _sums[delegatee].replace(oldValue, _delegatedWeek(old.end), value, _delegatedWeek(end));
            valueAfter = _receivedValue(delegatee);
            uint256 own = _ownValue(delegatee);
            (valueBefore, valueAfter) = (valueBefore + own, valueAfter + own);
        } else {
            if (old.end > block.timestamp) valueBefore += oldValue;
            if (end > block.timestamp) valueAfter += value;
        }
        G_HYPR.lockChanged(account, old.amount, amount, valueBefore, valueAfter, old.blockNumber == 0);
    }

    /// @dev The account's own position, as far as it votes: all zero if delegated or expired.
    function _ownVotes(
        address account,
        uint256 blockNumber,
        uint256 time
    ) private view returns (Positions.Position memory own) {
        own = _positions[account].at(blockNumber);
        if (own.delegated || own.end <= time) own.amount = 0;
    }

    function _valueAt(address account, uint256 blockNumber, uint256 time) private view returns (uint256) {
        Positions.Position memory own = _ownVotes(account, blockNumber, time);
        return VotingCurve.valueOf(own.amount) + _sums[account].settledAt(blockNumber, time).totalValue();
    }

    function _ownValue(address account) private view returns (uint256) {
        return VotingCurve.valueOf(_ownVotes(account, block.number, block.timestamp).amount);
    }

    function _receivedValue(address account) private view returns (uint256) {
        VoteSums.Sums storage sums = _sums[account];
        if (sums.checkpoints.length == 0) return 0;
        return sums.settledAt(block.number, block.timestamp).totalValue();
    }

    /// @dev In the total a lock counts to the end of its last week, so that rounding makes no quorum smaller.
    function _totalWeek(uint256 end) private pure returns (uint256) {
        return (end + VoteSums.WEEK - 1) / VoteSums.WEEK;
    }

    /// @dev With a delegate a lock counts to the start of its last week: delegating creates no votes.
    function _delegatedWeek(uint256 end) private pure returns (uint256) {
        return end / VoteSums.WEEK;
    }
}
