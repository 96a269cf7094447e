// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {SealedAuction} from "../../contracts/auctions/SealedAuction.sol";

/// @title A sealed bid takes what it adds to the bidder's own deposit, and touches nobody else's money.
/// @custom:targets assert
contract SealedBid is SealedAuction {
    constructor(Terms memory terms) SealedAuction(terms, 1) {}

    function prove(uint256 amount, bytes32 seal, address other) external {
        require(other != msg.sender);
        (uint256 own, uint256 others) = (depositOf[msg.sender], depositOf[other]);
        (uint256 owedOwn, uint256 owedOther) = (_ledger.owed[msg.sender], _ledger.owed[other]);
        uint256 before = taken;
        bid(amount, seal);
        assert(depositOf[msg.sender] == own + (taken - before) && taken == before + amount);
        assert(depositOf[other] == others);
        assert(_ledger.owed[msg.sender] == owedOwn && _ledger.owed[other] == owedOther);
    }
}

/// @title A reveal moves a deposit to the highest bid and to what losers are owed: not a unit is lost or made.
/// @custom:targets assert
contract SealedReveal is SealedAuction {
    constructor(Terms memory terms) SealedAuction(terms, 1) {}

    function prove(address bidder, uint256 amount, bytes32 salt, address other) external {
        require(winner != address(0) || highestBid == 0);
        require(reserve > 0 && bidder != address(0));
        require(other != winner && other != bidder);
        address last = winner;
        uint256 before = depositOf[bidder] + highestBid + _ledger.owed[bidder];
        if (last != bidder) before += _ledger.owed[last];
        uint256 othersBefore = depositOf[other] + _ledger.owed[other];
        reveal(bidder, amount, salt);
        uint256 left = depositOf[bidder] + highestBid + _ledger.owed[bidder];
        if (last != bidder) left += _ledger.owed[last];
        assert(left == before);
        assert(depositOf[other] + _ledger.owed[other] == othersBefore);
    }
}

/// @title The winner of a sealed auction is who revealed the most, and pays the reserve at least, its bid at most.
/// @custom:targets assert
contract SealedPrice is SealedAuction {
    constructor(Terms memory terms) SealedAuction(terms, 1) {}

    function prove(address bidder, uint256 amount, bytes32 salt) external {
        require(bidder != address(0) && reserve > 0);
        require(winner != address(0) || highestBid == 0);
        require(winner == address(0) || (reserve <= price && price <= highestBid));
        uint256 highestBefore = highestBid;
        reveal(bidder, amount, salt);
        assert(winner != address(0) && reserve <= price && price <= highestBid);
        assert(highestBid >= amount && highestBid >= highestBefore);
        assert(price >= (amount < highestBefore ? amount : highestBefore));
    }
}

/// @title At settlement the winner is owed its bid beyond the price, the treasury the price, unless it is burned.
/// @custom:targets assert
contract SealedSettlement is SealedAuction {
    constructor(Terms memory terms) SealedAuction(terms, 1) {}

    function prove(address other) external {
        require(winner != address(0) && _treasury != winner && other != winner && other != _treasury);
        uint256 owedOther = _ledger.owed[other];
        uint256 owed = _ledger.owed[winner];
        uint256 earned = _ledger.owed[_treasury] + burned;
        settle();
        assert(_ledger.owed[winner] - owed + price == highestBid);
        assert(_ledger.owed[_treasury] + burned == earned + price);
        assert(_ledger.owed[other] == owedOther);
    }
}

/// @title A withdrawal pays all that is owed, once the reveals are over with the deposit of whoever did not reveal.
/// @custom:targets assert
contract SealedWithdrawal is SealedAuction {
    constructor(Terms memory terms) SealedAuction(terms, 1) {}

    function prove(address account, address other) external {
        require(other != account);
        uint256 due = owedTo(account);
        uint256 own = depositOf[account] + _ledger.owed[account];
        uint256 others = depositOf[other] + _ledger.owed[other];
        uint256 before = paidOut;
        withdraw(account);
        assert(paidOut == before + due);
        assert(depositOf[account] + _ledger.owed[account] + due == own);
        assert(depositOf[other] + _ledger.owed[other] == others);
        assert(owedTo(account) == 0);
    }
}
