// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Labels} from "../../../contracts/hypermap/libraries/Labels.sol";

/// @title A name that is accepted has 1 to 63 bytes.
/// @custom:engine chc
contract NameLength {
    function prove(bytes calldata label) external pure {
        Labels.requireName(label);
        assert(label.length >= 1 && label.length <= 63);
    }
}

/// @title A note's label that is accepted begins with a tilde and has 2 to 63 bytes.
/// @custom:engine chc
contract NoteLength {
    function prove(bytes calldata label) external pure {
        Labels.requireNote(label);
        assert(label.length >= 2 && label.length <= 63);
        assert(label[0] == "~");
    }
}

/// @title A fact's label that is accepted begins with an exclamation mark and has 2 to 63 bytes.
/// @custom:engine chc
contract FactLength {
    function prove(bytes calldata label) external pure {
        Labels.requireFact(label);
        assert(label.length >= 2 && label.length <= 63);
        assert(label[0] == "!");
    }
}

/// @title Every byte of a name that is accepted is legal.
/// @custom:unwind 64
/// @custom:targets assert
contract NameBytes {
    function prove(bytes calldata label, uint256 place) external pure {
        require(place < label.length);
        Labels.requireName(label);
        assert(Labels.isLegal(label[place]));
    }
}
