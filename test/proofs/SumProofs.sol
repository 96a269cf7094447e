// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VoteSums} from "../../contracts/token/libraries/VoteSums.sol";

/// @dev A step towards the next property: proved first, then a premise of it.
library Step {
    /// @dev The longest lock, in weeks.
    uint256 internal constant LONGEST = 4 * 52;

    function isHighestAtLongest(uint256 value, uint256 ahead) internal pure returns (bool) {
        return 2 * LONGEST * (value * ahead) <= value * ahead * ahead + LONGEST * LONGEST * value;
    }
}

/// @title The curve has its highest point at the longest lock, whatever a lock is worth.
/// @custom:targets assert
contract StepHighest {
    function prove(uint256 value, uint256 ahead) external pure {
        assert(Step.isHighestAtLongest(value, ahead));
    }
}

/// @title Summed as a week begins, a lock has at most 2,600 votes per unit of value, up to 512 weeks ahead.
/// @custom:targets assert
contract PowerBounded {
    function prove(uint256 value, uint256 ahead) external pure {
        require(value < 2 ** 50 && ahead <= 512);
        require(Step.isHighestAtLongest(value, ahead));
        uint256 votes = VoteSums.power(VoteSums.Checkpoint(0, 0, 0, value, value * ahead, value * ahead * ahead));
        assert(votes <= 2600 * VoteSums.QUANTUM * value);
    }
}
