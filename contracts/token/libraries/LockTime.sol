// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title How two tranches of a lock share one end. Times in seconds, amounts in base units.
library LockTime {
    /// @dev Remaining time of the joined lock: the mean of both, weighted by amount, rounded down.
    function blend(
        uint256 oldRemaining,
        uint256 oldAmount,
        uint256 newDuration,
        uint256 newAmount
    ) internal pure returns (uint256) {
        return (oldAmount * oldRemaining + newAmount * newDuration) / (oldAmount + newAmount);
    }

    /// @dev The inverse: duration of the new tranche for which the joined lock remains at least `target`; zero when
    /// any will do. Rounded up. Needs `newAmount > 0`.
    function unblend(
        uint256 target,
        uint256 oldRemaining,
        uint256 oldAmount,
        uint256 newAmount
    ) internal pure returns (uint256) {
        uint256 needed = target * (oldAmount + newAmount);
        uint256 present = oldAmount * oldRemaining;
        if (needed <= present) return 0;
        return (needed - present + newAmount - 1) / newAmount;
    }
}
