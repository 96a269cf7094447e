// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {LockTime} from "../../contracts/token/libraries/LockTime.sol";
import {VotingCurve} from "../../contracts/token/libraries/VotingCurve.sol";

/// @title A joined lock ends neither before the first of its two tranches nor after the last.
contract BlendBetween {
    function prove(uint256 remaining, uint256 amount, uint256 duration, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(remaining <= VotingCurve.MAX_DURATION && duration <= VotingCurve.MAX_DURATION);
        uint256 joined = LockTime.blend(remaining, amount, duration, added);
        assert(joined >= (remaining < duration ? remaining : duration));
        assert(joined <= (remaining < duration ? duration : remaining));
    }
}

/// @title Joining tranches makes no HYPR-seconds, and loses less than one second of the whole.
contract BlendConserves {
    function prove(uint256 remaining, uint256 amount, uint256 duration, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(remaining <= VotingCurve.MAX_DURATION && duration <= VotingCurve.MAX_DURATION);
        uint256 before = amount * remaining + added * duration;
        uint256 joined = LockTime.blend(remaining, amount, duration, added) * (amount + added);
        assert(joined <= before);
        assert(before < joined + amount + added);
    }
}

/// @title A longer new tranche never makes the joined lock end sooner.
contract BlendMonotone {
    function prove(uint256 remaining, uint256 amount, uint256 duration, uint256 longer, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(remaining <= VotingCurve.MAX_DURATION && duration <= longer && longer <= VotingCurve.MAX_DURATION);
        uint256 sooner = LockTime.blend(remaining, amount, duration, added);
        assert(sooner <= LockTime.blend(remaining, amount, longer, added));
    }
}

/// @title The duration that unblend names is enough: the joined lock reaches the target.
contract UnblendEnough {
    function prove(uint256 target, uint256 remaining, uint256 amount, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(remaining <= VotingCurve.MAX_DURATION && target <= VotingCurve.MAX_DURATION);
        uint256 duration = LockTime.unblend(target, remaining, amount, added);
        assert(added * duration + amount * remaining >= target * (amount + added));
        assert(LockTime.blend(remaining, amount, duration, added) >= target);
    }
}

/// @title The duration that unblend names is the least: a second less misses the target.
contract UnblendLeast {
    function prove(uint256 target, uint256 remaining, uint256 amount, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(remaining <= VotingCurve.MAX_DURATION && target <= VotingCurve.MAX_DURATION);
        uint256 duration = LockTime.unblend(target, remaining, amount, added);
        require(duration > 0);
        assert(added * (duration - 1) + amount * remaining < target * (amount + added));
        assert(LockTime.blend(remaining, amount, duration - 1, added) < target);
    }
}

/// @title A target no later than both tranches needs no duration beyond its own.
contract UnblendBounded {
    function prove(uint256 target, uint256 remaining, uint256 amount, uint256 added) external pure {
        require(amount <= VotingCurve.SUPPLY && added > 0 && added <= VotingCurve.SUPPLY);
        require(target <= remaining && remaining <= VotingCurve.MAX_DURATION);
        assert(LockTime.unblend(target, remaining, amount, added) <= target);
    }
}
