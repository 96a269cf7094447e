// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Vm} from "./Vm.sol";

/// @dev Assertions whose failure names both values.
abstract contract Test {
    error NotEqual(string what, bytes actual, bytes expected);
    error NotTrue(string what);

    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    function assertEq(bytes memory actual, bytes memory expected, string memory what) internal pure {
        if (keccak256(actual) != keccak256(expected)) revert NotEqual(what, actual, expected);
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        assertEq(abi.encode(actual), abi.encode(expected), what);
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        assertEq(abi.encode(actual), abi.encode(expected), what);
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        assertEq(abi.encode(actual), abi.encode(expected), what);
    }
}
