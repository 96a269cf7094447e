// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Auction} from "./Auction.sol";
import {IAuction} from "./IAuction.sol";
import {Ledger} from "./libraries/Ledger.sol";

/// @title Hidden bids: the highest revealed one wins and pays the second highest, or the reserve.
/// @notice A bidder deposits at least what it bids, and a seal that hides how much that is:
///
///     opening ---- duration: deposits and seals ----> ---- revealDuration: reveals ----> closed
///                         (Open)                             (Revealing)
///
/// Nobody loses a bid by not revealing it: from closing time on the whole deposit is owed to its bidder, as it is to
/// every loser from the moment it is outbid. Nobody gains by not revealing either, since one's own bid never sets the
/// price one pays. Anybody who knows amount and salt may reveal for the bidder, so a bidder can leave that to others.
contract SealedAuction is Auction {
    using Ledger for Ledger.Accounts;

    uint256 private constant MAX_REVEAL = 30 days;

    /// @notice Seconds that reveals last after bidding ended.
    uint256 public immutable revealDuration;

    /// @notice What a bidder hides its amount under; zero when it has not bid, or has revealed.
    mapping(address bidder => bytes32) public sealOf;

    /// @notice What a bidder has paid in and neither revealed nor got back, in base units.
    mapping(address bidder => uint256) public depositOf;

    /// @notice The highest bid revealed so far, the winner's; `price` is what it pays.
    uint256 public highestBid;

    /// @notice A bid was revealed.
    /// @param bidder Whose bid.
    /// @param amount Base units bid.
    event Revealed(address indexed bidder, uint256 amount);

    /// @notice A sealed bid needs a seal.
    error SealMissing();

    /// @notice The seal of `bidder` hides another amount or salt; `expected` is zero when there is no bid to reveal.
    error SealMismatch(address bidder, bytes32 offered, bytes32 expected);

    /// @notice The bid is above what its bidder deposited. The deposit is owed back at closing time.
    error BidAboveDeposit(uint256 offered, uint256 deposit);

    /// @param terms See IAuction.
    /// @param revealDuration_ Seconds, 1 to 2,592,000 (30 days).
    constructor(Terms memory terms, uint256 revealDuration_) Auction(terms) {
        _requireRange("revealDuration", revealDuration_, 1, MAX_REVEAL);
        revealDuration = revealDuration_;
    }

    /// @notice Reveals the bid of `bidder`. Anyone who knows it may.
    /// @dev Of equal bids the one revealed first wins. Reverts with WrongState, SealMismatch, BidAboveDeposit or BidTooLow;
    /// a failed reveal changes nothing.
    /// @param amount Base units bid, from the reserve to the deposit.
    /// @param salt What the seal was made with.
    function reveal(address bidder, uint256 amount, bytes32 salt) external {
        _requireState(State.Revealing);
        bytes32 seal = sealFor(bidder, amount, salt);
        if (seal != sealOf[bidder]) revert SealMismatch(bidder, seal, sealOf[bidder]);
        if (amount > depositOf[bidder]) revert BidAboveDeposit(amount, depositOf[bidder]);
        if (amount < reserve) revert BidTooLow(amount, reserve);

        uint256 deposit = depositOf[bidder];
        delete sealOf[bidder];
        delete depositOf[bidder];
        emit Revealed(bidder, amount);
        if (amount <= highestBid) {
            price = Math.max(price, amount);
            return _ledger.credit(bidder, deposit);
        }
        if (winner != address(0)) _ledger.credit(winner, highestBid);
        price = Math.max(reserve, highestBid);
        winner = bidder;
        highestBid = amount;
        _ledger.credit(bidder, deposit - amount);
    }

    /// @notice Least deposit of a new bidder: the reserve.
    /// @inheritdoc IAuction
    function minimumBid() public view override returns (uint256) {
        return reserve;
    }

    /// @inheritdoc IAuction
    function owedTo(address account) public view override returns (uint256) {
        return super.owedTo(account) + (_revealsAreOver() ? depositOf[account] : 0);
    }

    /// @notice The seal of a bid: bound to this auction, its chain and the bidder, so that a copy is worth nothing.
    /// @param salt 32 random bytes; with less an amount can be guessed.
    function sealFor(address bidder, uint256 amount, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), bidder, amount, salt));
    }

    /// @dev A second bid of the same bidder adds to its deposit and replaces its seal; `amount` may be zero then.
    /// @inheritdoc Auction
    function _bid(address bidder, uint256 amount, bytes32 seal) internal override returns (uint256 due) {
        if (seal == 0) revert SealMissing();
        uint256 deposit = depositOf[bidder] + amount;
        if (deposit < reserve) revert BidTooLow(deposit, reserve);
        depositOf[bidder] = deposit;
        sealOf[bidder] = seal;
        emit Bid(bidder, deposit, closesAt);
        return amount;
    }

    /// @inheritdoc Auction
    function _running() internal view override returns (State) {
        if (block.timestamp < closesAt - revealDuration) return State.Open;
        return block.timestamp < closesAt ? State.Revealing : State.Closed;
    }

    /// @inheritdoc Auction
    function _closingTime() internal view override returns (uint256) {
        return super._closingTime() + revealDuration;
    }

    /// @inheritdoc Auction
    function _finalPrice() internal override returns (uint256) {
        _ledger.credit(winner, highestBid - price);
        return price;
    }

    /// @inheritdoc Auction
    function _beforeWithdraw(address account) internal override {
        if (!_revealsAreOver()) return;
        uint256 deposit = depositOf[account];
        if (deposit == 0) return;
        delete depositOf[account];
        delete sealOf[account];
        _ledger.credit(account, deposit);
    }

    function _revealsAreOver() private view returns (bool) {
        return closesAt != 0 && block.timestamp >= closesAt;
    }
}
