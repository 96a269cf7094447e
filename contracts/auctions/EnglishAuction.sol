// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Auction} from "./Auction.sol";
import {IAuction} from "./IAuction.sol";
import {Ledger} from "./libraries/Ledger.sol";

/// @title Open bids that rise: the highest one at closing time wins and pays its amount.
/// @notice A bid near the end moves the end, so the last second is no advantage:
///
///     opening ---- duration ----> closing time
///                          [buffer)   a bid in here moves the closing time to `timeBuffer` after the bid
///
/// Whoever is outbid is owed the whole bid at once.
/// @dev Extensions are bounded by what they cost: each asks for `incrementBps` more than the last bid.
contract EnglishAuction is Auction {
    using Ledger for Ledger.Accounts;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_BUFFER = 7 days;

    /// @notice By how much a bid must exceed the last one, in hundredths of a percent of it, rounded up.
    uint256 public immutable incrementBps;

    /// @notice Seconds that remain, at least, after every bid.
    uint256 public immutable timeBuffer;

    /// @param terms See IAuction.
    /// @param incrementBps_ 1 to 10,000.
    /// @param timeBuffer_ Seconds, 0 to 604,800 (7 days).
    constructor(Terms memory terms, uint256 incrementBps_, uint256 timeBuffer_) Auction(terms) {
        _requireRange("incrementBps", incrementBps_, 1, BPS);
        _requireRange("timeBuffer", timeBuffer_, 0, MAX_BUFFER);
        incrementBps = incrementBps_;
        timeBuffer = timeBuffer_;
    }

    /// @inheritdoc IAuction
    function minimumBid() public view override returns (uint256) {
        if (winner == address(0)) return reserve;
        return price + Math.mulDiv(price, incrementBps, BPS, Math.Rounding.Ceil);
    }

    /// @inheritdoc Auction
    function _bid(address bidder, uint256 amount, bytes32 seal) internal override returns (uint256 due) {
        _requireOpenBid(amount, seal);
        if (winner != address(0)) _ledger.credit(winner, price);
        winner = bidder;
        price = amount;
        if (closesAt < block.timestamp + timeBuffer) closesAt = block.timestamp + timeBuffer;
        emit Bid(bidder, amount, closesAt);
        return amount;
    }
}
