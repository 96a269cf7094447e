// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title What the functions of OpenZeppelin's Math return, without the assembly that the checker cannot follow.
/// @dev `mulDiv` reverts where the product exceeds 256 bits, so proofs that use it hold for products that fit.
library Math {
    enum Rounding {
        Floor,
        Ceil,
        Trunc,
        Expand
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function saturatingSub(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function mulDiv(uint256 x, uint256 y, uint256 denominator, Rounding rounding) internal pure returns (uint256) {
        uint256 product = x * y;
        bool up = rounding == Rounding.Ceil || rounding == Rounding.Expand;
        return product / denominator + (up && product % denominator != 0 ? 1 : 0);
    }
}
