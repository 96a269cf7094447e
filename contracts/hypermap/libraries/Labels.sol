// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../IHypermap.sol";

/// @title Which labels are legal: 1 to 63 bytes, `0-9 a-z -` after an optional prefix.
library Labels {
    /// @dev Longest label in bytes, a note's or fact's prefix included.
    uint256 internal constant MAX_LENGTH = 63;

    /// @dev A word with 1 in every byte; times a byte, that byte everywhere.
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant TOP_BITS = 0x80 * ONES;

    /// @notice Refuses a label that is not a legal name.
    function requireName(bytes calldata label) internal pure {
        _requireLegal(label, 0);
    }

    /// @notice Refuses a label that is not `~` and a legal rest.
    function requireNote(bytes calldata label) internal pure {
        if (label.length == 0) revert IHypermap.LabelTooShort();
        if (label[0] != "~") revert IHypermap.NoteMustBeginWithTilde();
        _requireLegal(label, 1);
    }

    /// @notice Refuses a label that is not `!` and a legal rest.
    function requireFact(bytes calldata label) internal pure {
        if (label.length == 0) revert IHypermap.LabelTooShort();
        if (label[0] != "!") revert IHypermap.FactMustBeginWithBang();
        _requireLegal(label, 1);
    }

    function _requireLegal(bytes calldata label, uint256 prefixLength) private pure {
        if (label.length <= prefixLength) revert IHypermap.LabelTooShort();
        if (label.length > MAX_LENGTH) revert IHypermap.LabelTooLong();
        uint256 length = label.length - prefixLength;
        uint256 first;
        uint256 second;
        assembly ("memory-safe") {
            first := calldataload(add(label.offset, prefixLength))
            second := calldataload(add(add(label.offset, prefixLength), 0x20))
        }
        bool legal = length <= 32 ? _isLegal(first, length) : _isLegal(first, 32) && _isLegal(second, length - 32);
        if (!legal) revert IHypermap.InvalidLabelCharacter();
    }

    /// @dev Whether the first `length` bytes of a word, 1 to 32, are legal; all at once. A byte without its top bit carries
    /// into that bit, and never into its neighbour, when 0x80 - n is added and it is n or more.
    function _isLegal(uint256 word, uint256 length) private pure returns (bool) {
        unchecked {
            uint256 low = word & ~TOP_BITS;
            uint256 hyphen = (low + (0x80 - 0x2d) * ONES) & ~(low + (0x80 - 0x2e) * ONES);
            uint256 digit = (low + (0x80 - 0x30) * ONES) & ~(low + (0x80 - 0x3a) * ONES);
            uint256 letter = (low + (0x80 - 0x61) * ONES) & ~(low + (0x80 - 0x7b) * ONES);
            uint256 illegal = TOP_BITS & (word | ~(hyphen | digit | letter));
            return illegal >> (8 * (32 - length)) == 0;
        }
    }
}
