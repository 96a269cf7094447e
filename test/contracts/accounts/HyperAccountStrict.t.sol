// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {HyperAccountStrict} from "../../../contracts/accounts/HyperAccountStrict.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Code that puts other code in place of the account's, when an account runs it as its own.
contract Usurper {
    function usurp(address implementation) external {
        bytes32 slot = ERC1967Utils.IMPLEMENTATION_SLOT;
        assembly {
            sstore(slot, implementation)
        }
    }
}

/// @dev foo.os has the strict account as its gene; bar.foo.os is ALICE's.
contract HyperAccountStrictTest is HypermapTest {
    HyperAccountStrict private strict;
    HyperAccountStrict private bar;
    Usurper private usurper = new Usurper();

    function setUp() public override {
        super.setUp();
        strict = new HyperAccountStrict(ENTRY_POINT);
        asFoo();
        hypermap.gene(address(strict));
        asFoo();
        bar = HyperAccountStrict(payable(hypermap.mint(ALICE, "bar", "", address(plain))));
    }

    function implementationOf(address account) private view returns (address) {
        return address(uint160(uint256(vm.load(account, ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function test_ItCalls() public {
        vm.deal(address(bar), 1 ether);
        vm.startPrank(ALICE);
        bar.execute(BOB, 1, "", 0);
        bar.execute(BOB, 1, "", 0, 0);
        bar.execute(BOB, 1, "");
        bytes memory note = abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001"));
        bar.execute(address(hypermap), 0, note, 0);
        vm.stopPrank();
        assertEq(BOB.balance, 3, "paid");
        assertEq(bar.state(), 3, "counted");
    }

    function test_ItDoesNothingElse() public {
        bytes memory usurp = abi.encodeCall(Usurper.usurp, (address(plain)));
        vm.startPrank(ALICE);
        for (uint8 operation = 1; operation < 4; ++operation) {
            vm.expectRevert(abi.encodeWithSelector(HyperAccountStrict.OnlyCalls.selector, operation));
            bar.execute(address(usurper), 0, usurp, operation);
            vm.expectRevert(abi.encodeWithSelector(HyperAccountStrict.OnlyCalls.selector, operation));
            bar.execute(address(usurper), 0, usurp, operation, 0);
        }
        vm.stopPrank();
        assertEq(implementationOf(address(bar)), address(strict), "the gene holds");
    }

    function test_APlainAccountCouldBeTakenOutOfItsGene() public {
        vm.prank(ALICE);
        fooAccount.execute(address(usurper), 0, abi.encodeCall(Usurper.usurp, (address(minter))), 1);
        assertEq(implementationOf(address(fooAccount)), address(minter), "which is why this one exists");
    }

    function test_ItCanNotBeUpgraded() public {
        vm.prank(ALICE);
        vm.expectRevert(bytes(""));
        HyperAccountUpgradable(payable(bar)).upgradeToAndCall(address(minter), "");
    }

    function test_StrangersMayNotExecute() public {
        vm.prank(BOB);
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        bar.execute(BOB, 0, "", 0);
    }

    function test_NotesAreWrittenInItsMintByABatch() public {
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](2);
        calls[0] = IHyperAccount.Call(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001")));
        calls[1] = IHyperAccount.Call(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~tcp-port", hex"2328")));
        asFoo();
        hypermap.mint(BOB, "baz", abi.encodeCall(IHyperAccount.executeBatch, (calls)), address(0));
        bytes32 baz = hypermap.leaf(foo, "baz");
        assertEq(dataOf(hypermap.leaf(baz, "~ip")), hex"7f000001", "the first");
        assertEq(dataOf(hypermap.leaf(baz, "~tcp-port")), hex"2328", "the second");
    }
}
