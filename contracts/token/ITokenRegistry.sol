// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Locks of HYPR, and its registration on entries of Hypermap.
/// @notice An account locks HYPR until a time, and votes with it. Locked HYPR is unregistered at first (its namehash is
/// zero); parts of it can be registered on ("bound to") name entries for a period, which gives those entries weight.
/// Approve this contract on HYPR before locking, or use a permit.
///
///     lock            none ──manageLock──> active ──at endTime──> expired ──withdraw──> none
///     registration    none ──from zero───> active ──at endTime──> expired ──to zero, elsewhere, or withdraw──> none
///
/// Amounts are base units of HYPR (18 decimals); times are seconds since 1970, durations seconds; voting power is
/// base units times the multiplier (100 for four weeks to 2600 for 208 weeks).
/// @dev Assumptions that keep it safe:
/// - HYPR moves exactly the amount asked for, calls nobody, and never exceeds 1e27 base units;
/// - no block comes sooner after its parent than `minSecondsPerBlock`: only the time of past blocks depends on it;
/// - the governance token is created by the constructor, so its calls can be trusted.
/// There is no admin, no pause and no upgrade.
interface ITokenRegistry {
    /// @notice HYPR and, in the live deployment, an admin were set. Ours has none: `admin` is zero.
    event Initialized(address indexed hypr, address indexed admin);

    /// @notice The governance token was set.
    event GHyprSet(address indexed gHypr);

    /// @notice HYPR was locked.
    /// @param account Whose lock.
    /// @param amount HYPR added.
    /// @param duration Duration of the part added.
    /// @param balance The lock's amount now.
    /// @param endTime The lock's end now.
    event TokensLocked(address indexed account, uint256 amount, uint256 duration, uint256 balance, uint256 endTime);

    /// @notice A lock was extended.
    /// @param account Whose lock.
    /// @param duration Its remaining duration now.
    /// @param balance Its amount.
    /// @param endTime Its end now.
    event LockExtended(address indexed account, uint256 duration, uint256 balance, uint256 endTime);

    /// @notice HYPR left an expired lock.
    /// @param user Whose lock.
    /// @param amountWithdrawn HYPR paid out.
    /// @param remainingAmount What stays, because it was registered more than once: call again. Zero ends the lock.
    /// @param endTime When the lock ended.
    event TokensWithdrawn(address indexed user, uint256 amountWithdrawn, uint256 remainingAmount, uint256 endTime);

    /// @notice HYPR was registered on an entry by an account that had none there.
    /// @param amount The registration's amount.
    /// @param endTime The registration's end.
    event BindCreated(address indexed user, bytes32 indexed namehash, uint256 amount, uint256 endTime);

    /// @notice HYPR was added to a registration.
    /// @param amount The registration's amount now: the total, not what was added.
    /// @param endTime The registration's end now.
    event BindAmountIncreased(address indexed user, bytes32 indexed namehash, uint256 amount, uint256 endTime);

    /// @notice A registration was extended.
    /// @param amount The registration's amount now.
    /// @param endTime The registration's end now.
    event BindDurationExtended(address indexed user, bytes32 indexed namehash, uint256 amount, uint256 endTime);

    /// @notice HYPR went from an expired registration to another entry. Follows the events of both.
    event TokensBound(address indexed user, bytes32 srcNamehash, bytes32 dstNamehash, uint256 amount);

    /// @notice An expired registration is gone; its HYPR is unregistered.
    /// @param amount All it had.
    event ExpiredBindReclaimed(address indexed user, bytes32 indexed namehash, uint256 amount);

    /// @notice Part of the published interface; never raised, as there is no admin.
    error InvalidAdmin();

    /// @notice An amount lies outside what is possible.
    error InvalidAmount(uint256 amount, uint256 minRequired, uint256 max);

    /// @notice A duration lies outside what is possible.
    error InvalidDuration(uint256 duration, uint256 min, uint256 max);

    /// @notice The account has no lock.
    error NoLockExists();

    /// @notice The lock ended at `endTime`: withdraw, then lock anew.
    error LockExpired(uint256 endTime);

    /// @notice The lock ends at `endTime`, and nothing can be withdrawn before.
    error LockNotExpired(uint256 endTime);

    /// @notice A parameter has a value, here as a number, that is not possible: a future block, or a destination equal
    /// to the source.
    error InvalidParam(uint256 value);

    /// @notice The token is not HYPR as this contract needs it: an ERC-20 of at most 1e27 base units.
    error UnsupportedToken(address token);

    /// @notice Nothing would be registered.
    error ZeroAmount();

    /// @notice HYPR can leave a registration only after its end.
    error SourceNotExpired(bytes32 namehash, uint256 endTime);

    /// @notice A new registration needs a duration.
    error ZeroDurationForNewBind();

    /// @notice A new registration needs an amount.
    error ZeroAmountForNewBind();

    /// @notice Giving back an expired registration needs a nonzero amount and the duration zero.
    error DefaultDestinationInvalidParams(uint256 amount, uint256 duration);

