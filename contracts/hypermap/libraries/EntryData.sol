// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Namehash} from "./Namehash.sol";
import {Shelf} from "./Shelf.sol";

/// @title Where the data of a note or fact is kept.
/// @notice One storage slot, the head, says it all for what is commonest: a key or hash of 32 bytes, an address, a port.
/// Longer data stands in the slots after the head, or as the code of a contract (see Shelf).
///
///     head                              data
///     0                                 the entry's own shelf, if there is one; else none
///     TAG, up to 27 bytes, their count  those bytes; a count of zero is data that was cleared
///     TAG, length (20 bytes), SLOTS     in the slots after the head
///     TAG, address (20 bytes), CODE     on the shelf at that address
///     anything else                     the 32 bytes of the head itself
///
/// @dev 32 bytes that would read as one of the others (zeros, or beginning with TAG) are kept in the slots.
library EntryData {
    struct Data {
        /// @dev Nothing may be declared after it in the same mapping value: the slots behind it are its own.
        bytes32 head;
    }

    /// @dev First four bytes of `keccak256("hyperware.EntryData")`.
    bytes4 private constant TAG = 0x656b11ce;

    uint256 private constant INLINE_MAX = 27;
    uint256 private constant SLOTS = 0xfe;
    uint256 private constant CODE = 0xff;

    /// @dev Longest fact kept in slots: 33 bytes cost 66,000 gas there and 48,000 as code.
    uint256 internal constant FACT_SLOTS_MAX = 32;

    /// @dev Longest note kept in slots. Code is cheaper to write (65,000 against 110,000 gas at this length), slots are to
    /// change (22,000 against 80,000). Hashes in hex, URIs and lists of routers, which change, are below.
    uint256 internal constant NOTE_SLOTS_MAX = 128;

    /// @notice Replaces the data, of any length.
    /// @param entry Where it belongs; decides where its shelf is.
    /// @param slotsMax Longest data that is not put on a shelf, in bytes.
    function write(Data storage self, Namehash entry, bytes calldata data, uint256 slotsMax) internal {
        uint256 length = data.length;
        if (length == 32 && _isPlain(bytes32(data))) self.head = bytes32(data);
        else if (length == 0) _clear(self, entry);
        else if (length <= INLINE_MAX) self.head = _tagged(uint256(bytes32(data) >> 32) | length);
        else if (length <= slotsMax || length > Shelf.MAX_LENGTH) _writeSlots(self, data);
        else _writeCode(self, entry, data);
    }

    /// @notice The data as it was written; empty when nothing was.
    function read(Data storage self, Namehash entry) internal view returns (bytes memory) {
        bytes32 head = self.head;
        if (head == 0) return Shelf.read(Shelf.ofEntry(entry));
        if (_isPlain(head)) return abi.encode(head);
        uint256 kind = uint8(uint256(head));
        uint256 payload = uint256(uint160(uint256(head) >> 8));
        if (kind == CODE) return Shelf.read(address(uint160(payload)));
        if (kind == SLOTS) return _readSlots(self, payload);
        bytes memory data = abi.encode(head << 32);
        assembly ("memory-safe") {
            mstore(data, kind)
        }
        return data;
    }

    /// @notice Whether there is no data, or empty data.
    function isEmpty(Data storage self, Namehash entry) internal view returns (bool) {
        bytes32 head = self.head;
        return head == 0 ? Shelf.ofEntry(entry).code.length == 0 : head == _tagged(0);
    }

    /// @dev A shelf can not be emptied, so data that was on one needs a mark that it is gone.
    function _clear(Data storage self, Namehash entry) private {
        self.head = Shelf.ofEntry(entry).code.length == 0 ? bytes32(0) : _tagged(0);
    }

    /// @dev The entry's own shelf needs no pointer but can be filled only once. Later data gets a shelf with a pointer.
    function _writeCode(Data storage self, Namehash entry, bytes calldata data) private {
        if (Shelf.ofEntry(entry).code.length == 0) {
            Shelf.fill(entry, data);
            if (self.head != 0) self.head = 0;
        } else {
            address shelf = Shelf.fillNew(data);
            self.head = _tagged((uint256(uint160(shelf)) << 8) | CODE);
        }
    }

    function _writeSlots(Data storage self, bytes calldata data) private {
        self.head = _tagged((data.length << 8) | SLOTS);
        assembly ("memory-safe") {
            let slot := add(self.slot, 1)
            for {
                let i := 0
            } lt(i, data.length) {
                i := add(i, 0x20)
            } {
                sstore(slot, calldataload(add(data.offset, i)))
                slot := add(slot, 1)
            }
        }
    }

    function _readSlots(Data storage self, uint256 length) private view returns (bytes memory data) {
        data = new bytes(length);
        assembly ("memory-safe") {
            let slot := add(self.slot, 1)
            let end := add(add(data, 0x20), length)
            for {
                let at := add(data, 0x20)
            } lt(at, end) {
                at := add(at, 0x20)
            } {
                mstore(at, sload(slot))
                slot := add(slot, 1)
            }
            mstore(0x40, add(end, 0x20))
        }
    }

    function _tagged(uint256 rest) private pure returns (bytes32) {
        return bytes32(TAG) | bytes32(rest);
    }

    /// @dev Whether a head is data itself.
    function _isPlain(bytes32 word) private pure returns (bool) {
        return word != 0 && bytes4(word) != TAG;
    }
}
