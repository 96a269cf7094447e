// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {EntryData} from "../../../contracts/hypermap/libraries/EntryData.sol";
import {Namehash} from "../../../contracts/hypermap/libraries/Namehash.sol";
import {Shelf} from "../../../contracts/hypermap/libraries/Shelf.sol";
import {Test} from "../support/Test.sol";

contract EntryDataTest is Test {
    using EntryData for EntryData.Data;

    Namehash private constant ENTRY = Namehash.wrap(keccak256("~note.foo.os"));
    bytes4 private constant TAG = bytes4(keccak256("hyperware.EntryData"));

    mapping(Namehash => EntryData.Data) private entries;

    function write(bytes calldata value) public {
        entries[ENTRY].write(ENTRY, value, EntryData.NOTE_SLOTS_MAX);
    }

    function writeFact(bytes calldata value) external {
        entries[ENTRY].write(ENTRY, value, EntryData.FACT_SLOTS_MAX);
    }

    function shelvedData() external view {
        Shelf.answer();
    }

    function read() private view returns (bytes memory) {
        return entries[ENTRY].read(ENTRY);
    }

    function isEmpty() private view returns (bool) {
        return entries[ENTRY].isEmpty(ENTRY);
    }

    function shelf() private view returns (address) {
        return Shelf.ofEntry(ENTRY);
    }

    function some(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) data[i] = bytes1(uint8(i % 251) + 1);
    }

    function test_NothingIsEmpty() public view {
        assertTrue(isEmpty(), "empty");
        assertEq(read(), "", "nothing");
    }

    function test_32BytesTakeOneSlot() public {
        bytes32 key = keccak256("key");
        this.write(abi.encode(key));
        assertEq(entries[ENTRY].head, key, "the word");
        assertEq(read(), abi.encode(key), "read");
    }

    function test_32ZeroBytesAreNotNothing() public {
        this.write(new bytes(32));
        assertTrue(!isEmpty(), "not empty");
        assertEq(read(), new bytes(32), "read");
    }

    function testFuzz_32BytesThatLookLikeAHeadAreKeptAsTheyAre(bytes28 rest) public {
        bytes memory data = abi.encodePacked(TAG, rest);
        this.write(data);
        assertTrue(!isEmpty(), "not empty");
        assertEq(read(), data, "read");
    }

    function test_EveryLengthIsReadAsItWasWritten() public {
        for (uint256 length = 0; length < 200; ++length) {
            this.write(some(length));
            assertEq(read(), some(length), vm.toString(length));
        }
    }

    function test_LongNotesAreCodeAndLongFactsAreCodeSooner() public {
        this.write(some(128));
        assertEq(shelf().code.length, 0, "a note of 128 bytes is not");
        this.write(some(129));
        assertEq(shelf().code, bytes.concat(hex"00", some(129)), "a note of 129 bytes is");
    }

    function test_AFactOf33BytesIsCode() public {
        this.writeFact(some(33));
        assertEq(shelf().code, bytes.concat(hex"00", some(33)), "code");
        assertEq(entries[ENTRY].head, bytes32(0), "without a pointer");
        assertTrue(!isEmpty(), "not empty");
    }

    function test_AShelfDoesNothingWhenCalled() public {
        this.writeFact(bytes.concat(hex"33ff", some(40))); // would destroy itself, were it run
        (bool ok, bytes memory result) = shelf().call("");
        assertTrue(ok && result.length == 0, "nothing");
        assertEq(read(), bytes.concat(hex"33ff", some(40)), "still there");
    }

    function test_DataThatWasOnAShelfCanBeClearedAndWrittenAgain() public {
        this.write(some(500));
        this.write("");
        assertTrue(isEmpty(), "empty");
        assertEq(read(), "", "nothing to read");
        this.write(some(300));
        assertEq(read(), some(300), "another shelf");
        this.write("");
        this.write("");
        assertTrue(isEmpty(), "empty again");
    }

    function test_DataTooLongForCodeIsKeptToo() public {
        for (uint256 length = Shelf.MAX_LENGTH; length <= Shelf.MAX_LENGTH + 1; ++length) {
            this.write(some(length));
            assertEq(keccak256(read()), keccak256(some(length)), vm.toString(length));
        }
    }

    function test_WithTooLittleGasNothingIsWritten() public {
        bytes memory data = some(20_000);
        uint256 refused;
        for (uint256 gasLimit = 300_000; gasLimit < 30_000_000; gasLimit += 100_000) {
            (bool ok, bytes memory result) = address(this).call{gas: gasLimit}(abi.encodeCall(this.write, (data)));
            assertTrue(isEmpty() != ok, "all or nothing");
            if (ok) break;
            if (result.length == 0) continue; // not even enough to say so
            assertEq(result, abi.encodeWithSelector(IHypermap.DataNotStored.selector, data.length), "named");
            ++refused;
        }
        assertEq(read(), data, "enough at last");
        assertTrue(refused > 0, "some of the failures have their name");
    }

    function testFuzz_TheLastWriteIsRead(bytes memory first, bytes32 second, bytes memory third) public {
        bytes[6] memory values = [first, abi.encode(second), third, some(400), abi.encode(second), ""];
        for (uint256 i = 0; i < values.length; ++i) {
            this.write(values[i]);
            assertEq(read(), values[i], "read");
            assertTrue(isEmpty() == (values[i].length == 0), "empty when nothing");
        }
    }
}
