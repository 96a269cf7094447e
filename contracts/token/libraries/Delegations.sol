// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Whom one account lets vote with its lock, and whom it did at past blocks. One slot per change; reading the past
/// is a binary search.
library Delegations {
    struct Delegation {
        /// @dev Who votes; zero for the account itself.
        address to;
        /// @dev Block from which this holds; zero when nothing was ever written.
        uint48 blockNumber;
        /// @dev How many earlier delegations are remembered.
        uint48 length;
    }

    struct History {
        Delegation latest;
        mapping(uint256 index => Delegation) past;
    }

    /// @dev Replaces the latest delegation, remembering it unless it began in this block.
    function write(History storage self, address to) internal {
        Delegation memory latest = self.latest;
        uint48 length = latest.length;
        if (latest.blockNumber != 0 && latest.blockNumber != block.number) {
            self.past[length] = latest;
            ++length;
        }
        self.latest = Delegation(to, uint48(block.number), length);
    }

    /// @dev Who voted at the end of a block; zero for the account itself.
    function at(History storage self, uint256 blockNumber) internal view returns (address) {
        Delegation memory latest = self.latest;
        if (latest.blockNumber <= blockNumber) return latest.to;
        uint256 low = 0;
        uint256 high = latest.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.past[middle].blockNumber <= blockNumber) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? address(0) : self.past[low - 1].to;
    }
}