    /// @notice More was asked for than is locked and not registered.
    /// @param currentlyLocked Locked and not registered.
    /// @param requested Asked for.
    error InsufficientLockAmount(uint256 currentlyLocked, uint256 requested);

    /// @notice Only the governance token may call this.
    error OnlyGovernanceTokenCanCall();

    /// @notice Part of the published interface; never raised, as the constructor sets the governance token.
    error GHyprAlreadySet();

    /// @notice The constructor initialized the contract.
    error InvalidInitialization();

    /// @notice The namehash is not that of a name entry: it does not exist, or is a note or a fact.
    error UnknownEntry(bytes32 namehash);

    /// @notice The account has nothing registered on the entry.
    error NoBindExists(bytes32 namehash);

    /// @notice Approval by signature, as in ERC-2612, for the amount to be locked.
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice Part of the published interface. Always reverts with InvalidInitialization: the constructor did it.
    function initialize(address _hypr, address _admin) external;

    /// @notice Locks HYPR, adds to a lock, or extends it.
    /// @dev Three uses:
    /// - first lock: `_amount > 0`, the lock ends after `_duration`;
    /// - adding: `_amount > 0`; what remains is then the mean of the old remaining time and `_duration`, weighted by
    ///   amount (see calculateNewLockDuration). It may end earlier than before, but not before a registration does:
    ///   then InvalidDuration states the least `_duration`;
    /// - extending: `_amount == 0`, the lock ends after `_duration`, which must be longer than what remains.
    /// Reverts with InvalidAmount, InvalidDuration, NoLockExists (extending without a lock) or LockExpired.
    /// @param _amount HYPR to lock, at most 1e27.
    /// @param _duration Between four weeks and 208 weeks, in every use.
    function manageLock(uint256 _amount, uint256 _duration) external;

    /// @notice Ends an expired lock: gives back up to 64 of its registrations, which have all ended, and pays out what
    /// is not registered.
    /// @dev Reverts with NoLockExists or LockNotExpired.
    /// @return done Whether all was paid out. If not, call again.
    function withdraw() external returns (bool done);

    /// @notice Registers locked HYPR, adds to a registration, extends it, gives it back, or moves it.
    /// @dev Uses, with zero standing for "not registered":
    /// - new: zero to entry, `_maxAmount > 0`, `_duration` at least four weeks. Anyone may register on any name entry;
    /// - adding: zero to entry, `_maxAmount > 0`, `_duration == 0`;
    /// - extending: zero to entry, any `_maxAmount`, `_duration` being the seconds added;
    /// - giving back: expired entry to zero, `_maxAmount > 0`, `_duration == 0`. All of it is given back;
    /// - moving: expired entry to entry. All of it is given back, and `_maxAmount` of it, or all if that is less, is
    ///   registered on the destination as if from zero.
    /// A registration ends at the latest with the lock: a longer `_duration` (up to 208 weeks) is cut to that. So a lock
    /// of four weeks can be registered only in the same transaction, with lockAndRegister. An
    /// expired registration at the destination is given back first, and counts as none.
    /// Reverts with InvalidParam (source equals destination), NoLockExists, LockExpired (except when giving back),
    /// DefaultDestinationInvalidParams, NoBindExists, SourceNotExpired, InsufficientLockAmount, ZeroAmountForNewBind,
    /// ZeroDurationForNewBind, UnknownEntry, ZeroAmount (nothing to add or extend) or InvalidDuration.
    function transferRegistration(
        bytes32 _srcNamehash,
        bytes32 _dstNamehash,
        uint256 _maxAmount,
        uint256 _duration
    ) external;

    /// @notice `manageLock(amount, lockDuration)`, then `transferRegistration(0, entry, amount, registrationDuration)`,
    /// with a nonzero amount. Reverts as they do.
    function lockAndRegister(
        uint256 amount,
        uint256 lockDuration,
        bytes32 entry,
        uint256 registrationDuration
    ) external;

    /// @notice As lockAndRegister, after approving this contract for `amount` by the caller's signature.
    /// @dev A permit that was used already, by whoever saw it, is no failure as long as the approval stands.
    function lockAndRegisterWithPermit(
        uint256 amount,
        uint256 lockDuration,
        bytes32 entry,
        uint256 registrationDuration,
        Permit calldata permit
    ) external;

    /// @notice Brings sums of votes up to date, and records the time of this block. Never needed: reading does the
    /// same in memory. It makes reading cheaper after months without a write, and `minSecondsPerBlock` matter less.
    /// @param account The delegate whose received votes to settle, or zero for the total.
    /// @param weeks_ How many weeks at most.
    function settle(address account, uint256 weeks_) external;

