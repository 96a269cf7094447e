// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EntryData} from "../../../contracts/hypermap/libraries/EntryData.sol";
import {Test} from "../support/Test.sol";

contract EntryDataTest is Test {
    using EntryData for EntryData.Data;

    EntryData.Data private data;

    function write(bytes calldata value) external {
        data.write(value);
    }

    function test_NothingIsEmpty() public view {
        assertTrue(data.isEmpty(), "empty");
        assertEq(data.read(), "", "nothing");
    }

    function test_32BytesTakeOneSlot() public {
        bytes32 key = keccak256("key");
        this.write(abi.encode(key));
        assertEq(data.word, key, "the word");
        assertEq(data.text.length, 0, "no text");
        assertEq(data.read(), abi.encode(key), "read");
    }

    function test_32ZeroBytesAreNotNothing() public {
        this.write(new bytes(32));
        assertTrue(!data.isEmpty(), "not empty");
        assertEq(data.read(), new bytes(32), "read");
    }

    function testFuzz_TheLastWriteIsRead(bytes memory first, bytes32 second, bytes memory third) public {
        bytes[5] memory values = [first, abi.encode(second), third, abi.encode(second), ""];
        for (uint256 i = 0; i < values.length; ++i) {
            this.write(values[i]);
            assertEq(data.read(), values[i], "read");
            assertTrue(data.isEmpty() == (values[i].length == 0), "empty when nothing");
        }
    }
}
