// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Multicall3} from "../../../contracts/dev/Multicall3.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract Multicall3Test is HypermapTest {
    Multicall3 private multicall = new Multicall3();

    function good() public pure returns (uint256) {
        return 7;
    }

    function bad() public pure {
        revert("no");
    }

    function pay() public payable returns (uint256) {
        return msg.value;
    }

    function calls(bool second) private view returns (Multicall3.Call[] memory list) {
        list = new Multicall3.Call[](2);
        list[0] = Multicall3.Call(address(this), abi.encodeCall(this.good, ()));
        list[1] =
            second
                ? Multicall3.Call(address(this), abi.encodeCall(this.good, ()))
                : Multicall3.Call(address(this), abi.encodeCall(this.bad, ()));
    }

    function expectFailure() private {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: call failed"));
    }

    function test_FunctionsHaveThePublishedSelectors() public pure {
        assertTrue(Multicall3.aggregate.selector == 0x252dba42, "aggregate");
        assertTrue(Multicall3.aggregate3.selector == 0x82ad56cb, "aggregate3");
        assertTrue(Multicall3.aggregate3Value.selector == 0x174dea71, "aggregate3Value");
        assertTrue(Multicall3.tryAggregate.selector == 0xbce38bd7, "tryAggregate");
        assertTrue(Multicall3.tryBlockAndAggregate.selector == 0x399542e9, "tryBlockAndAggregate");
        assertTrue(Multicall3.blockAndAggregate.selector == 0xc3077fa9, "blockAndAggregate");
    }

    function test_AggregateNeedsEverySuccess() public {
        (uint256 number, bytes[] memory data) = multicall.aggregate(calls(true));
        assertEq(number, block.number, "block");
        assertEq(data[1], abi.encode(7), "result");
        expectFailure();
        multicall.aggregate(calls(false));
    }

    function test_TryAggregateReportsFailures() public {
        Multicall3.Result[] memory results = multicall.tryAggregate(false, calls(false));
        assertTrue(results[0].success && !results[1].success, "one of two");
        assertEq(results[1].returnData, abi.encodeWithSignature("Error(string)", "no"), "the reason");
        expectFailure();
        multicall.tryAggregate(true, calls(false));
    }

    function test_BlockAndAggregateNeedsEverySuccess() public {
        (uint256 number, , Multicall3.Result[] memory results) = multicall.blockAndAggregate(calls(true));
        assertTrue(number == block.number && results[1].success, "all");
        (, , results) = multicall.tryBlockAndAggregate(false, calls(false));
        assertTrue(!results[1].success, "reported");
        expectFailure();
        multicall.blockAndAggregate(calls(false));
    }

    function test_Aggregate3AsksEachCall() public {
        Multicall3.Call3[] memory list = new Multicall3.Call3[](1);
        list[0] = Multicall3.Call3(address(this), true, abi.encodeCall(this.bad, ()));
        assertTrue(!multicall.aggregate3(list)[0].success, "allowed to fail");
        list[0].allowFailure = false;
        expectFailure();
        multicall.aggregate3(list);
    }

    function test_Aggregate3ValueSpendsAllItGets() public {
        vm.deal(address(this), 1 ether);
        Multicall3.Call3Value[] memory list = new Multicall3.Call3Value[](1);
        list[0] = Multicall3.Call3Value(address(this), false, 5, abi.encodeCall(this.pay, ()));
        assertEq(multicall.aggregate3Value{value: 5}(list)[0].returnData, abi.encode(5), "paid");
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Multicall3: value mismatch"));
        multicall.aggregate3Value{value: 6}(list);
    }

    function test_ItReportsTheBlock() public view {
        assertEq(multicall.getBlockNumber(), block.number, "number");
        assertEq(multicall.getBlockHash(block.number - 1), blockhash(block.number - 1), "hash");
        assertEq(multicall.getLastBlockHash(), blockhash(block.number - 1), "last hash");
        assertEq(multicall.getCurrentBlockCoinbase(), block.coinbase, "coinbase");
        assertEq(multicall.getCurrentBlockDifficulty(), block.prevrandao, "difficulty");
        assertEq(multicall.getCurrentBlockGasLimit(), block.gaslimit, "gas limit");
        assertEq(multicall.getCurrentBlockTimestamp(), block.timestamp, "timestamp");
        assertEq(multicall.getEthBalance(address(this)), address(this).balance, "balance");
        assertEq(multicall.getBasefee(), block.basefee, "base fee");
        assertEq(multicall.getChainId(), block.chainid, "chain");
    }

    function test_AnAccountWritesSeveralNotesAtOnce() public {
        Multicall3.Call[] memory notes = new Multicall3.Call[](2);
        notes[0] = Multicall3.Call(address(hypermap), abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001")));
        notes[1] = Multicall3.Call(address(hypermap), abi.encodeCall(IHypermap.note, ("~tcp-port", hex"2328")));
        bytes memory aggregate = abi.encodeCall(Multicall3.aggregate, (notes));
        bytes memory initialization = abi.encodeWithSignature(
            "execute(address,uint256,bytes,uint8)",
            multicall,
            0,
            aggregate,
            1
        );
        asFoo();
        hypermap.mint(BOB, "bar", initialization, address(plain));
        bytes32 bar = hypermap.leaf(foo, "bar");
        assertEq(dataOf(hypermap.leaf(bar, "~tcp-port")), hex"2328", "at birth");
        expectFailure(); // not a delegatecall: Hypermap sees Multicall3
        multicall.aggregate(notes);
    }
}
