// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAuction} from "../../../../contracts/auctions/IAuction.sol";
import {IPhase} from "../../../../contracts/auctions/IPhase.sol";
import {IListener} from "./Tokens.sol";

/// @dev A phase that tests turn.
contract TestPhase is IPhase {
    uint8 public phase = 2;
    address public treasury = address(0x7ea5);

    function turn(uint8 phase_, address treasury_) external {
        (phase, treasury) = (phase_, treasury_);
    }
}

/// @dev A bidder that accepts no ERC-721, and reverts on whatever else it is told.
contract HostileBidder {
    error Refused();

    function bid(IAuction auction, uint256 amount, bytes32 seal) external {
        auction.token().approve(address(auction), amount);
        auction.bid(amount, seal);
    }

    fallback() external {
        revert Refused();
    }
}

/// @dev A bidder that asks to be paid again while it is being paid.
contract GreedyBidder is IListener {
    IAuction private immutable AUCTION;
    bool public asked;
    bool public paidTwice;

    constructor(IAuction auction) {
        AUCTION = auction;
    }

    function bid(uint256 amount) external {
        AUCTION.token().approve(address(AUCTION), amount);
        AUCTION.bid(amount, 0);
    }

    function onToken() external {
        asked = true;
        try AUCTION.withdraw(address(this)) {
            paidTwice = true;
        } catch {}
    }
}

/// @dev A bidder that accepts no ERC-721 and, whenever it is paid, does what its mood says: refuses the money, or asks for
/// something else meanwhile.
contract MoodyBidder is IListener {
    error Refused();

    IAuction private immutable AUCTION;
    uint256 private _mood;
    uint256 public asked;

    constructor(IAuction auction) {
        AUCTION = auction;
        auction.token().approve(address(auction), type(uint256).max);
    }

    function turn(uint256 mood) external {
        _mood = mood % 6;
    }

    function onToken() external {
        ++asked;
        if (_mood == 1) revert Refused();
        if (_mood == 2) try AUCTION.withdraw(address(this)) {} catch {}
        if (_mood == 3) try AUCTION.bid(AUCTION.minimumBid(), 0) {} catch {}
        if (_mood == 4) try AUCTION.settle() {} catch {}
        if (_mood == 5) try AUCTION.collect(address(this)) {} catch {}
    }
}
