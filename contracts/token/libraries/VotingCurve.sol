// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title The curve from locked HYPR and remaining time to voting power.
/// @dev Amounts in base units (18 decimals), times in seconds. All divisions round down.
library VotingCurve {
    /// @dev Shortest lock and registration.
    uint256 internal constant MIN_DURATION = 4 weeks;

    /// @dev Longest lock: four years of 52 weeks.
    uint256 internal constant MAX_DURATION = 4 * 52 weeks;

    /// @dev N: the supply of HYPR, the largest amount the curve is defined for.
    uint256 internal constant SUPPLY = 1_000_000_000e18;

    /// @dev C: seconds per unit of the multiplier, which is 100 at MIN_DURATION.
    uint256 internal constant LINEAR = MIN_DURATION / 100;

    /// @dev D: chosen so that the multiplier stops growing at MAX_DURATION.
    uint256 internal constant QUADRATIC = 2 * LINEAR * MAX_DURATION;

    /// @dev What an amount is worth before the multiplier: `v - v^2 / 2N`. Needs `amount <= SUPPLY`.
    function valueOf(uint256 amount) internal pure returns (uint256) {
        return amount - (amount * amount) / (2 * SUPPLY);
    }

    /// @dev `t/C - t^2/D`: 100 up to four weeks, 2600 at and beyond MAX_DURATION, 0 when no time remains.
    function multiplierOf(uint256 remaining) internal pure returns (uint256) {
        if (remaining == 0) return 0;
        if (remaining < MIN_DURATION) remaining = MIN_DURATION;
        if (remaining > MAX_DURATION) remaining = MAX_DURATION;
        return remaining / LINEAR - (remaining * remaining) / QUADRATIC;
    }
}
