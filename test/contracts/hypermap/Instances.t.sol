// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {Hypermap} from "../../../contracts/hypermap/Hypermap.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {IHypermapInstance} from "../../../contracts/hypermap/IHypermapInstance.sol";
import {InstancePointer} from "../../../contracts/hypermap/libraries/InstancePointer.sol";
import {HypermapTest} from "../support/HypermapTest.sol";
import {Vm} from "../support/Vm.sol";

/// @dev foo.os of the first instance is the root of a further one.
contract HypermapInstancesTest is HypermapTest {
    Hypermap private far;
    HyperAccount private farRoot;

    function setUp() public override {
        super.setUp();
        far = deployInstance(foo);
        farRoot = HyperAccount(payable(far.tbaOf(foo)));
    }

    function deployInstance(bytes32 root) private returns (Hypermap) {
        Hypermap implementation = new Hypermap(dispatcher, address(plain));
        bytes memory initialize = abi.encodeCall(IHypermapInstance.initialize, (ADMIN, root));
        return Hypermap(address(new ERC1967Proxy(address(implementation), initialize)));
    }

    function test_TheFirstInstancesRootIsTheEmptyPath() public {
        assertEq(hypermap.rootEntry(), bytes32(0), "by the first initializer");
        Hypermap same = deployInstance(bytes32(0));
        assertEq(same.rootEntry(), bytes32(0), "by the second one");
        assertEq(same.ownerOf(0), ADMIN, "owned");
    }

    function test_AFurtherInstancesRootIsItsEntry() public view {
        assertEq(far.rootEntry(), foo, "root");
        assertEq(far.ownerOf(uint256(foo)), ADMIN, "owner");
        assertTrue(far.hasRole(bytes32(0), ADMIN), "admin role");
        assertEq(far.tbaOf(bytes32(0)), address(0), "the empty path is not in it");
        assertTrue(address(farRoot) != address(fooAccount), "an account of its own");
    }

    function test_ItsGenesisAnnouncesTheRootsAccount() public {
        vm.recordLogs();
        Hypermap fresh = deployInstance(foo);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 9, "as many logs as the first instance's");
        assertEq(logs[3].topics[3], foo, "the token");
        assertEq(logs[7].topics[0], IHypermap.Zero.selector, "Zero");
        assertEq(logs[7].topics[1], bytes32(uint256(uint160(fresh.tbaOf(foo)))), "the root's account");
    }

    function test_NamesBeneathItHaveTheHashesOfTheWholeNamespace() public {
        bytes memory mint = abi.encodeCall(IHypermap.mint, (BOB, "alice", "", address(plain)));
        vm.prank(ADMIN);
        farRoot.execute(address(far), 0, mint, 0);
        bytes32 alice = hypermap.leaf(foo, "alice");
        assertEq(far.ownerOf(uint256(alice)), BOB, "minted in the further instance");
        assertEq(hypermap.tbaOf(alice), address(0), "and not in the first");
        vm.prank(far.tbaOf(alice));
        bytes32 note = far.note("~ip", hex"7f000001");
        assertEq(note, hypermap.leaf(alice, "~ip"), "a note's hash");
    }

    function test_AccountsOfOneInstanceHaveNoSayInAnother() public {
        asFoo();
        vm.expectRevert(IHypermap.NotParent.selector);
        far.note("~ip", "");
        vm.prank(address(farRoot));
        vm.expectRevert(IHypermap.NotParent.selector);
        hypermap.note("~ip", "");
        vm.prank(address(0)); // what a simulation without sender is from
        vm.expectRevert(IHypermap.NotParent.selector);
        far.note("~ip", "");
    }

    function test_EitherInitializerRunsOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        far.initialize(BOB, os);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        far.initialize(BOB);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        hypermap.initialize(BOB, os);
    }

    function test_TwoFactsPointFromTheEntryToTheInstance() public {
        (bool exists, , ) = InstancePointer.read(hypermap, foo);
        assertTrue(!exists, "not yet");
        bytes[2] memory data = InstancePointer.encodeCalls(block.chainid, address(far));
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](2);
        for (uint256 i = 0; i < 2; ++i) calls[i] = IHyperAccount.Call(address(hypermap), 0, data[i]);
        vm.prank(ALICE);
        fooAccount.executeBatch(calls);

        uint256 chainId;
        address instance;
        (exists, chainId, instance) = InstancePointer.read(hypermap, foo);
        assertTrue(exists, "found");
        assertEq(chainId, block.chainid, "chain");
        assertEq(instance, address(far), "instance");
        assertEq(Hypermap(instance).rootEntry(), foo, "whose root is the entry");
        assertEq(dataOf(hypermap.leaf(foo, "!chain-id")), abi.encode(block.chainid), "32 bytes");
        assertEq(dataOf(hypermap.leaf(foo, "!address")), abi.encodePacked(far), "20 bytes");
    }

    function test_APointerOfAnotherLengthIsNone() public {
        asFoo();
        hypermap.fact("!chain-id", abi.encode(block.chainid));
        asFoo();
        hypermap.fact("!address", abi.encode(far));
        (bool exists, uint256 chainId, address instance) = InstancePointer.read(hypermap, foo);
        assertTrue(!exists && chainId == 0 && instance == address(0), "none");
    }
}
