// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {AccountDispatcher} from "../../../contracts/accounts/AccountDispatcher.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Runs the frozen code, with this contract as the token contract of its accounts.
contract AccountDispatcherTest is HypermapTest {
    bytes32 private constant IMPLEMENTATION_SLOT = ERC1967Utils.IMPLEMENTATION_SLOT;

    AccountDispatcher private account;

    /// @dev What an account asks its token contract: this contract owns every token.
    function ownerOf(uint256) external view returns (address) {
        return address(this);
    }

    function setUp() public override {
        super.setUp();
        account = AccountDispatcher(
            payable(IERC6551Registry(REGISTRY).createAccount(dispatcher, "salt", block.chainid, address(this), 7))
        );
    }

    function test_TheFrozenCodeIsTheOneOnRecord() public view {
        string memory json = vm.readFile("contracts/accounts/AccountDispatcher.frozen.json");
        bytes32 hash = keccak256(vm.parseJsonBytes(json, ".bytecode"));
        assertEq(hash, vm.parseJsonBytes32(json, ".creationCodeHash"), "recorded hash");
        assertEq(hash, 0x0d6da1429085ca94dd3ee0a940d2169145df4816884329e88d9d2daaa69c3415, "the hash of all accounts");
    }

    function test_TheTokenContractSetsTheImplementation() public {
        account.initialize(address(plain), "");
        bytes32 expected = bytes32(uint256(uint160(address(plain))));
        assertEq(vm.load(address(account), IMPLEMENTATION_SLOT), expected, "slot");
        assertTrue(HyperAccount(payable(account)).isOperator(address(this)), "forwards");
    }

    function test_TheInitializationRunsWithTheTokenContractAsCaller() public {
        account.initialize(address(upgradable), abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        HyperAccountUpgradable(payable(account)).initialize();
    }

    function test_AnImplementationIsSetOnce() public {
        account.initialize(address(plain), "");
        vm.expectRevert(AccountDispatcher.AlreadyInitialized.selector);
        account.initialize(address(upgradable), "");
    }

    function test_AFailedInitializationIsReturnedUnchanged() public {
        bytes memory call = abi.encodeWithSignature("execute(address,uint256,bytes,uint8)", BOB, 0, "", 9);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Invalid operation"));
        account.initialize(address(plain), call);
    }

    function test_AnImplementationNeedsCode() public {
        vm.expectRevert(abi.encodeWithSelector(ERC1967Utils.ERC1967InvalidImplementation.selector, BOB));
        account.initialize(BOB, "");
    }

    function test_StrangersCanDoNothingWithAnUnsetAccount() public {
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(AccountDispatcher.NotHypermapCaller.selector, BOB));
        account.initialize(address(plain), "");
        vm.expectRevert(abi.encodeWithSelector(AccountDispatcher.NotHypermapCaller.selector, BOB));
        HyperAccount(payable(account)).token();
        vm.stopPrank();
    }

    function test_StrangersInitializeIsForwardedOnceSet() public {
        account.initialize(address(plain), "");
        vm.prank(BOB);
        vm.expectRevert(bytes("")); // a plain account has no such function
        account.initialize(address(upgradable), "");
    }

    function test_EthIsAcceptedBeforeAndAfter() public {
        vm.deal(address(this), 2 ether);
        (bool before, ) = address(account).call{value: 1 ether}("");
        account.initialize(address(plain), "");
        (bool afterwards, ) = address(account).call{value: 1 ether}("");
        assertTrue(before && afterwards, "accepted");
        assertEq(address(account).balance, 2 ether, "balance");
    }

    function test_TheDispatcherItselfBelongsToNobody() public {
        vm.expectRevert(abi.encodeWithSelector(AccountDispatcher.NotHypermapCaller.selector, address(this)));
        AccountDispatcher(payable(dispatcher)).initialize(address(plain), "");
    }
}

/// @dev Says all it can see of a call, or fails with it.
contract Mirror {
    error Seen(bytes data);

    fallback() external payable {
        bytes memory seen = abi.encode(address(this), msg.sender, msg.value, msg.data);
        if (msg.data.length % 3 == 2) revert Seen(seen);
        assembly {
            return(add(seen, 0x20), sub(mload(seen), mod(calldatasize(), 32)))
        }
    }
}

