// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A sum of amounts that each end at their own second, exact at any moment, with nothing to do when one ends.
/// @dev A radix tree over the end times, two bits per level. The children of a level with shift `s` are numbered
/// `end >> s`; each holds the sum of all amounts that end in its 2^s seconds. What is active at a time is then the sum
/// of the children to the right of that time, level by level: 14 levels at most, two words each, however many amounts
/// there are and however long nobody called. Time passing writes nothing.
///
/// Levels at which nothing forks are skipped: a child is a leaf (one end), or a branch that names the level where its
/// ends part. So an insertion writes one word per branch on its way, and two or three new ones at most.
///
/// Safe as long as ends lie less than 2^27 seconds ahead when read, and the amounts of one sum fit 96 bits together.
library ExpiringSum {
    struct Sum {
        /// @dev Two children per word, the even number low. A child: 96 bits of sum, 32 bits of kind. Keys: `_key`.
        mapping(uint256 key => uint256 word) words;
    }

    /// @dev Children of the top level are 2^26 seconds long; an end's other bits are its tail.
    uint256 private constant TOP = 26;
    uint256 private constant TAIL = (1 << TOP) - 1;

    /// @dev Kinds: `LEAF | tail`, or `shift << TOP | tail` for a branch whose ends part at that shift, with the tail of
    /// one of them. Of a child whose sum is zero the kind means nothing, and all below is zero.
    uint256 private constant LEAF = 1 << 31;

    /// @dev Adds an amount, not zero, that ends at `end`, in seconds since 1970.
    function add(Sum storage self, uint256 end, uint256 amount) internal {
        uint256 tail = end & TAIL;
        uint256 shift = TOP;
        while (true) {
            (uint256 sum, uint256 kind) = _read(self, shift, end >> shift);
            if (sum == 0 || kind == (LEAF | tail)) {
                _write(self, shift, end >> shift, sum + amount, LEAF | tail);
                return;
            }
            uint256 fork = _shiftOf(kind);
            uint256 difference = (kind & TAIL) ^ tail;
            if (kind >= LEAF || difference >> fork > 3) {
                // The end parts from what is here above its fork, if any: that moves below a new branch.
                fork = Math.log2(difference) & ~uint256(1);
                _write(self, fork, ((end & ~TAIL) | (kind & TAIL)) >> fork, sum, kind);
                kind = (fork << TOP) | tail;
            }
            _write(self, shift, end >> shift, sum + amount, kind);
            shift = fork;
        }
    }

    /// @dev Takes away what was added with the same end.
    function remove(Sum storage self, uint256 end, uint256 amount) internal {
        uint256 shift = TOP;
        while (true) {
            (uint256 sum, uint256 kind) = _read(self, shift, end >> shift);
            _write(self, shift, end >> shift, sum - amount, kind);
            if (kind >= LEAF) return;
            shift = _shiftOf(kind);
        }
    }

    /// @dev Sum of the amounts whose end lies after `time`.
    function activeAt(Sum storage self, uint256 time) internal view returns (uint256 active) {
        uint256 tail = time & TAIL;
        uint256 shift = TOP;
        active = _sumOf(self, TOP, (time >> TOP) + 1) + _sumOf(self, TOP, (time >> TOP) + 2);
        while (true) {
            (uint256 sum, uint256 kind) = _read(self, shift, time >> shift);
            if (sum == 0) return active;
            if (kind >= LEAF) return kind > (LEAF | tail) ? active + sum : active;
            shift = _shiftOf(kind);
            (uint256 prefix, uint256 now_) = ((kind & TAIL) >> (shift + 2), tail >> (shift + 2));
            if (prefix != now_) return prefix > now_ ? active + sum : active;
            for (uint256 child = (time >> shift) + 1; child & 3 != 0; child++) active += _sumOf(self, shift, child);
        }
    }

    function _sumOf(Sum storage self, uint256 shift, uint256 child) private view returns (uint256 sum) {
        (sum, ) = _read(self, shift, child);
    }

    function _read(Sum storage self, uint256 shift, uint256 child) private view returns (uint256 sum, uint256 kind) {
        uint256 half = uint128(self.words[_key(shift, child)] >> ((child & 1) * 128));
        return (half >> 32, uint32(half));
    }

    function _write(Sum storage self, uint256 shift, uint256 child, uint256 sum, uint256 kind) private {
        uint256 offset = (child & 1) * 128;
        uint256 key = _key(shift, child);
        uint256 other = self.words[key] & ~(uint256(type(uint128).max) << offset);
        self.words[key] = other | (((sum << 32) | kind) << offset);
    }

    function _shiftOf(uint256 kind) private pure returns (uint256) {
        return (kind & ~LEAF) >> TOP;
    }

    function _key(uint256 shift, uint256 child) private pure returns (uint256) {
        return (shift << 64) | (child >> 1);
    }
}
