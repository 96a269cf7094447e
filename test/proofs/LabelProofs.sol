// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Labels} from "../../contracts/hypermap/libraries/Labels.sol";

/// @dev The rule of labels, a byte at a time.
library LabelRule {
    function isLegal(bytes1 character) internal pure returns (bool) {
        uint8 code = uint8(character);
        return code == 0x2d || (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a);
    }

    /// @dev Whether everything after the prefix is legal; 63 bytes at most are looked at.
    function isLegalAfter(bytes calldata label, uint256 prefixLength) internal pure returns (bool legal) {
        legal = true;
        for (uint256 i = 0; i < 63; ++i) {
            if (i >= prefixLength && i < label.length && !isLegal(label[i])) legal = false;
        }
    }
}

/// @title Every name that is accepted has 1 to 63 bytes, and each of them is 0-9, a-z or a hyphen.
/// @custom:engine words
contract NameSound {
    function prove(bytes calldata label) external pure {
        Labels.requireName(label);
        assert(label.length >= 1 && label.length <= 63);
        assert(LabelRule.isLegalAfter(label, 0));
    }
}

/// @title Every name of 1 to 63 legal bytes is accepted, whatever follows it in the call.
/// @custom:engine words
/// @custom:reverts never
contract NameComplete {
    function prove(bytes calldata label) external pure {
        require(label.length >= 1 && label.length <= 63 && LabelRule.isLegalAfter(label, 0));
        Labels.requireName(label);
        assert(label.length <= Labels.MAX_LENGTH);
    }
}

/// @title Every note that is accepted is `~` and 1 to 62 legal bytes.
/// @custom:engine words
contract NoteSound {
    function prove(bytes calldata label) external pure {
        Labels.requireNote(label);
        assert(label.length >= 2 && label.length <= 63);
        assert(label[0] == "~");
        assert(LabelRule.isLegalAfter(label, 1));
    }
}

/// @title Every note of `~` and 1 to 62 legal bytes is accepted.
/// @custom:engine words
/// @custom:reverts never
contract NoteComplete {
    function prove(bytes calldata label) external pure {
        require(label.length >= 2 && label.length <= 63 && LabelRule.isLegalAfter(label, 1));
        require(label[0] == "~");
        Labels.requireNote(label);
        assert(label.length <= Labels.MAX_LENGTH);
    }
}

/// @title Every fact that is accepted is `!` and 1 to 62 legal bytes.
/// @custom:engine words
contract FactSound {
    function prove(bytes calldata label) external pure {
        Labels.requireFact(label);
        assert(label.length >= 2 && label.length <= 63);
        assert(label[0] == "!");
        assert(LabelRule.isLegalAfter(label, 1));
    }
}

/// @title Every fact of `!` and 1 to 62 legal bytes is accepted.
/// @custom:engine words
/// @custom:reverts never
contract FactComplete {
    function prove(bytes calldata label) external pure {
        require(label.length >= 2 && label.length <= 63 && LabelRule.isLegalAfter(label, 1));
        require(label[0] == "!");
        Labels.requireFact(label);
        assert(label.length <= Labels.MAX_LENGTH);
    }
}
