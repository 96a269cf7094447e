// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EnglishAuction} from "../../../contracts/auctions/EnglishAuction.sol";

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