/// @dev What the dispatcher does itself for plain accounts is what their implementation does: `twin` has the same code at
/// another address, to which the dispatcher forwards.
contract AccountDispatcherShortcutTest is HypermapTest {
    Mirror private mirror = new Mirror();
    HyperAccount private twin;

    bytes4 private constant EXECUTE = 0x51945447;

    function setUp() public override {
        super.setUp();
        HyperAccount other = new HyperAccount(ENTRY_POINT);
        asFoo();
        twin = HyperAccount(payable(hypermap.mint(ALICE, "twin", "", address(other))));
        vm.deal(address(fooAccount), 1 ether);
        vm.deal(address(twin), 1 ether);
    }

    function callBoth(address caller, bytes memory data) private returns (bool ok, bytes memory result) {
        uint256 state = fooAccount.state();
        vm.prank(caller);
        (ok, result) = address(fooAccount).call(data);
        vm.prank(caller);
        (bool twinOk, bytes memory twinResult) = address(twin).call(data);
        assertTrue(ok == twinOk, "same outcome");
        assertEq(_withoutAccount(result), _withoutAccount(twinResult), "same result");
        assertEq(fooAccount.state(), twin.state(), "same state");
        assertEq(address(fooAccount).balance, address(twin).balance, "same balance");
        assertTrue(ok || fooAccount.state() == state, "no state without success");
    }

    /// @dev The two accounts see different addresses of themselves: replace them by nothing.
    function _withoutAccount(bytes memory data) private view returns (bytes memory) {
        for (uint256 i = 0; i + 32 <= data.length; ++i) {
            bytes32 word;
            assembly {
                word := mload(add(add(data, 0x20), i))
            }
            if (
                word == bytes32(uint256(uint160(address(fooAccount)))) ||
                word == bytes32(uint256(uint160(address(twin))))
            ) {
                assembly {
                    mstore(add(add(data, 0x20), i), 0)
                }
            }
        }
        return data;
    }

    function testFuzz_AnyExecutionGoesAsWithoutTheShortcut(uint96 value, bytes memory data, uint8 operation) public {
        operation = operation % 3;
        value = value % 2 ether;
        callBoth(ALICE, abi.encodeWithSelector(EXECUTE, mirror, value, data, operation));
        callBoth(BOB, abi.encodeWithSelector(EXECUTE, mirror, value, data, operation));
        callBoth(ENTRY_POINT, abi.encodeWithSelector(EXECUTE, mirror, value, data, operation));
    }

    function testFuzz_AnyCallDataGoesAsWithoutTheShortcut(bytes memory arguments) public {
        callBoth(ALICE, bytes.concat(EXECUTE, arguments));
    }

    function test_UnusuallyEncodedCallDataGoesAsWithoutTheShortcut() public {
        bytes32 to = bytes32(uint256(uint160(address(mirror))));
        bytes memory usual = abi.encode(mirror, 1, bytes("abc"), 0);
        (bool ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, usual));
        assertTrue(ok, "usual");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(to, 1, 0xa0, 0, 7, 3, bytes32("abc"))));
        assertTrue(ok, "a gap before the data");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(to, 1, 0x80, 0, 3), "abc"));
        assertTrue(ok, "data that is not filled up");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(to, 1, 0x80, 0, 4), "abc"));
        assertTrue(!ok, "data that is not there");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(to, 1, 0x80, 0, type(uint256).max), "abc"));
        assertTrue(!ok, "data without end");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(bytes32(uint256(1) << 160) | to, 1, 0x80, 0, 0)));
        assertTrue(!ok, "more than an address");
        (ok, ) = callBoth(ALICE, bytes.concat(EXECUTE, abi.encode(to, 1, 0x80, 256, 0)));
        assertTrue(!ok, "more than an operation");
        callBoth(ALICE, bytes.concat(EXECUTE));
    }

    function test_ANoteIsWrittenAndNotCountedAsWithoutTheShortcut() public {
        bytes memory note = abi.encodeCall(IHypermap.note, ("~a", "data"));
        vm.startPrank(ALICE);
        fooAccount.execute(address(hypermap), 0, note, 0);
        twin.execute(address(hypermap), 0, note, 0);
        vm.stopPrank();
        assertTrue(fooAccount.state() == 0 && twin.state() == 0, "not counted");
        assertEq(dataOf(hypermap.leaf(foo, "~a")), "data", "by the shortcut");
        assertEq(dataOf(hypermap.leaf(hypermap.leaf(foo, "twin"), "~a")), "data", "and without");
        callBoth(ALICE, abi.encodeWithSelector(EXECUTE, mirror, 0, note, 0));
        assertEq(fooAccount.state(), 1, "the same call elsewhere is");
    }

    function test_OnAnotherChainTheShortcutIsClosed() public {
        vm.chainId(1);
        (bool ok, ) = callBoth(ALICE, abi.encodeWithSelector(EXECUTE, mirror, 0, "", 0));
        assertTrue(!ok, "nobody is operator");
    }

    function test_TheShortcutRunsNoCodeOfTheImplementation() public {
        vm.etch(address(plain), hex"5f5ffd");
        vm.prank(ALICE);
        fooAccount.execute(BOB, 5, "", 0);
        assertEq(BOB.balance, 5, "paid");
        vm.expectRevert(bytes(""));
        vm.prank(ALICE);
        fooAccount.execute(BOB, 5, "", 1);
    }
}

/// @dev What the source says, compiled today, does all that as the frozen code does.
contract AccountDispatcherSourceTest is AccountDispatcherTest {
    function deployDispatcher() internal override returns (address) {
        return address(new AccountDispatcher(address(plain)));
    }
}

contract AccountDispatcherSourceShortcutTest is AccountDispatcherShortcutTest {
    function deployDispatcher() internal override returns (address) {
        return address(new AccountDispatcher(address(plain)));
    }
}
