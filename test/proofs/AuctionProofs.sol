// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {DutchAuction} from "../../contracts/auctions/DutchAuction.sol";
import {EnglishAuction} from "../../contracts/auctions/EnglishAuction.sol";

/// @title A bid in an English auction pays the one before it back in full, and changes what nobody else is owed.
/// @custom:targets assert
contract EnglishBid is EnglishAuction {
    constructor(Terms memory terms) EnglishAuction(terms, 1, 1) {}

    function prove(address bidder, uint256 amount, bytes32 seal, address other) external {
        require(other != winner);
        uint256 escrow = winner == address(0) ? 0 : price;
        uint256 owed = _ledger.owed[winner];
        uint256 owedOther = _ledger.owed[other];
        address last = winner;
        uint256 due = _bid(bidder, amount, seal);
        assert(_ledger.owed[other] == owedOther);
        assert(winner == bidder);
        assert(_ledger.owed[last] - owed + price == escrow + due);
    }
}

/// @title A withdrawal from an auction pays exactly what was owed, once, and changes what nobody else is owed.
/// @custom:targets assert
contract EnglishWithdrawal is EnglishAuction {
    constructor(Terms memory terms) EnglishAuction(terms, 1, 1) {}

    function prove(address account, address other) external {
        require(other != account);
        uint256 due = owedTo(account);
        uint256 owedOther = _ledger.owed[other];
        uint256 paidBefore = paidOut;
        withdraw(account);
        assert(due > 0 && paidOut == paidBefore + due);
        assert(_ledger.owed[account] == 0);
        assert(_ledger.owed[other] == owedOther);
    }
}

/// @title Settlement moves the winning bid to the treasury, or burns it from phase 3 on, and owes nobody else anything new.
/// @custom:targets assert
contract EnglishSettlement is EnglishAuction {
    constructor(Terms memory terms) EnglishAuction(terms, 1, 1) {}

    function prove(address other) external {
        bool earns = winner != address(0);
        uint256 owed = _ledger.owed[other];
        uint256 before = burned;
        settle();
        bool credited = earns && _phase < 3;
        assert(burned == before + (earns && !credited ? price : 0));
        assert(_ledger.owed[other] == owed + (credited && other == _treasury ? price : 0));
        assert(lotRecipient == (earns ? winner : returnTo));
    }
}

/// @title The first bid in a Dutch auction pays the price of that moment, no more than it offered, and ends bidding.
/// @custom:targets assert
/// @custom:division native
contract DutchBid is DutchAuction {
    constructor(Terms memory terms) DutchAuction(terms, 1) {}

    function prove(address bidder, uint256 amount, bytes32 seal, address other) external {
        uint256 asked = minimumBid();
        uint256 owedOther = _ledger.owed[other];
        uint256 due = _bid(bidder, amount, seal);
        assert(due == asked && due <= amount);
        assert(price == due && winner == bidder);
        assert(closesAt <= block.timestamp);
        assert(_ledger.owed[other] == owedOther);
    }
}

/// @title The price of a Dutch auction lies between reserve and start price, and is never higher with less time left.
/// @custom:targets assert
/// @custom:division native
contract DutchPrice is DutchAuction {
    constructor(Terms memory terms) DutchAuction(terms, 1) {}

    function prove(uint256 sooner, uint256 later) external {
        require(reserve <= startPrice && duration > 0);
        require(0 < sooner && sooner <= later && later <= block.timestamp + duration);
        closesAt = sooner;
        uint256 lower = minimumBid();
        closesAt = later;
        uint256 higher = minimumBid();
        assert(reserve <= lower);
        assert(lower <= higher);
        assert(higher <= startPrice);
    }
}
