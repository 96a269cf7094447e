// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title A sum of amounts that each end at their own second, exact at any moment, with nothing to do when one ends.
/// @dev A radix tree over the end times. The children of a level with shift `s` are numbered `end >> s`; each holds the
/// sum of all amounts that end in its 2^s seconds. The sum of what is active at a time is then the sum of the children
/// to the right of that time, level by level: 14 levels at most, two words each, however many amounts there are and
/// however long nobody called. Time passing writes nothing.
///
/// A child in which everything ends at one second is a leaf, which names that second; deeper levels are written only
/// where two ends share a child. So the usual insertion writes one to three words. Two ends close to each other cost
/// up to 14 words once.
///
/// Safe as long as ends lie less than 2^27 seconds ahead when read, and the amounts of one sum fit 96 bits together.
library ExpiringSum {
    struct Sum {
        /// @dev Two children per word, even number low: 96 bits of sum and 32 bits of leaf. Keys: `_key`.
        mapping(uint256 key => uint256 word) words;
    }

    uint256 private constant TOP_SHIFT = 26;
    uint256 private constant STEP = 2;
    uint256 private constant SIBLINGS = 3;
    uint256 private constant TAIL_MASK = (1 << TOP_SHIFT) - 1;

    /// @dev Set in the leaf field of a leaf, whose low 26 bits are those of its end; the field of other children is 0.
    uint256 private constant LEAF = 1 << 31;

    /// @dev Adds an amount, not zero, that ends at `end`, in seconds since 1970.
    function add(Sum storage self, uint256 end, uint256 amount) internal {
        uint256 leaf = LEAF | (end & TAIL_MASK);
        for (uint256 shift = TOP_SHIFT; ; shift -= STEP) {
            (uint256 sum, uint256 found) = _read(self, shift, end >> shift);
            if (sum == 0 || found == leaf) {
                _write(self, shift, end >> shift, sum + amount, leaf);
                return;
            }
            _write(self, shift, end >> shift, sum + amount, 0);
            if (found != 0) {
                // Two ends in one leaf: the one found moves a level down. All below is empty, as it is in every leaf.
                uint256 foundEnd = (end & ~TAIL_MASK) | (found & TAIL_MASK);
                _write(self, shift - STEP, foundEnd >> (shift - STEP), sum, found);
            }
        }
    }

    /// @dev Takes away what was added with the same end.
    function remove(Sum storage self, uint256 end, uint256 amount) internal {
        for (uint256 shift = TOP_SHIFT; ; shift -= STEP) {
            (uint256 sum, uint256 leaf) = _read(self, shift, end >> shift);
            _write(self, shift, end >> shift, sum - amount, leaf);
            if (leaf != 0) return;
        }
    }

    /// @dev Sum of the amounts whose end lies after `time`.
    function activeAt(Sum storage self, uint256 time) internal view returns (uint256 active) {
        uint256 shift = TOP_SHIFT;
        (uint256 next, ) = _read(self, shift, (time >> shift) + 1);
        (uint256 last, ) = _read(self, shift, (time >> shift) + 2);
        active = next + last;
        while (true) {
            (uint256 sum, uint256 leaf) = _read(self, shift, time >> shift);
            if (sum == 0) return active;
            if (leaf != 0) return leaf > (LEAF | (time & TAIL_MASK)) ? active + sum : active;
            shift -= STEP;
            for (uint256 child = (time >> shift) + 1; child & SIBLINGS != 0; child++) {
                (sum, ) = _read(self, shift, child);
                active += sum;
            }
        }
    }

    function _read(Sum storage self, uint256 shift, uint256 child) private view returns (uint256 sum, uint256 leaf) {
        uint256 half = uint128(self.words[_key(shift, child)] >> ((child & 1) * 128));
        return (half >> 32, uint32(half));
    }

    function _write(Sum storage self, uint256 shift, uint256 child, uint256 sum, uint256 leaf) private {
        uint256 offset = (child & 1) * 128;
        uint256 key = _key(shift, child);
        uint256 others = self.words[key] & ~(uint256(type(uint128).max) << offset);
        self.words[key] = others | (((sum << 32) | leaf) << offset);
    }

    function _key(uint256 shift, uint256 child) private pure returns (uint256) {
        return (shift << 64) | (child >> 1);
    }
}
