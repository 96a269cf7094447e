// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Labels} from "../../../contracts/hypermap/libraries/Labels.sol";

/// @title Of the 256 bytes exactly the hyphen, the ten digits and the 26 small letters are legal.
contract Alphabet {
    function prove(bytes1 character) external pure {
        bool small = character >= "a" && character <= "z";
        bool digit = character >= "0" && character <= "9";
        assert(Labels.isLegal(character) == (small || digit || character == "-"));
    }
}
