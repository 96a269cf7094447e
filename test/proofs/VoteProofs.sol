// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VotingCurve} from "../../contracts/token/libraries/VotingCurve.sol";

/// @title More HYPR is never worth less, and so never has fewer votes for the same time.
contract ValueMonotone {
    function prove(uint256 less, uint256 more) external pure {
        require(less <= more && more <= VotingCurve.SUPPLY);
        assert(VotingCurve.valueOf(less) <= VotingCurve.valueOf(more));
    }
}

/// @title An amount is worth at least half of itself and at most itself, whatever part of the supply it is.
contract ValueBounded {
    function prove(uint256 amount) external pure {
        require(amount <= VotingCurve.SUPPLY);
        uint256 value = VotingCurve.valueOf(amount);
        assert(value <= amount);
        assert(2 * value >= amount);
    }
}

/// @title Two locks are worth no less than one of both amounts, but for rounding by one unit.
contract ValueConcave {
    function prove(uint256 one, uint256 other) external pure {
        require(one <= VotingCurve.SUPPLY && other <= VotingCurve.SUPPLY - one);
        assert(VotingCurve.valueOf(one + other) <= VotingCurve.valueOf(one) + VotingCurve.valueOf(other) + 1);
    }
}

/// @title More remaining time never multiplies by less, but for rounding by one of 2,600.
contract MultiplierMonotone {
    function prove(uint256 sooner, uint256 later) external pure {
        require(sooner <= later);
        assert(VotingCurve.multiplierOf(sooner) <= VotingCurve.multiplierOf(later) + 1);
    }
}

/// @title The multiplier is 0 at the end, from 99 to 2,600 before it, 2,600 from four years on.
contract MultiplierBounded {
    function prove(uint256 remaining) external pure {
        uint256 multiplier = VotingCurve.multiplierOf(remaining);
        assert(multiplier <= 2600);
        assert((multiplier == 0) == (remaining == 0));
        assert(remaining == 0 || multiplier >= 99);
        assert(remaining < VotingCurve.MAX_DURATION || multiplier == 2600);
    }
}

/// @title Votes never overflow: whoever locked all HYPR has at most 1,300 votes per unit of the supply.
contract VotesBounded {
    function prove(uint256 amount, uint256 remaining) external pure {
        require(amount <= VotingCurve.SUPPLY);
        uint256 votes = VotingCurve.valueOf(amount) * VotingCurve.multiplierOf(remaining);
        assert(votes <= 1300 * VotingCurve.SUPPLY);
    }
}
