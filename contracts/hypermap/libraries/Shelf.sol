// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../IHypermap.sol";
import {Namehash} from "./Namehash.sol";

/// @title Data kept as the code of a contract: 206 gas per byte, where storage takes 690.
/// @notice A shelf is never changed or destroyed: its code begins with STOP, so it can do nothing.
/// @dev The code that creates a shelf holds no data and so is always the same; it asks its creator what to keep. Hence the
/// address of an entry's own shelf follows from its namehash, and needs no storage slot (22,100 gas) to be remembered.
/// The data waits in transient storage meanwhile, its length in slot 0. A contract that fills shelves must answer
/// `shelvedData()` with `answer()`.
library Shelf {
    /// @dev Longest code that chains accept (EIP-170), less the STOP.
    uint256 internal constant MAX_LENGTH = 24_575;

    /// @dev Calls `shelvedData()` at the creator and returns STOP and the answer as code. Never to be changed: where the
    /// shelves of all entries are follows from it.
    ///
    ///     PUSH4 selector, PUSH0, MSTORE
    ///     PUSH0, PUSH0, PUSH1 4, PUSH1 28, CALLER, GAS, STATICCALL
    ///     RETURNDATASIZE, PUSH0, PUSH1 1, RETURNDATACOPY
    ///     RETURNDATASIZE, PUSH1 1, ADD, PUSH0, RETURN
    uint256 private constant CREATION_CODE = 0x637a1298f45f525f5f6004601c335afa3d5f60013e3d6001015ff3;
    uint256 private constant CREATION_CODE_LENGTH = 27;

    /// @notice Where the entry's own shelf is, filled or not.
    function ofEntry(Namehash entry) internal view returns (address shelf) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(0x00, CREATION_CODE)
            let hash := keccak256(sub(0x20, CREATION_CODE_LENGTH), CREATION_CODE_LENGTH)
            mstore(free, or(shl(160, 0xff), address()))
            mstore(add(free, 0x20), entry)
            mstore(add(free, 0x40), hash)
            shelf := and(keccak256(add(free, 0x0b), 0x55), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice Fills the entry's own shelf, which must not exist yet. Reverts with DataNotStored when gas is too little.
    function fill(Namehash entry, bytes calldata data) internal {
        _announce(data);
        address shelf;
        assembly ("memory-safe") {
            mstore(0x00, CREATION_CODE)
            shelf := create2(0, sub(0x20, CREATION_CODE_LENGTH), CREATION_CODE_LENGTH, entry)
        }
        _requireFilled(shelf, data.length);
    }

    /// @notice Fills a shelf at a new address. Reverts with DataNotStored when gas is too little.
    function fillNew(bytes calldata data) internal returns (address shelf) {
        _announce(data);
        assembly ("memory-safe") {
            mstore(0x00, CREATION_CODE)
            shelf := create(0, sub(0x20, CREATION_CODE_LENGTH), CREATION_CODE_LENGTH)
        }
        _requireFilled(shelf, data.length);
    }

    /// @notice What is on a shelf; empty when it does not exist.
    function read(address shelf) internal view returns (bytes memory data) {
        uint256 size = shelf.code.length;
        if (size == 0) return data;
        data = new bytes(size - 1);
        assembly ("memory-safe") {
            extcodecopy(shelf, add(data, 0x20), 1, sub(size, 1))
        }
    }

    /// @notice Ends the call with the data to be shelved, as bare bytes.
    function answer() internal view {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let length := tload(0)
            for {
                let i := 0
            } lt(i, length) {
                i := add(i, 0x40)
            } {
                let at := add(free, i)
                mstore(at, tload(add(i, 0x20)))
                mstore(add(at, 0x20), tload(add(i, 0x40)))
            }
            return(free, length)
        }
    }

    /// @dev Transient slots are numbered by byte: 32, 64, ... hold the data. Two words at a time, as the loop itself costs a
    /// third of a word.
    function _announce(bytes calldata data) private {
        assembly ("memory-safe") {
            tstore(0, data.length)
            for {
                let i := 0
            } lt(i, data.length) {
                i := add(i, 0x40)
            } {
                let at := add(data.offset, i)
                tstore(add(i, 0x20), calldataload(at))
                tstore(add(i, 0x40), calldataload(add(at, 0x20)))
            }
        }
    }

    /// @dev A failed creation has no code; one whose question failed for want of gas has too little.
    function _requireFilled(address shelf, uint256 length) private {
        assembly ("memory-safe") {
            tstore(0, 0)
        }
        if (shelf.code.length != length + 1) revert IHypermap.DataNotStored(length);
    }
}
