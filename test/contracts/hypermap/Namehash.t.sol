// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev The same vectors as the TypeScript side.
contract NamehashTest is HypermapTest {
    function test_LeafAgreesWithEveryVector() public view {
        string memory json = vm.readFile("test/conformance/namehash.json");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, key("entries", i, "path")); ++i) {
            string memory path = vm.parseJsonString(json, key("entries", i, "path"));
            bytes32 expected = vm.parseJsonBytes32(json, key("entries", i, "namehash"));
            assertEq(namehash(bytes(path)), expected, path);
        }
        assertTrue(i >= 19, "the vectors are there");
    }

    function test_LeaflGivesTheLabelhashOfEveryVector() public view {
        string memory json = vm.readFile("test/conformance/namehash.json");
        uint256 i = 0;
        for (; vm.keyExistsJson(json, key("labels", i, "label")); ++i) {
            string memory label = vm.parseJsonString(json, key("labels", i, "label"));
            (bytes32 hash, bytes32 labelhash) = hypermap.leafl(os, bytes(label));
            assertEq(labelhash, vm.parseJsonBytes32(json, key("labels", i, "labelhash")), label);
            assertEq(hash, hypermap.leaf(os, bytes(label)), label);
        }
        assertTrue(i >= 9, "the vectors are there");
    }

    function key(string memory list, uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(i), "].", field);
    }

    function testFuzz_LeafIsTheHashOfParentAndLabelhash(bytes32 parent, bytes memory label) public view {
        bytes32 expected = keccak256(abi.encodePacked(parent, keccak256(label)));
        assertEq(hypermap.leaf(parent, label), expected, "leaf");
    }

    /// @dev Walks the labels from right to left with the contract's own step.
    function namehash(bytes memory path) private view returns (bytes32 hash) {
        uint256 end = path.length;
        for (uint256 i = path.length; i > 0; --i) {
            if (path[i - 1] != ".") continue;
            hash = hypermap.leaf(hash, slice(path, i, end));
            end = i - 1;
        }
        if (end > 0) hash = hypermap.leaf(hash, slice(path, 0, end));
    }

    function slice(bytes memory path, uint256 start, uint256 end) private pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) part[i - start] = path[i];
    }
}
