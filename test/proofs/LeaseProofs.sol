// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ZoneLease} from "../../contracts/auctions/ZoneLease.sol";

/// @title Rent buys exactly its periods, never beyond the lease's end, and all of it is owed to the treasury or burned.
/// @custom:targets assert
contract LeaseRent is ZoneLease {
    constructor(Lease memory lease, bytes32[] memory lot_) ZoneLease(lease, lot_, address(1)) {}

    function prove(uint256 periods, address other) external {
        require(period > 0 && paidUntil <= endsAt && other != _treasury);
        uint256 until = paidUntil;
        uint256 before = taken;
        uint256 earned = _ledger.owed[_treasury] + burned;
        uint256 owedOther = _ledger.owed[other];
        payRent(periods);
        assert(paidUntil == until + periods * period);
        assert(paidUntil <= endsAt);
        assert(taken == before + periods * rent);
        assert(_ledger.owed[_treasury] + burned == earned + periods * rent);
        assert(_ledger.owed[other] == owedOther);
    }
}

/// @title A lease pays exactly what it owes, once, and changes what it owes nobody else.
/// @custom:targets assert
contract LeaseWithdrawal is ZoneLease {
    constructor(Lease memory lease, bytes32[] memory lot_) ZoneLease(lease, lot_, address(1)) {}

    function prove(address account, address other) external {
        require(other != account);
        uint256 due = _ledger.owed[account];
        uint256 owedOther = _ledger.owed[other];
        uint256 before = paidOut;
        withdraw(account);
        assert(due > 0 && paidOut == before + due);
        assert(_ledger.owed[account] == 0);
        assert(_ledger.owed[other] == owedOther);
    }
}
