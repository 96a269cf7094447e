// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {ITokenRegistry} from "./ITokenRegistry.sol";
import {LockedVotes} from "./LockedVotes.sol";
import {ExpiringSum} from "./libraries/ExpiringSum.sol";
import {LockTime} from "./libraries/LockTime.sol";
import {Positions} from "./libraries/Positions.sol";
import {VotingCurve} from "./libraries/VotingCurve.sol";

/// @title Locks of HYPR and registrations on entries. `ITokenRegistry` is its manual.
contract TokenRegistry is LockedVotes {
    using ExpiringSum for ExpiringSum.Sum;
    using SafeERC20 for IERC20;

    struct Bind {
        uint96 amount;
        uint40 end;
        /// @dev Place in the account's list of entries.
        uint32 index;
    }

    struct Registered {
        /// @dev Sum of the account's registrations, expired ones included.
        uint96 amount;
        /// @dev Latest end a registration ever had. The lock must not end before it.
        uint40 until;
    }

    // ----------------------------------------------------------------------------------------------------- storage

    IERC20 private immutable HYPR;
    IHypermap private immutable HYPERMAP;

    uint256 private constant MIN = VotingCurve.MIN_DURATION;
    uint256 private constant MAX = VotingCurve.MAX_DURATION;
    uint256 private constant RECLAIMS_PER_WITHDRAWAL = 64;

    /// @dev Namehash that stands for "locked and not registered".
    bytes32 private constant UNREGISTERED = bytes32(0);

    mapping(address account => Registered) private _registered;
    mapping(address account => bytes32[]) private _entriesOf;
    mapping(address account => mapping(bytes32 entry => Bind)) private _binds;
    mapping(bytes32 entry => ExpiringSum.Sum) private _weights;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param hypermap_ The namespace.
    /// @param hypr_ HYPR; reverts with UnsupportedToken if its supply exceeds 1e27.
    /// @param minSecondsPerBlock_ Seconds from one block to the next, at least: 2 on Base, 1 where blocks come as needed.
    constructor(address hypermap_, address hypr_, uint256 minSecondsPerBlock_) LockedVotes(minSecondsPerBlock_) {
        if (hypr_.code.length == 0 || IERC20(hypr_).totalSupply() > VotingCurve.SUPPLY) revert UnsupportedToken(hypr_);
        HYPERMAP = IHypermap(hypermap_);
        HYPR = IERC20(hypr_);
        emit Initialized(hypr_, address(0));
    }

    // ------------------------------------------------------------------------------------------------------- admin

    /// @inheritdoc ITokenRegistry
    function initialize(address, address) external pure {
        revert InvalidInitialization();
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc ITokenRegistry
    function manageLock(uint256 _amount, uint256 _duration) external {
        if (_amount == 0) return _extendLock(msg.sender, _duration);
        _lock(msg.sender, _amount, _duration);
        HYPR.safeTransferFrom(msg.sender, address(this), _amount);
    }

    /// @inheritdoc ITokenRegistry
    function withdraw() external returns (bool done) {
        Positions.Position memory lock = _requireLock(msg.sender);
        if (lock.end > block.timestamp) revert LockNotExpired(lock.end);
        _reclaimSome(msg.sender);

        uint256 remaining = _registered[msg.sender].amount;
        uint256 paid = lock.amount - remaining;
        done = remaining == 0;
        _setLock(msg.sender, remaining, done ? 0 : lock.end);
        emit TokensWithdrawn(msg.sender, paid, remaining, lock.end);
        HYPR.safeTransfer(msg.sender, paid);
    }

    /// @inheritdoc ITokenRegistry
    function transferRegistration(
        bytes32 _srcNamehash,
        bytes32 _dstNamehash,
        uint256 _maxAmount,
        uint256 _duration
    ) external {
        if (_srcNamehash == _dstNamehash) revert InvalidParam(uint256(_dstNamehash));
        Positions.Position memory lock = _requireLock(msg.sender);
        if (_dstNamehash == UNREGISTERED) {
            if (_maxAmount == 0 || _duration != 0) revert DefaultDestinationInvalidParams(_maxAmount, _duration);
            _reclaim(msg.sender, _srcNamehash);
            return;
        }
        if (lock.end <= block.timestamp) revert LockExpired(lock.end);
        if (_srcNamehash == UNREGISTERED) return _register(msg.sender, _dstNamehash, _maxAmount, _duration);
        uint256 moved = Math.min(_maxAmount, _reclaim(msg.sender, _srcNamehash));
        _register(msg.sender, _dstNamehash, moved, _duration);
        emit TokensBound(msg.sender, _srcNamehash, _dstNamehash, moved);
    }

    /// @inheritdoc ITokenRegistry
    function lockAndRegister(uint256 amount, uint256 lockDuration, bytes32 entry, uint256 registrationDuration) public {
        if (entry == UNREGISTERED) revert InvalidParam(0);
        _lock(msg.sender, amount, lockDuration);
        _register(msg.sender, entry, amount, registrationDuration);
        HYPR.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ITokenRegistry
    function lockAndRegisterWithPermit(
        uint256 amount,
        uint256 lockDuration,
        bytes32 entry,
        uint256 registrationDuration,
        Permit calldata permit
    ) external {
        // Whoever saw the permit may have used it before us; what counts is the approval, which the transfer needs.
        try
            IERC20Permit(address(HYPR)).permit(
                msg.sender,
                address(this),
                amount,
                permit.deadline,
                permit.v,
                permit.r,
                permit.s
            )
        {} catch {}
        lockAndRegister(amount, lockDuration, entry, registrationDuration);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenRegistry
    function getLockDetails(
        address account
    ) external view returns (uint256 amount, uint256 endTime, uint256 remainingTime) {
        Positions.Position memory lock = _positions[account].latest;
        return (lock.amount, lock.end, _remaining(lock.end));
    }

    /// @inheritdoc ITokenRegistry
    function getRegistrationDetails(
        bytes32 _namehash,
        address _user
    ) external view returns (uint256 amount, uint256 endTime, uint256 remainingTime) {
        if (_namehash != UNREGISTERED) {
            Bind memory bind = _binds[_user][_namehash];
            return (bind.amount, bind.end, _remaining(bind.end));
        }
        amount = _unregistered(_user);
        if (amount != 0) endTime = _positions[_user].latest.end;
        remainingTime = _remaining(endTime);
    }

    /// @inheritdoc ITokenRegistry
    function getUserBinds(address user) external view returns (bytes32[] memory entries) {
        bytes32[] storage bound = _entriesOf[user];
        uint256 first = _unregistered(user) == 0 ? 0 : 1;
        entries = new bytes32[](first + bound.length);
        for (uint256 i = 0; i < bound.length; i++) entries[first + i] = bound[i];
    }

    /// @inheritdoc ITokenRegistry
    function isLockExpired(address account) external view returns (bool) {
        Positions.Position memory lock = _positions[account].latest;
        return lock.amount != 0 && lock.end <= block.timestamp;
    }

    /// @inheritdoc ITokenRegistry
    function weightOf(bytes32 entry) external view returns (uint256) {
        return _weights[entry].activeAt(block.timestamp);
    }

    /// @inheritdoc ITokenRegistry
    function calculateVotingPower(uint256 _value, uint256 _lockDuration) external pure returns (uint256) {
        if (_value > VotingCurve.SUPPLY) revert InvalidAmount(_value, 0, VotingCurve.SUPPLY);
        return VotingCurve.valueOf(_value) * VotingCurve.multiplierOf(_lockDuration);
    }

    /// @inheritdoc ITokenRegistry
    function calculateWeightedUnlockStamp(
        uint256 _remainingDuration,
        uint256 _currentBalance,
        uint256 _newLockDuration,
        uint256 _newLockAmount
    ) external view returns (uint256) {
        if (_currentBalance + _newLockAmount == 0) revert ZeroAmount();
        return block.timestamp + LockTime.blend(_remainingDuration, _currentBalance, _newLockDuration, _newLockAmount);
    }

    /// @inheritdoc ITokenRegistry
    function calculateNewLockDuration(
        uint256 _unlockStamp,
        uint256 _remainingDuration,
        uint256 _currentBalance,
        uint256 _newLockAmount
    ) external view returns (uint256) {
        if (_newLockAmount == 0) revert ZeroAmount();
        uint256 target = _remaining(_unlockStamp);
        return Math.max(MIN, LockTime.unblend(target, _remainingDuration, _currentBalance, _newLockAmount));
    }

    /// @inheritdoc ITokenRegistry
    function hypr() external view returns (address) {
        return address(HYPR);
    }

    /// @inheritdoc ITokenRegistry
    function gHypr() external view returns (address) {
        return address(G_HYPR);
    }

    /// @inheritdoc ITokenRegistry
    function hypermap() external view returns (address) {
        return address(HYPERMAP);
    }

    // ------------------------------------------------------------------------------------------------------- locks

    /// @dev Locks an amount that is yet to be transferred.
    function _lock(address account, uint256 amount, uint256 duration) private {
        if (amount == 0 || amount > VotingCurve.SUPPLY) revert InvalidAmount(amount, 1, VotingCurve.SUPPLY);
        if (duration < MIN || duration > MAX) revert InvalidDuration(duration, MIN, MAX);
        Positions.Position memory lock = _positions[account].latest;
        uint256 balance = lock.amount + amount;
        uint256 end = block.timestamp + duration;
        if (lock.amount != 0) end = _endAfterAdding(account, lock, amount, duration);
        _setLock(account, balance, end);
        emit TokensLocked(account, amount, duration, balance, end);
    }

    function _endAfterAdding(
        address account,
        Positions.Position memory lock,
        uint256 amount,
        uint256 duration
    ) private view returns (uint256 end) {
        if (lock.end <= block.timestamp) revert LockExpired(lock.end);
        if (lock.amount + amount > VotingCurve.SUPPLY) {
            revert InvalidAmount(amount, 1, VotingCurve.SUPPLY - lock.amount);
        }
        uint256 remaining = lock.end - block.timestamp;
        end = block.timestamp + LockTime.blend(remaining, lock.amount, duration, amount);
        uint256 until = _registered[account].until;
        if (end >= until) return end;
        uint256 least = LockTime.unblend(until - block.timestamp, remaining, lock.amount, amount);
        revert InvalidDuration(duration, least, MAX);
    }

    function _extendLock(address account, uint256 duration) private {
        Positions.Position memory lock = _requireLock(account);
        if (lock.end <= block.timestamp) revert LockExpired(lock.end);
        uint256 least = Math.max(MIN, lock.end - block.timestamp + 1);
        if (duration < least || duration > MAX) revert InvalidDuration(duration, least, MAX);
        uint256 end = block.timestamp + duration;
        _setLock(account, lock.amount, end);
        emit LockExtended(account, duration, lock.amount, end);
    }

    function _requireLock(address account) private view returns (Positions.Position memory lock) {
        lock = _positions[account].latest;
        if (lock.amount == 0) revert NoLockExists();
    }

    // ----------------------------------------------------------------------------------------------- registrations

    /// @dev Registers unregistered HYPR of an active lock.
    function _register(address account, bytes32 entry, uint256 amount, uint256 duration) private {
        Bind memory bind = _binds[account][entry];
        bool exists = bind.amount != 0;
        if (exists && bind.end <= block.timestamp) {
            _reclaim(account, entry);
            exists = false;
        }
        uint256 available = _unregistered(account);
        if (amount > available) revert InsufficientLockAmount(available, amount);
        if (duration > MAX) revert InvalidDuration(duration, exists ? 0 : MIN, MAX);
        if (exists) _growBind(account, entry, bind, amount, duration);
        else _createBind(account, entry, amount, duration);
    }

    function _createBind(address account, bytes32 entry, uint256 amount, uint256 duration) private {
        if (amount == 0) revert ZeroAmountForNewBind();
        if (duration == 0) revert ZeroDurationForNewBind();
        if (HYPERMAP.tbaOf(entry) == address(0)) revert UnknownEntry(entry);
        uint256 longest = _positions[account].latest.end - block.timestamp;
        if (duration < MIN || longest < MIN) revert InvalidDuration(duration, MIN, longest);

        uint256 end = block.timestamp + Math.min(duration, longest);
        _storeBind(account, entry, Bind(uint96(amount), uint40(end), uint32(_entriesOf[account].length)), amount);
        _entriesOf[account].push(entry);
        emit BindCreated(account, entry, amount, end);
    }

    function _growBind(address account, bytes32 entry, Bind memory bind, uint256 amount, uint256 duration) private {
        if (amount == 0 && duration == 0) revert ZeroAmount();
        uint256 longest = _positions[account].latest.end - bind.end;
        uint256 added = Math.min(duration, longest);
        if (amount == 0 && added == 0) revert InvalidDuration(duration, 0, longest);

        uint256 end = bind.end + added;
        uint256 total = bind.amount + amount;
        _weights[entry].remove(bind.end, bind.amount);
        _storeBind(account, entry, Bind(uint96(total), uint40(end), bind.index), amount);
        if (amount != 0) emit BindAmountIncreased(account, entry, total, end);
        if (added != 0) emit BindDurationExtended(account, entry, total, end);
    }

    function _storeBind(address account, bytes32 entry, Bind memory bind, uint256 added) private {
        _binds[account][entry] = bind;
        _weights[entry].add(bind.end, bind.amount);
        Registered storage registered = _registered[account];
        registered.amount += uint96(added);
        if (bind.end > registered.until) registered.until = bind.end;
    }

    /// @dev Gives back an expired registration.
    function _reclaim(address account, bytes32 entry) private returns (uint256 amount) {
        Bind memory bind = _binds[account][entry];
        amount = bind.amount;
        if (amount == 0) revert NoBindExists(entry);
        if (bind.end > block.timestamp) revert SourceNotExpired(entry, bind.end);

        bytes32[] storage entries = _entriesOf[account];
        bytes32 last = entries[entries.length - 1];
        entries[bind.index] = last;
        _binds[account][last].index = bind.index;
        entries.pop();
        delete _binds[account][entry];
        _registered[account].amount -= uint96(amount);
        _weights[entry].remove(bind.end, amount);
        emit ExpiredBindReclaimed(account, entry, amount);
    }

    /// @dev Gives back the latest registrations of an expired lock: they have all ended, as none outlasts the lock.
    function _reclaimSome(address account) private {
        bytes32[] storage entries = _entriesOf[account];
        for (uint256 i = 0; i < RECLAIMS_PER_WITHDRAWAL && entries.length > 0; i++) {
            _reclaim(account, entries[entries.length - 1]);
        }
    }

    function _unregistered(address account) private view returns (uint256) {
        return _positions[account].latest.amount - _registered[account].amount;
    }

    function _remaining(uint256 end) private view returns (uint256) {
        return end > block.timestamp ? end - block.timestamp : 0;
    }
}