    /// @notice Moves the votes of one lock from a delegate to another. Only the governance token may call.
    /// @dev The sums are exact, so the votes held before are not needed; they are part of the published interface.
    /// @param _unlockTime End of the lock.
    /// @param _movedVotes Its value: `v - v^2 / 2e27`.
    /// @param _sender Delegate that loses it; zero when the owner of the lock does.
    /// @param _senderVotesBefore Not used.
    /// @param _dst Delegate that gets it; zero when the owner of the lock does.
    /// @param _dstVotesBefore Not used.
    function updateDelegationMultipliers(
        uint256 _unlockTime,
        uint256 _movedVotes,
        address _sender,
        uint256 _senderVotesBefore,
        address _dst,
        uint256 _dstVotesBefore
    ) external;

    /// @notice Records whether another account votes with `account`'s lock. Only the governance token may call.
    function setDelegated(address account, bool delegated) external;

    /// @notice A lock; zeros when there is none.
    function getLockDetails(
        address account
    ) external view returns (uint256 amount, uint256 endTime, uint256 remainingTime);

    /// @notice What an account has registered on an entry; for namehash zero, what it has locked and not registered.
    function getRegistrationDetails(
        bytes32 _namehash,
        address _user
    ) external view returns (uint256 amount, uint256 endTime, uint256 remainingTime);

    /// @notice The entries an account has registrations on, expired ones included; first zero, if some HYPR is locked
    /// and not registered.
    function getUserBinds(address user) external view returns (bytes32[] memory);

    /// @notice Whether the account has a lock that has ended.
    function isLockExpired(address account) external view returns (bool);

    /// @notice Weight of an entry: the sum of its active registrations, of all accounts, exact to the second.
    /// @dev Reads at most 30 slots, whatever happened before.
    function weightOf(bytes32 entry) external view returns (uint256);

    /// @notice `(v - v^2 / 2e27) * multiplier(duration)`, the power of a lock of its own. Durations below four weeks
    /// count as four weeks, zero as none. Reverts with InvalidAmount above 1e27.
    function calculateVotingPower(uint256 _value, uint256 _lockDuration) external pure returns (uint256);

    /// @notice Votes of an account at the end of a block: of its own lock, unless delegated, and of those delegated to
    /// it. Account zero stands for all locks. For the current block the time is now.
    /// @dev An own lock counts by the curve. In sums a lock counts without the floor of four weeks and as ending with a
    /// week: for a delegate the one before its end, so that delegating creates no votes; for the total the one
    /// after its end. The time of a past block is that of the last recorded block before it, plus
    /// `minSecondsPerBlock` for each block since. Reverts with InvalidParam for a future block. Reads a slot for every
    /// four weeks without a write, at most 120 of them, and those of two binary searches.
    function votesAt(address account, uint256 blockNumber) external view returns (uint256);

    /// @notice As `votesAt`, for whoever asks often about one block and has `timeOf` it at hand; that saves a search.
    /// @param time `timeOf(blockNumber)`; with any other value the answer means nothing.
    function votesAtTime(address account, uint256 blockNumber, uint256 time) external view returns (uint256);

    /// @notice Time of a block as votes see it, in seconds since 1970: see votesAt. The same for ever once the block is
    /// past. Reverts with InvalidParam for a future block.
    function timeOf(uint256 blockNumber) external view returns (uint256);

    /// @notice What the lock of `account` added to the votes of `delegatee`, its delegate then, at the end of a block.
    /// @dev Of all who delegated to it together no more than `votesAt(delegatee, blockNumber)`. Zero when the account had
    /// not delegated. Reverts with InvalidParam for a future block.
    function delegatedVotesAt(address account, address delegatee, uint256 blockNumber) external view returns (uint256);

    /// @notice Value (before the multiplier) an account votes with now; account zero stands for all locks.
    function valueOf(address account) external view returns (uint256);

    /// @notice Votes of an account per value at the end of a block. Account zero stands for all locks. Zero for none.
    function getMultiplier(address _account, uint256 _timepoint) external view returns (uint256);

    /// @notice When the account's own lock ends; zero for none.
    function getUserUnlockStamp(address account) external view returns (uint256);

    /// @notice Mean end of the locks that the account votes with, weighted by value; zero for none.
    function getUserOrDelegatedUnlockStamp(address account) external view returns (uint256);

    /// @notice When a lock would end after adding to it now.
    function calculateWeightedUnlockStamp(
        uint256 _remainingDuration,
        uint256 _currentBalance,
        uint256 _newLockDuration,
        uint256 _newLockAmount
    ) external view returns (uint256);

    /// @notice Least duration to add `_newLockAmount` with, so that the lock ends no earlier than `_unlockStamp`; four
    /// weeks if less would do. Reverts with ZeroAmount when nothing is added.
    function calculateNewLockDuration(
        uint256 _unlockStamp,
        uint256 _remainingDuration,
        uint256 _currentBalance,
        uint256 _newLockAmount
    ) external view returns (uint256);

    /// @notice The HYPR token.
    function hypr() external view returns (address);

    /// @notice The governance token, gHYPR.
    function gHypr() external view returns (address);

    /// @notice The namespace whose entries can be registered on.
    function hypermap() external view returns (address);

    /// @notice Seconds that pass at least from one block to the next.
    function minSecondsPerBlock() external view returns (uint256);
}
