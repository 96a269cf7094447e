// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Who voted how on what: four bits per voter and proposal, 64 proposals per word.
library Receipts {
    struct Book {
        mapping(address account => mapping(uint256 shelf => uint256 word)) words;
    }

    /// @dev Bits that hold how the account voted: zero for not yet, else the kind of support plus one.
    uint256 internal constant SUPPORT = 3;

    /// @dev The account voted with its own lock, which it had delegated.
    uint256 internal constant OVERRODE = 4;

    /// @dev Somebody who had delegated to the account voted before the account did.
    uint256 internal constant WAS_OVERRIDDEN = 8;

    /// @dev Sets bits of a receipt; those set stay.
    /// @return before All four bits as they were.
    function add(Book storage self, address account, uint256 number, uint256 bits) internal returns (uint256 before) {
        mapping(uint256 => uint256) storage words = self.words[account];
        uint256 word = words[number / 64];
        uint256 offset = (number % 64) * 4;
        words[number / 64] = word | (bits << offset);
        return (word >> offset) & 15;
    }

    /// @dev All four bits.
    function read(Book storage self, address account, uint256 number) internal view returns (uint256) {
        return (self.words[account][number / 64] >> ((number % 64) * 4)) & 15;
    }

    /// @dev How the account voted: zero for not yet, else the kind of support plus one.
    function supportOf(Book storage self, address account, uint256 number) internal view returns (uint256) {
        return read(self, account, number) & SUPPORT;
    }

    /// @dev Whether one of the bits is set.
    function has(Book storage self, address account, uint256 number, uint256 bits) internal view returns (bool) {
        return read(self, account, number) & bits != 0;
    }
}
