// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title One account's lock, and what it was at past blocks. One slot per change; reading the past is a binary search.
library Positions {
    struct Position {
        /// @dev Block from which this holds; zero when nothing was ever written.
        uint40 blockNumber;
        /// @dev When the lock ends, in seconds since 1970.
        uint40 end;
        /// @dev Locked HYPR, in base units.
        uint96 amount;
        /// @dev Whether another account votes with it.
        bool delegated;
        /// @dev How many earlier positions are remembered.
        uint32 length;
    }

    struct History {
        Position latest;
        mapping(uint256 index => Position) past;
    }

    /// @dev Replaces the latest position, remembering it unless it began in this block.
    function write(History storage self, uint256 amount, uint256 end, bool delegated) internal {
        Position memory latest = self.latest;
        uint32 length = latest.length;
        if (latest.blockNumber != 0 && latest.blockNumber != block.number) self.past[length++] = latest;
        self.latest = Position(uint40(block.number), uint40(end), uint96(amount), delegated, length);
    }

    /// @dev The position at the end of a block; all zero before the first.
    function at(History storage self, uint256 blockNumber) internal view returns (Position memory position) {
        position = self.latest;
        if (position.blockNumber <= blockNumber) return position;
        uint256 low = 0;
        uint256 high = position.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.past[middle].blockNumber <= blockNumber) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return Position(0, 0, 0, false, 0);
        return self.past[low - 1];
    }
}
