// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev A ballot box in one word. From the lowest bit: votes 104, number 32, opens 40, closes 40, time 40.
type Box is uint256;

using Boxes for Box global;

/// @title Ballot boxes: one for each proposal and kind of support.
library Boxes {
    uint256 private constant VOTES_MASK = type(uint104).max;

    /// @param number_ Place of the proposal among all, from 1.
    /// @param opens_ Block of the snapshot; votes count in later ones.
    /// @param closes_ Last block in which votes count.
    function create(uint256 number_, uint256 opens_, uint256 closes_) internal pure returns (Box) {
        return
            Box.wrap(
                (uint256(SafeCast.toUint32(number_)) << 104) |
                    (uint256(SafeCast.toUint40(opens_)) << 136) |
                    (uint256(SafeCast.toUint40(closes_)) << 176)
            );
    }

    /// @dev Sum of votes. It never exceeds the votes of all locks, at most 2.6e30, less than 2^102.
    function votes(Box box) internal pure returns (uint256) {
        return Box.unwrap(box) & VOTES_MASK;
    }

    /// @dev Place of the proposal among all; zero when there is no such proposal.
    function number(Box box) internal pure returns (uint256) {
        return uint32(Box.unwrap(box) >> 104);
    }

    /// @dev Block of the snapshot.
    function opens(Box box) internal pure returns (uint256) {
        return uint40(Box.unwrap(box) >> 136);
    }

    /// @dev Last block in which votes count; zero once cancelled.
    function closes(Box box) internal pure returns (uint256) {
        return uint40(Box.unwrap(box) >> 176);
    }

    /// @dev Time of the snapshot, in seconds since 1970; zero until it is known.
    function time(Box box) internal pure returns (uint256) {
        return Box.unwrap(box) >> 216;
    }

    /// @dev The box with more votes.
    function add(Box box, uint256 weight) internal pure returns (Box) {
        SafeCast.toUint104(votes(box) + weight);
        return Box.wrap(Box.unwrap(box) + weight);
    }

    /// @dev The box with fewer votes; reverts with an arithmetic panic when it has not as many.
    function subtract(Box box, uint256 weight) internal pure returns (Box) {
        uint256 left = votes(box) - weight;
        return Box.wrap((Box.unwrap(box) & ~VOTES_MASK) | left);
    }

    /// @dev The box with the time of the snapshot, which it did not know.
    function withTime(Box box, uint256 time_) internal pure returns (Box) {
        return Box.wrap(Box.unwrap(box) | (uint256(SafeCast.toUint40(time_)) << 216));
    }

    /// @dev The box, closed for ever.
    function closed(Box box) internal pure returns (Box) {
        return Box.wrap(Box.unwrap(box) & ~(uint256(type(uint40).max) << 176));
    }
}
