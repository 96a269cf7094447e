// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IAuction} from "./IAuction.sol";
import {IPhase} from "./IPhase.sol";
import {Ledger} from "./libraries/Ledger.sol";

/// @title What every kind of auction has in common: lot, lifecycle, refunds, earnings. `IAuction` is its manual.
/// @notice A kind adds how bids compete: `_bid`, `minimumBid`, and, where they differ, `_running` and `_finalPrice`.
abstract contract Auction is IAuction {
    using Ledger for IERC20;
    using Ledger for Ledger.Accounts;

    // ----------------------------------------------------------------------------------------------------- storage

    uint256 private constant MAX_LOT = 32;
    uint256 private constant MAX_DURATION = 365 days;

    /// @inheritdoc IAuction
    IHypermap public immutable hypermap;

    /// @inheritdoc IAuction
    IERC20 public immutable token;

    /// @inheritdoc IAuction
    IPhase public immutable phases;

    /// @inheritdoc IAuction
    address public immutable returnTo;

    /// @inheritdoc IAuction
    uint256 public immutable reserve;

    /// @inheritdoc IAuction
    uint256 public immutable duration;

    bytes32[] private _lot;

    /// @inheritdoc IAuction
    address public winner;

    /// @inheritdoc IAuction
    uint256 public price;

    /// @dev When bidding began, in seconds since 1970; zero before.
    uint256 internal _openedAt;

    /// @inheritdoc IAuction
    uint256 public closesAt;

    /// @inheritdoc IAuction
    address public lotRecipient;

    /// @dev `Sold` or `Unsold` at the end, `Awaiting` until then.
    State private _outcome;

    Ledger.Accounts internal _ledger;

    // ------------------------------------------------------------------------------------------------- constructor

    constructor(Terms memory terms) {
        _requireRange("lot", terms.lot.length, 1, MAX_LOT);
        _requireRange("reserve", terms.reserve, 1, type(uint256).max);
        _requireRange("duration", terms.duration, 1, MAX_DURATION);
        _requireRange("returnTo", uint160(terms.returnTo), 1, type(uint160).max);
        for (uint256 i = 1; i < terms.lot.length; ++i) {
            if (terms.lot[i] <= terms.lot[i - 1]) revert LotNotAscending(i);
        }
        hypermap = terms.hypermap;
        token = terms.token;
        phases = terms.phases;
        returnTo = terms.returnTo;
        reserve = terms.reserve;
        duration = terms.duration;
        _lot = terms.lot;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Accepts the entries of the lot before the auction opens, and opens it with the last one.
    /// @dev Reverts with NotHypermap, NotInLot or WrongState.
    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external returns (bytes4) {
        if (msg.sender != address(hypermap)) revert NotHypermap(msg.sender, address(hypermap));
        _requireState(State.Awaiting);
        if (!_inLot(bytes32(tokenId))) revert NotInLot(bytes32(tokenId));
        (bool complete, ) = _findMissing();
        if (complete) _open();
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @inheritdoc IAuction
    function open() external {
        _requireState(State.Awaiting);
        (bool complete, bytes32 missing) = _findMissing();
        if (!complete) revert LotIncomplete(missing);
        _open();
    }

    /// @inheritdoc IAuction
    function cancel() external {
        _requireState(State.Awaiting);
        if (msg.sender != returnTo) revert NotPermitted(msg.sender, returnTo);
        _endUnsold();
    }

    /// @inheritdoc IAuction
    function bid(uint256 amount, bytes32 seal) external {
        _requireState(State.Open);
        uint256 due = _bid(msg.sender, amount, seal);
        token.take(msg.sender, due);
    }

    /// @inheritdoc IAuction
    function settle() external {
        _requireState(State.Closed);
        if (winner == address(0)) return _endUnsold();
        _outcome = State.Sold;
        uint256 paid = _finalPrice();
        lotRecipient = _recipientOfSale(paid);
        address treasury = _ledger.earn(token, phases, paid);
        emit Sold(winner, paid, treasury);
    }

    /// @inheritdoc IAuction
    function collect(address to) external {
        State now_ = state();
        if (now_ != State.Sold && now_ != State.Unsold) revert WrongState(now_, State.Sold);
        if (to != lotRecipient && msg.sender != lotRecipient) revert NotPermitted(msg.sender, lotRecipient);
        _deliver(to);
    }

    /// @inheritdoc IAuction
    function withdraw(address account) external {
        _beforeWithdraw(account);
        uint256 amount = _ledger.pay(token, account);
        if (amount == 0) revert NothingOwed(account);
        emit Withdrawn(account, amount);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IAuction
    function state() public view returns (State) {
        if (_outcome != State.Awaiting) return _outcome;
        return _openedAt == 0 ? State.Awaiting : _running();
    }

    /// @inheritdoc IAuction
    function minimumBid() public view virtual returns (uint256);

    /// @inheritdoc IAuction
    function owedTo(address account) public view virtual returns (uint256) {
        return _ledger.owed[account];
    }

    /// @inheritdoc IAuction
    function lot() public view returns (bytes32[] memory) {
        return _lot;
    }

    // ------------------------------------------------------------------------------------------ what a kind decides

    /// @dev Records a bid or reverts. The caller has checked that bidding is open, and takes the payment afterwards.
    /// @return due Base units the bidder pays now.
    function _bid(address bidder, uint256 amount, bytes32 seal) internal virtual returns (uint256 due);

    /// @dev State between opening and settlement.
    function _running() internal view virtual returns (State) {
        return block.timestamp < closesAt ? State.Open : State.Closed;
    }

    /// @dev What the winner pays of `price`, which it has paid in; the rest must be credited here.
    function _finalPrice() internal virtual returns (uint256) {
        return price;
    }

    /// @dev Who may collect a sold lot.
    function _recipientOfSale(uint256) internal virtual returns (address) {
        return winner;
    }

    /// @dev Credits what the account is owed by then but has not been credited.
    function _beforeWithdraw(address account) internal virtual {}

    // ---------------------------------------------------------------------------------------------------- internal

    function _open() private {
        _openedAt = block.timestamp;
        closesAt = _closingTime();
        emit Opened(_lot, closesAt);
    }

    /// @dev When an auction that opens now closes.
    function _closingTime() internal view virtual returns (uint256) {
        return block.timestamp + duration;
    }

    /// @dev Hands over what is here of the lot. No receiver is asked, so none can refuse.
    function _deliver(address to) internal {
        for (uint256 i = 0; i < _lot.length; ++i) {
            if (_holds(_lot[i])) IERC721(address(hypermap)).transferFrom(address(this), to, uint256(_lot[i]));
        }
        emit Collected(to);
    }

    function _endUnsold() private {
        _outcome = State.Unsold;
        lotRecipient = returnTo;
        emit Unsold();
    }

    function _requireState(State expected) internal view {
        State actual = state();
        if (actual != expected) revert WrongState(actual, expected);
    }

    function _requireOpenBid(uint256 amount, bytes32 seal) internal view {
        if (seal != 0) revert SealNotExpected(seal);
        uint256 minimum = minimumBid();
        if (amount < minimum) revert BidTooLow(amount, minimum);
    }

    function _requireRange(string memory term, uint256 given, uint256 least, uint256 most) internal pure {
        if (given < least || given > most) revert TermOutOfRange(term, given, least, most);
    }

    function _findMissing() private view returns (bool complete, bytes32 missing) {
        for (uint256 i = 0; i < _lot.length; ++i) {
            if (!_holds(_lot[i])) return (false, _lot[i]);
        }
        return (true, 0);
    }

    /// @dev `get` answers for entries that do not exist, where `ownerOf` would revert.
    function _holds(bytes32 entry) private view returns (bool) {
        (, address owner, ) = hypermap.get(entry);
        return owner == address(this);
    }

    function _inLot(bytes32 entry) private view returns (bool) {
        for (uint256 i = 0; i < _lot.length; ++i) {
            if (_lot[i] == entry) return true;
        }
        return false;
    }
}
