// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IPhase} from "./IPhase.sol";

/// @title The sale of one lot, a name entry or a bundle of them, to whoever bids best.
/// @notice One contract holds one auction, so that voters can read all its terms before they approve it. Governance mints
/// the zones to its address; when the last one of the lot has arrived it opens by itself. Bids are paid in one ERC-20
/// token, HYPR. What it earns goes to the treasury, or is burned from phase 3 on, as the phase says at settlement.
///
///     Awaiting --the lot is complete--> Open --closing time, or a sale--> Closed --settle--> Sold
///        |                               |                                  |        |
///        |                               +--> Revealing (sealed bids) ------+        +-----> Unsold
///        +--cancel---------------------------------------------------------------------------> Unsold
///
/// Nothing is pushed to anybody: refunds and earnings wait for `withdraw`, the lot waits for `collect`. An account that
/// cannot receive therefore delays nobody but itself.
/// @dev Assumptions that keep it safe:
/// - the token moves exactly what it is told to (checked with every bid), never by itself, and answers to nobody's will;
/// - Hypermap never moves an entry without its owner or the owner's approval; the auction gives none;
/// - the phase contract answers, and names a treasury before phase 3, else settlement (not withdrawal) waits for it.
interface IAuction is IERC721Receiver {
    /// @notice See the diagram above. `Revealing` occurs with sealed bids only.
    enum State {
        Awaiting,
        Open,
        Revealing,
        Closed,
        Sold,
        Unsold
    }

    /// @notice What every kind of auction is told at construction.
    /// @param hypermap Where the lot's entries live.
    /// @param token ERC-20 in which bids are paid.
    /// @param phases Tells, at settlement, where the earnings go.
    /// @param returnTo Who gets an unsold lot back, and may cancel before the auction opens.
    /// @param lot Namehashes of the entries for sale, ascending, 1 to 32.
    /// @param reserve Least amount accepted, in base units of the token, not zero.
    /// @param duration Seconds that bidding lasts from the opening on, 1 to 31,536,000 (365 days).
    struct Terms {
        IHypermap hypermap;
        IERC20 token;
        IPhase phases;
        address returnTo;
        bytes32[] lot;
        uint256 reserve;
        uint256 duration;
    }

    /// @notice The lot is complete and bidding begins.
    /// @param lot Namehashes of the entries for sale.
    /// @param closesAt Seconds since 1970 at which the auction closes, unless a bid moves that.
    event Opened(bytes32[] lot, uint256 closesAt);

    /// @notice A bid was taken.
    /// @param bidder Who bid.
    /// @param amount Base units that the bid binds; for a sealed bid its whole deposit.
    /// @param closesAt When the auction closes now, in seconds since 1970.
    event Bid(address indexed bidder, uint256 amount, uint256 closesAt);

    /// @notice The auction ended in a sale.
    /// @param winner Who won.
    /// @param price Base units paid.
    /// @param treasury Who may withdraw the price; zero when it was burned.
    event Sold(address indexed winner, uint256 price, address indexed treasury);

    /// @notice The auction ended without a sale.
    event Unsold();

    /// @notice The lot, or what had arrived of it, left the auction.
    event Collected(address indexed to);

    /// @notice An account was paid what it was owed.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice The action is not possible in this state.
    error WrongState(State actual, State expected);

    /// @notice A constructor argument is out of range.
    /// @param term Name of the argument.
    /// @param given Its value.
    /// @param least Smallest value accepted.
    /// @param most Largest value accepted.
    error TermOutOfRange(string term, uint256 given, uint256 least, uint256 most);

    /// @notice The lot's namehashes do not ascend.
    /// @param index Place of the one that is not above the one before it.
    error LotNotAscending(uint256 index);

    /// @notice A token of another contract than Hypermap arrived.
    error NotHypermap(address offered, address expected);

    /// @notice An entry that is not part of the lot arrived.
    error NotInLot(bytes32 entry);

    /// @notice The auction cannot open before it holds every entry of its lot.
    /// @param missing The first entry it does not hold.
    error LotIncomplete(bytes32 missing);

    /// @notice The bid is below the least one accepted now.
    error BidTooLow(uint256 offered, uint256 minimum);

    /// @notice This kind of auction takes open bids only.
    error SealNotExpected(bytes32 offered);

    /// @notice Nobody but `expected` may do this.
    error NotPermitted(address caller, address expected);

    /// @notice The account has nothing to withdraw.
    error NothingOwed(address account);

    /// @notice Opens the auction when the whole lot has arrived without notice (a plain `transferFrom`). Anyone may call.
    /// @dev Reverts with WrongState or LotIncomplete.
    function open() external;

    /// @notice Ends an auction that has not opened. Only for `returnTo`.
    /// @dev Reverts with WrongState or NotPermitted.
    function cancel() external;

    /// @notice Bids, in base units. The caller must have approved the auction for the amount; it pays no more than that.
    /// @dev Reverts with WrongState, BidTooLow, SealNotExpected, or the token's own error.
    /// @param amount Highest amount the caller pays; for sealed bids, the deposit to add.
    /// @param seal Zero, except for sealed bids.
    function bid(uint256 amount, bytes32 seal) external;

    /// @notice Decides a closed auction and sends the price where the phase says. Anyone may call.
    /// @dev Reverts with WrongState, or NoTreasury.
    function settle() external;

    /// @notice Hands over the lot. Its recipient may name any address; anybody else only the recipient.
    /// @dev Reverts with WrongState or NotPermitted. Also recovers entries of the lot that arrive later.
    function collect(address to) external;

    /// @notice Pays `account` everything it is owed. Anyone may call.
    /// @dev Reverts with NothingOwed.
    function withdraw(address account) external;

    /// @notice Where the auction stands.
    function state() external view returns (State);

    /// @notice Least amount that `bid` accepts now from a new bidder, in base units.
    function minimumBid() external view returns (uint256);

    /// @notice What `withdraw` would pay `account` now, in base units.
    function owedTo(address account) external view returns (uint256);

    /// @notice The best bidder so far; zero for none.
    function winner() external view returns (address);

    /// @notice What the best bidder pays as things stand, in base units.
    function price() external view returns (uint256);

    /// @notice Seconds since 1970 at which the auction closes; zero before it opens.
    function closesAt() external view returns (uint256);

    /// @notice Whose the lot is once the auction ended; zero before.
    function lotRecipient() external view returns (address);

    /// @notice Namehashes of the entries for sale.
    function lot() external view returns (bytes32[] memory);

    /// @notice See `Terms`.
    function hypermap() external view returns (IHypermap);

    /// @notice See `Terms`.
    function token() external view returns (IERC20);

    /// @notice See `Terms`.
    function phases() external view returns (IPhase);

    /// @notice See `Terms`.
    function returnTo() external view returns (address);

    /// @notice See `Terms`.
    function reserve() external view returns (uint256);

    /// @notice See `Terms`.
    function duration() external view returns (uint256);
}
