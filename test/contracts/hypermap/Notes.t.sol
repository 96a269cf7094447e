// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HypermapNoteTest is HypermapTest {
    function test_ANoteIsWrittenOverwrittenAndCleared() public {
        bytes32 hash = note("~ip", hex"7f000001");
        assertEq(hash, hypermap.leaf(foo, "~ip"), "namehash");
        (address tba, address owner, bytes memory data) = hypermap.get(hash);
        assertEq(tba, address(0), "a note has no account");
        assertEq(owner, address(0), "a note has no owner");
        assertEq(data, hex"7f000001", "data");
        note("~ip", hex"0a000001");
        assertEq(dataOf(hash), hex"0a000001", "overwritten");
        note("~ip", "");
        assertEq(dataOf(hash), "", "cleared");
    }

    function test_ANoteIsAnnounced() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Note(foo, hypermap.leaf(foo, "~ip"), "~ip", "~ip", hex"7f000001");
        note("~ip", hex"7f000001");
    }

    function test_StrangersWriteNoNotes() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        vm.prank(ALICE);
        hypermap.note("~ip", hex"7f000001");
    }

    function test_ANotesLabelIsJudgedBeforeTheCaller() public {
        vm.expectRevert(IHypermap.NoteMustBeginWithTilde.selector);
        hypermap.note("ip", "");
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        hypermap.note("", "");
    }

    function test_TheRootMayWriteNotes() public {
        HyperAccount root = accountOf(ROOT);
        vm.prank(ADMIN);
        root.execute(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~motd", "hi")), 0);
        assertEq(dataOf(hypermap.leaf(ROOT, "~motd")), "hi", "data");
    }

    function test_AFactIsInscribedOnce() public {
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IHypermap.Fact(foo, hypermap.leaf(foo, "!born"), "!born", "!born", "2026");
        asFoo();
        bytes32 hash = hypermap.fact("!born", "2026");
        assertEq(dataOf(hash), "2026", "data");
        asFoo();
        vm.expectRevert(IHypermap.FactAlreadyExists.selector);
        hypermap.fact("!born", "");
    }

    function test_AFactNeedsData() public {
        asFoo();
        vm.expectRevert(IHypermap.EmptyFact.selector);
        hypermap.fact("!born", "");
    }

    function test_StrangersInscribeNoFacts() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.fact("!born", "2026");
    }

    function test_AFactsLabelBeginsWithABang() public {
        vm.expectRevert(IHypermap.FactMustBeginWithBang.selector);
        hypermap.fact("~born", "2026");
    }

    function test_AnAccountOfAnotherTokenContractHasNoSay() public {
        (, bytes memory result) = REGISTRY.call(
            abi.encodeWithSignature(
                "createAccount(address,bytes32,uint256,address,uint256)",
                dispatcher,
                foo,
                block.chainid,
                address(this),
                foo
            )
        );
        vm.prank(abi.decode(result, (address)));
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.note("~ip", "");
    }

    function test_WhatIsReadIsFilledUpWithZeros() public {
        for (uint256 length = 1; length < 140; length += 3) {
            bytes memory data = new bytes(length);
            for (uint256 i = 0; i < length; ++i) data[i] = 0xff;
            bytes memory call = bytes.concat(
                abi.encodeCall(IHypermap.note, ("~data", data)),
                bytes32(type(uint256).max)
            );
            asFoo();
            (bool ok, bytes memory result) = address(hypermap).call(call);
            assertTrue(ok, "written");
            (ok, result) = address(hypermap).call(abi.encodeCall(IHypermap.get, (abi.decode(result, (bytes32)))));
            assertEq(result, abi.encode(address(0), address(0), data), vm.toString(length));
        }
    }

    function test_ALongFactIsInscribedOnce() public {
        bytes memory data = new bytes(1000);
        asFoo();
        bytes32 hash = hypermap.fact("!born", data);
        for (uint256 length = 0; length <= 1000; length += 500) {
            asFoo();
            vm.expectRevert(IHypermap.FactAlreadyExists.selector);
            hypermap.fact("!born", new bytes(length));
        }
        assertEq(dataOf(hash), data, "data");
    }

    function test_NothingIsShelvedWithoutBeingWritten() public {
        note("~data", new bytes(1000));
        (bool ok, bytes memory result) = address(hypermap).call(abi.encodeCall(IHypermap.shelvedData, ()));
        assertTrue(ok && result.length == 0, "nothing");
    }

    function test_AnAccountWithoutEntryHasNoSay() public {
        bytes32 bar = hypermap.leaf(os, "bar");
        (, bytes memory result) = REGISTRY.call(
            abi.encodeWithSignature(
                "createAccount(address,bytes32,uint256,address,uint256)",
                dispatcher,
                bar,
                block.chainid,
                hypermap,
                bar
            )
        );
        vm.prank(abi.decode(result, (address)));
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.note("~ip", "");
    }

    function testFuzz_AnyDataCanBeRead(bytes memory first, bytes memory second) public {
        bytes32 hash = note("~data", first);
        assertEq(dataOf(hash), first, "first");
        note("~data", second);
        assertEq(dataOf(hash), second, "second");
    }
}
