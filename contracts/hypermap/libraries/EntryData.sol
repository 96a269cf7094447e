// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Where the data of a note or fact is kept.
/// @notice The commonest data of all, a key or a hash of exactly 32 bytes, fits one storage slot here, where `bytes` would
/// take two: that halves the price of a new `~net-key`.
library EntryData {
    /// @dev At most one of the two is set. `word` holds data of exactly 32 bytes unless those are all zero; `text` holds
    /// the rest, which the language keeps in one slot up to 31 bytes.
    struct Data {
        bytes32 word;
        bytes text;
    }

    /// @notice Replaces the data, of any length.
    function write(Data storage self, bytes calldata data) internal {
        bytes32 word = data.length == 32 ? bytes32(data) : bytes32(0);
        if (self.word != word) self.word = word;
        if (word == 0) self.text = data;
        else if (self.text.length != 0) delete self.text;
    }

    /// @notice The data as it was written; empty when nothing was.
    function read(Data storage self) internal view returns (bytes memory) {
        bytes32 word = self.word;
        return word == 0 ? self.text : abi.encode(word);
    }

    /// @notice Whether there is no data, or empty data.
    function isEmpty(Data storage self) internal view returns (bool) {
        return self.word == 0 && self.text.length == 0;
    }
}
