// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {EntryCalls} from "../zones/libraries/EntryCalls.sol";
import {IPhase} from "./IPhase.sol";
import {Ledger} from "./libraries/Ledger.sol";

/// @title Owns a leased lot: its tenant uses the zones for a time and pays rent, then they go back.
/// @notice The first period's rent was paid in the auction.
///
///     Current --paidUntil, before endsAt--> Grace --grace over--> Over --returnLot--> the lot is back
///        ^  |                                 |                    ^
///        +--+-----------payRent---------------+                    |
///           +-----------endsAt-------------------------------------+
///
/// During grace the tenant cannot use the zones, and only paying brings them back. The tenant may mint sub-entries, which
/// are their owners' for good, and write notes, which the next holder may overwrite; nothing that would bind the zones
/// beyond the lease: no facts, no genes, no other calls.
contract ZoneLease {
    using Ledger for IERC20;
    using Ledger for Ledger.Accounts;

    /// @notice See the diagram above.
    enum State {
        Current,
        Grace,
        Over
    }

    /// @notice What lasts through the whole lease.
    /// @param hypermap Where the leased entries live.
    /// @param token ERC-20 in which rent is paid.
    /// @param phases Tells, with every payment, where the rent goes.
    /// @param returnTo Who gets the lot at the end.
    /// @param rent Base units per period.
    /// @param period Seconds that one payment lasts.
    /// @param periods Most periods the lease lasts.
    /// @param grace Seconds for which unpaid rent can still be paid.
    struct Lease {
        IHypermap hypermap;
        IERC20 token;
        IPhase phases;
        address returnTo;
        uint256 rent;
        uint256 period;
        uint256 periods;
        uint256 grace;
    }

    // ----------------------------------------------------------------------------------------------------- storage

    /// @notice Where the leased entries live.
    IHypermap public immutable hypermap;

    /// @notice ERC-20 in which rent is paid.
    IERC20 public immutable token;

    /// @notice Tells, with every payment, where the rent goes.
    IPhase public immutable phases;

    /// @notice Who gets the lot at the end.
    address public immutable returnTo;

    /// @notice Base units per period.
    uint256 public immutable rent;

    /// @notice Seconds that one payment lasts.
    uint256 public immutable period;

    /// @notice Seconds for which unpaid rent can still be paid.
    uint256 public immutable grace;

    /// @notice Seconds since 1970 at which the lease ends at the latest.
    uint256 public immutable endsAt;

    /// @notice Who uses the zones.
    address public tenant;

    /// @notice Seconds since 1970 until which rent is paid.
    uint256 public paidUntil;

    bytes32[] private _lot;
    Ledger.Accounts private _ledger;

    // ------------------------------------------------------------------------------------------- events and errors

    /// @notice Rent was paid.
    /// @param paidUntil Seconds since 1970.
    /// @param amount Base units.
    /// @param treasury Who may withdraw it; zero when it was burned.
    event RentPaid(uint256 paidUntil, uint256 amount, address indexed treasury);

    /// @notice The tenant handed the lease to another.
    event Assigned(address indexed from, address indexed to);

    /// @notice The lot went back.
    event Returned(address indexed to);

    /// @notice The treasury was paid what it was owed.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice The lease is in another state than the action needs.
    error WrongState(State actual, State expected);

    /// @notice Only the tenant may do this.
    error NotTenant(address caller, address tenant);

    /// @notice Nobody was named as tenant.
    error TenantMissing();

    /// @notice Rent can be paid for one period at least and `most` now.
    error PeriodsOutOfRange(uint256 periods, uint256 most);

    /// @notice The account has nothing to withdraw.
    error NothingOwed(address account);

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param lease See `Lease`; its first period begins now and is paid.
    /// @param lot_ Namehashes of the entries that will be transferred here.
    /// @param tenant_ Who uses the zones.
    constructor(Lease memory lease, bytes32[] memory lot_, address tenant_) {
        hypermap = lease.hypermap;
        token = lease.token;
        phases = lease.phases;
        returnTo = lease.returnTo;
        rent = lease.rent;
        period = lease.period;
        grace = lease.grace;
        endsAt = block.timestamp + lease.periods * lease.period;
        paidUntil = block.timestamp + lease.period;
        tenant = tenant_;
        _lot = lot_;
    }

    modifier onlyTenant() {
        if (msg.sender != tenant) revert NotTenant(msg.sender, tenant);
        State now_ = state();
        if (now_ != State.Current) revert WrongState(now_, State.Current);
        _;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Mints `label` beneath a leased entry. Only for the tenant, while the rent is paid.
    /// @dev Reverts with NotTenant, WrongState, or as `IHypermap.mint`, whose other arguments these are.
    function mint(
        bytes32 entry,
        address to,
        bytes calldata label,
        bytes calldata initialization,
        address implementation
    ) external onlyTenant returns (address tba) {
        bytes memory data = abi.encodeCall(IHypermap.mint, (to, label, initialization, implementation));
        return abi.decode(_call(entry, data), (address));
    }

    /// @notice Writes a note beneath a leased entry. Only for the tenant, while the rent is paid.
    /// @dev Reverts with NotTenant, WrongState, or as `IHypermap.note`, whose other arguments these are.
    function note(bytes32 entry, bytes calldata label, bytes calldata data) external onlyTenant returns (bytes32) {
        return abi.decode(_call(entry, abi.encodeCall(IHypermap.note, (label, data))), (bytes32));
    }

    /// @notice Pays rent for `periods` more periods. Anyone who has approved this contract for the sum may pay.
    /// @dev Reverts with WrongState (expected Current; Grace will do), PeriodsOutOfRange, or the token's own error.
    function payRent(uint256 periods) external {
        State now_ = state();
        if (now_ == State.Over) revert WrongState(now_, State.Current);
        uint256 most = (endsAt - paidUntil) / period;
        if (periods == 0 || periods > most) revert PeriodsOutOfRange(periods, most);
        uint256 amount = periods * rent;
        paidUntil += periods * period;
        token.take(msg.sender, amount);
        address treasury = _ledger.earn(token, phases, amount);
        emit RentPaid(paidUntil, amount, treasury);
    }

    /// @notice Hands the lease to `to`. Only for the tenant, while the rent is paid.
    /// @dev Reverts with NotTenant, WrongState or TenantMissing.
    function assign(address to) external onlyTenant {
        if (to == address(0)) revert TenantMissing();
        tenant = to;
        emit Assigned(msg.sender, to);
    }

    /// @notice Gives the lot back once the lease is over. Anyone may call.
    /// @dev Reverts with WrongState.
    function returnLot() external {
        State now_ = state();
        if (now_ != State.Over) revert WrongState(now_, State.Over);
        for (uint256 i = 0; i < _lot.length; ++i) {
            (, address owner, ) = hypermap.get(_lot[i]);
            if (owner != address(this)) continue;
            IERC721(address(hypermap)).transferFrom(address(this), returnTo, uint256(_lot[i]));
        }
        emit Returned(returnTo);
    }

    /// @notice Pays `account` everything it is owed. Anyone may call.
    /// @dev Reverts with NothingOwed.
    function withdraw(address account) external {
        uint256 amount = _ledger.pay(token, account);
        if (amount == 0) revert NothingOwed(account);
        emit Withdrawn(account, amount);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Where the lease stands.
    function state() public view returns (State) {
        if (block.timestamp < paidUntil) return State.Current;
        return paidUntil < endsAt && block.timestamp < paidUntil + grace ? State.Grace : State.Over;
    }

    /// @notice What `withdraw` would pay `account` now, in base units.
    function owedTo(address account) external view returns (uint256) {
        return _ledger.owed[account];
    }

    /// @notice Namehashes of the leased entries.
    function lot() external view returns (bytes32[] memory) {
        return _lot;
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _call(bytes32 entry, bytes memory data) private returns (bytes memory) {
        return EntryCalls.perform(hypermap, entry, address(hypermap), 0, data);
    }
}
