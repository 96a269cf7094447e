// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountPaidMinter} from "../accounts/HyperAccountPaidMinter.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {EntryHolder} from "./EntryHolder.sol";
import {IUseRule} from "./IUseRule.sol";
import {HeldEntries} from "./libraries/HeldEntries.sol";

/// @title The account of a zone whose names are for rent, paid in ETH per period.
/// @notice `mint` with one period's rent makes `to` the tenant. The entry stays with an `EntryHolder`, through which the
/// tenant uses it while the rent is paid:
///
///     Vacant --mint--> Current --paidUntil--> Grace --grace over--> Lapsed --mint, by a new tenant--> Current
///                         ^                     |                      |
///                         +------payRent--------+                      +--reclaim, by the owner--> Vacant
///
/// During grace nobody can use the entry, and only paying the arrears brings it back. A tenant's rent never changes; a new
/// price holds for later tenants. What the last tenant wrote stays until the next one overwrites it.
/// @dev Tenants trust the owner of the zone, who may act as the zone's account, as with every minter.
contract RentMinter is HyperAccountPaidMinter, IUseRule {
    using HeldEntries for HeldEntries.Template;

    /// @notice See the diagram above.
    enum State {
        Vacant,
        Current,
        Grace,
        Lapsed
    }

    /// @notice Who rents an entry.
    /// @param tenant The tenant; zero when the entry is vacant.
    /// @param paidUntil Seconds since 1970 until which rent is paid.
    /// @param rent Wei per period.
    struct Tenancy {
        address tenant;
        uint64 paidUntil;
        uint256 rent;
    }

    /// @custom:storage-location erc7201:hyperware.storage.RentMinter
    struct RentStorage {
        mapping(bytes32 entry => Tenancy) tenancies;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("hyperware.storage.RentMinter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant RENT_SLOT = 0x195770dbd762874f3853a73810332012eb36ef5c8ad30ea32a97ec55dba02100;

    /// @dev Longest time that rent may be paid ahead, in seconds.
    uint256 private constant MAX_AHEAD = 3650 days;

    /// @notice Seconds that one payment of rent lasts.
    uint256 public immutable period;

    /// @notice Seconds for which unpaid rent can still be paid.
    uint256 public immutable grace;

    address private immutable HOLDER;
    address private immutable HELD_ACCOUNT;

    /// @notice Rent was paid, for the first time or again; `paidUntil` in seconds since 1970, `rent` in wei per period.
    event RentPaid(bytes32 indexed entry, address indexed tenant, uint256 paidUntil, uint256 rent);

    /// @notice A tenant handed its tenancy to another.
    event Assigned(bytes32 indexed entry, address indexed from, address indexed to);

    /// @notice The owner of the zone took a lapsed entry back.
    event Reclaimed(bytes32 indexed entry, address indexed to);

    /// @notice A period must last from one second to ten years, and grace no longer.
    error TermOutOfRange(string term, uint256 given, uint256 least, uint256 most);

    /// @notice The entry is rented.
    /// @param lapsesAt When it can be had if no more rent is paid, in seconds since 1970.
    error NotVacant(bytes32 entry, uint256 lapsesAt);

    /// @notice The tenancy is in another state than the action needs.
    error WrongState(bytes32 entry, State actual, State expected);

    /// @notice Only the tenant may do this.
    error NotTenant(address caller, address tenant);

    /// @notice Nobody was named as tenant.
    error TenantMissing();

    /// @notice Rent must be paid for at least one period, and at most to `latest`, in seconds since 1970.
    error PeriodsOutOfRange(uint256 periods, uint256 paidUntil, uint256 latest);

    /// @param entryPoint_ See HyperAccount.
    /// @param period_ Seconds, 1 to 315,360,000 (ten years).
    /// @param grace_ Seconds, 0 to 315,360,000.
    /// @param template What entries are minted into; see HeldEntries.
    constructor(
        address entryPoint_,
        uint256 period_,
        uint256 grace_,
        HeldEntries.Template memory template
    ) HyperAccountPaidMinter(entryPoint_) {
        if (period_ == 0 || period_ > MAX_AHEAD) revert TermOutOfRange("period", period_, 1, MAX_AHEAD);
        if (grace_ > MAX_AHEAD) revert TermOutOfRange("grace", grace_, 0, MAX_AHEAD);
        HeldEntries.requireNoEntryPoint(template.account);
        period = period_;
        grace = grace_;
        HOLDER = template.holder;
        HELD_ACCOUNT = template.account;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Rents `name` to `to` for one period, minting it if nobody rented it before. Costs `currentPrice()` wei.
    /// @dev Reverts with NotVacant, TenantMissing, InvalidPrice, IncorrectPayment, InitializationNotAllowed,
    /// ImplementationNotAllowed, or as `IHypermap.mint`.
    /// @param initialization Must be empty.
    /// @param implementation Must be zero, or the code all entries of the zone have.
    function mint(
        address to,
        bytes calldata name,
        bytes calldata initialization,
        address implementation
    ) external payable override returns (address tba) {
        _beforeMint(name);
        _template().requirePlain(initialization, implementation);
        if (to == address(0)) revert TenantMissing();
        IHypermap map = IHypermap(hypermap());
        bytes32 entry = _entryOf(map, name);
        State before = stateOf(entry);
        if (before == State.Current || before == State.Grace) revert NotVacant(entry, _lapsesAt(entry));

        Tenancy storage tenancy = _rents().tenancies[entry];
        (tenancy.tenant, tenancy.rent) = (to, currentPrice());
        _setPaidUntil(entry, block.timestamp + period);
        if (before == State.Lapsed) return map.tbaOf(entry);
        return _template().mint(map, entry, name);
    }

    /// @notice Pays rent for `periods` more periods, up to ten years ahead. Anyone may pay; the sum must be exact.
    /// @dev Reverts with WrongState (expected Current; Grace will do), PeriodsOutOfRange or IncorrectPayment.
    function payRent(bytes32 entry, uint256 periods) external payable {
        State now_ = stateOf(entry);
        if (now_ != State.Current && now_ != State.Grace) revert WrongState(entry, now_, State.Current);
        Tenancy storage tenancy = _rents().tenancies[entry];
        uint256 latest = block.timestamp + MAX_AHEAD;
        uint256 paidUntil = periods > MAX_AHEAD ? type(uint256).max : tenancy.paidUntil + periods * period;
        if (periods == 0 || paidUntil > latest) revert PeriodsOutOfRange(periods, paidUntil, latest);
        _requirePayment(periods * tenancy.rent);
        _setPaidUntil(entry, paidUntil);
    }

    /// @notice Hands the tenancy to `to`. Only for the tenant, while the rent is paid.
    /// @dev Reverts with WrongState, NotTenant or TenantMissing.
    function assign(bytes32 entry, address to) external {
        _requireState(entry, State.Current);
        Tenancy storage tenancy = _rents().tenancies[entry];
        if (msg.sender != tenancy.tenant) revert NotTenant(msg.sender, tenancy.tenant);
        if (to == address(0)) revert TenantMissing();
        tenancy.tenant = to;
        emit Assigned(entry, msg.sender, to);
    }

    /// @notice Takes a lapsed entry off the market and hands it to `to`. Only for the owner of the zone; else NotOperator.
    /// @dev Reverts with WrongState.
    function reclaim(bytes32 entry, address to) external onlyOperator {
        _requireState(entry, State.Lapsed);
        delete _rents().tenancies[entry];
        emit Reclaimed(entry, to);
        EntryHolder(holderOf(entry)).release(to);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Where the tenancy of `entry` stands.
    function stateOf(bytes32 entry) public view returns (State) {
        if (_rents().tenancies[entry].tenant == address(0)) return State.Vacant;
        if (block.timestamp < _rents().tenancies[entry].paidUntil) return State.Current;
        return block.timestamp < _lapsesAt(entry) ? State.Grace : State.Lapsed;
    }

    /// @notice Who rents `entry`, until when, for how much; the last tenant's once it has lapsed.
    function tenancyOf(bytes32 entry) external view returns (Tenancy memory) {
        return _rents().tenancies[entry];
    }

    /// @inheritdoc IUseRule
    function userOf(bytes32 entry) external view returns (address) {
        return stateOf(entry) == State.Current ? _rents().tenancies[entry].tenant : address(0);
    }

    /// @notice The EntryHolder through which the tenant uses `entry`.
    function holderOf(bytes32 entry) public view returns (address) {
        return _template().holderOf(IHypermap(hypermap()), entry);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _setPaidUntil(bytes32 entry, uint256 paidUntil) private {
        Tenancy storage tenancy = _rents().tenancies[entry];
        tenancy.paidUntil = uint64(paidUntil);
        emit RentPaid(entry, tenancy.tenant, paidUntil, tenancy.rent);
    }

    function _requireState(bytes32 entry, State expected) private view {
        State actual = stateOf(entry);
        if (actual != expected) revert WrongState(entry, actual, expected);
    }

    function _lapsesAt(bytes32 entry) private view returns (uint256) {
        return _rents().tenancies[entry].paidUntil + grace;
    }

    function _entryOf(IHypermap map, bytes calldata name) private view returns (bytes32) {
        (, , uint256 zone) = token();
        return map.leaf(bytes32(zone), name);
    }

    function _template() private view returns (HeldEntries.Template memory) {
        return HeldEntries.Template(HOLDER, HELD_ACCOUNT);
    }

    function _rents() private pure returns (RentStorage storage $) {
        assembly {
            $.slot := RENT_SLOT
        }
    }
}
