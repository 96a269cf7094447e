// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../IHypermap.sol";

/// @title Which labels are legal: 1 to 63 bytes, `0-9 a-z -` after an optional prefix.
library Labels {
    /// @dev Longest label in bytes, a note's or fact's prefix included.
    uint256 internal constant MAX_LENGTH = 63;

    /// @dev Bit `b` is set when byte `b` may stand in a label: `-` (0x2d), `0-9` (0x30..0x39), `a-z` (0x61..0x7a).
    uint256 private constant LEGAL = (uint256(1) << 0x2d) | (uint256(0x3ff) << 0x30) | (uint256(0x3ffffff) << 0x61);

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
        for (uint256 i = prefixLength; i < label.length; ++i) {
            if ((LEGAL >> uint8(label[i])) & 1 == 0) revert IHypermap.InvalidLabelCharacter();
        }
    }
}
