// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Auction} from "./Auction.sol";
import {IAuction} from "./IAuction.sol";

/// @title A price that falls in a straight line from `startPrice` to the reserve: the first bid wins.
/// @notice The winner pays the price at the time of the bid, however much more it offered:
///
///     startPrice \
///                 \______ first bid of at least the price: closed, sold at the price
///                  \
///         reserve   \ closing time without a bid: unsold
contract DutchAuction is Auction {
    /// @notice Price at the opening, in base units.
    uint256 public immutable startPrice;

    /// @param terms See IAuction.
    /// @param startPrice_ Base units, at least the reserve.
    constructor(Terms memory terms, uint256 startPrice_) Auction(terms) {
        _requireRange("startPrice", startPrice_, terms.reserve, type(uint256).max);
        startPrice = startPrice_;
    }

    /// @notice The price now, rounded up.
    /// @inheritdoc IAuction
    function minimumBid() public view override returns (uint256) {
        if (closesAt == 0) return startPrice;
        if (block.timestamp >= closesAt) return reserve;
        return reserve + Math.mulDiv(startPrice - reserve, closesAt - block.timestamp, duration, Math.Rounding.Ceil);
    }

    /// @inheritdoc Auction
    function _bid(address bidder, uint256 amount, bytes32 seal) internal override returns (uint256 due) {
        _requireOpenBid(amount, seal);
        due = minimumBid();
        winner = bidder;
        price = due;
        closesAt = block.timestamp;
        emit Bid(bidder, due, block.timestamp);
    }
}
