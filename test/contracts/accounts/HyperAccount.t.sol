// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Something to call: says who called and with what, or fails.
contract Target {
    error Refused(uint256 code);

    function whoCalls() external payable returns (address caller, uint256 value) {
        return (msg.sender, msg.value);
    }

    function self() external view returns (address) {
        return address(this);
    }

    function gasLeft() external view returns (uint256) {
        return gasleft();
    }

    function refuse(uint256 code) external pure {
        revert Refused(code);
    }
}

contract HyperAccountExecuteTest is HypermapTest {
    Target private target = new Target();

    function execute(bytes memory data, uint8 operation) private returns (bytes memory) {
        vm.prank(ALICE);
        return fooAccount.execute(address(target), 0, data, operation);
    }

    function test_TheOwnerCallsAsTheAccount() public {
        vm.deal(address(fooAccount), 1 ether);
        vm.prank(ALICE);
        bytes memory result = fooAccount.execute(address(target), 3, abi.encodeCall(Target.whoCalls, ()), 0);
        assertEq(result, abi.encode(address(fooAccount), 3), "caller and value");
    }

    function test_ADelegatecallRunsForeignCodeAsTheAccount() public {
        assertEq(execute(abi.encodeCall(Target.self, ()), 1), abi.encode(address(fooAccount)), "self");
    }

    function test_ThereAreNoOtherOperations() public {
        for (uint8 operation = 2; operation < 5; ++operation) {
            vm.expectRevert(abi.encodeWithSignature("Error(string)", "Invalid operation"));
            vm.prank(ALICE);
            fooAccount.execute(address(target), 0, "", operation);
        }
    }

    function test_AFailureIsReturnedUnchanged() public {
        bytes memory refuse = abi.encodeCall(Target.refuse, (7));
        for (uint8 operation = 0; operation < 2; ++operation) {
            vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 7));
            execute(refuse, operation);
        }
    }

    function test_AGasLimitIsKept() public {
        bytes memory gasLeft = abi.encodeCall(Target.gasLeft, ());
        vm.prank(ALICE);
        bytes memory result = fooAccount.execute(address(target), 0, gasLeft, 0, 50_000);
        assertTrue(abi.decode(result, (uint256)) < 50_000, "limited");
        vm.prank(ALICE);
        result = fooAccount.execute(address(target), 0, gasLeft, 0, 0);
        assertTrue(abi.decode(result, (uint256)) > 50_000, "zero is no limit");
    }

    function test_StrangersMayNotExecute() public {
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](0);
        vm.startPrank(BOB);
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        fooAccount.execute(address(target), 0, "", 0);
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        fooAccount.execute(address(target), 0, "", 0, 0);
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        fooAccount.execute(address(target), 0, "");
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        fooAccount.executeBatch(calls);
        vm.stopPrank();
    }

    function test_TheEntryPointMayExecute() public {
        vm.deal(address(fooAccount), 1 ether);
        vm.prank(ENTRY_POINT);
        fooAccount.execute(BOB, 5, "");
        assertEq(BOB.balance, 5, "paid");
    }

    function test_ABatchIsAllOrNothing() public {
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](2);
        calls[0] = IHyperAccount.Call(BOB, 5, "");
        calls[1] = IHyperAccount.Call(address(target), 0, abi.encodeCall(Target.refuse, (7)));
        vm.deal(address(fooAccount), 1 ether);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IHyperAccount.ExecuteError.selector,
                1,
                abi.encodeWithSelector(Target.Refused.selector, 7)
            )
        );
        fooAccount.executeBatch(calls);
        assertEq(BOB.balance, 0, "nothing done");
        calls[1].data = abi.encodeCall(Target.self, ());
        vm.prank(ALICE);
        fooAccount.executeBatch(calls);
        assertEq(BOB.balance, 5, "all done");
    }

    function test_ABatchOfOneFailsAsTheCallDoes() public {
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](1);
        calls[0] = IHyperAccount.Call(address(target), 0, abi.encodeCall(Target.refuse, (7)));
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(Target.Refused.selector, 7));
        fooAccount.executeBatch(calls);
    }

    function test_StateCountsExecutionsBesideTheImplementation() public {
        assertEq(fooAccount.state(), 0, "none yet");
        execute(abi.encodeCall(Target.self, ()), 1);
        vm.prank(ALICE);
        fooAccount.execute(BOB, 0, "");
        vm.prank(ALICE);
        fooAccount.executeBatch(new IHyperAccount.Call[](0));
        assertEq(fooAccount.state(), 3, "three");
        bytes32 slot = vm.load(address(fooAccount), ERC1967Utils.IMPLEMENTATION_SLOT);
        assertEq(address(uint160(uint256(slot))), address(plain), "the implementation stays");
    }

    function test_WritingANoteIsNotCountedAnythingElseIs() public {
        bytes memory note = abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001"));
        bytes memory fact = abi.encodeCall(IHypermap.fact, ("!born", "2026"));
        vm.startPrank(ALICE);
        fooAccount.execute(address(hypermap), 0, note, 0);
        fooAccount.execute(address(hypermap), 0, note, 0, 0);
        fooAccount.execute(address(hypermap), 0, note);
        assertEq(fooAccount.state(), 0, "a note");
        fooAccount.execute(address(hypermap), 0, fact, 0);
        assertEq(fooAccount.state(), 1, "a fact");
        fooAccount.execute(BOB, 0, note, 0);
        fooAccount.execute(BOB, 0, note, 0, 0);
        assertEq(fooAccount.state(), 3, "the same call elsewhere");
        fooAccount.execute(BOB, 0, note, 1);
        assertEq(fooAccount.state(), 4, "a delegatecall");
        vm.stopPrank();
    }

    function test_AnOwningAccountActsForItsEntry() public {
        vm.prank(ALICE);
        hypermap.transferFrom(ALICE, ADMIN, uint256(foo));
        address osAccount = hypermap.tbaOf(os);
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, osAccount, uint256(foo));
        bytes memory inner = abi.encodeCall(IHypermap.note, ("~ip", hex"7f000001"));
        bytes memory outer = abi.encodeWithSignature("execute(address,uint256,bytes,uint8)", hypermap, 0, inner, 0);
        vm.prank(ADMIN);
        HyperAccount(payable(osAccount)).execute(address(fooAccount), 0, outer, 0);
        assertEq(dataOf(hypermap.leaf(foo, "~ip")), hex"7f000001", "written through two accounts");
    }
}

contract HyperAccountSignatureTest is HypermapTest {
    bytes4 private constant VALID = 0x1626ba7e;
    bytes4 private constant INVALID = 0xffffffff;
    bytes32 private constant HASH = keccak256("what is signed");

    function sign(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    /// @dev r = signing contract, s = offset 65, v = 0, then length and bytes.
    function wrap(address signer, bytes memory inner) private pure returns (bytes memory) {
        return abi.encodePacked(uint256(uint160(signer)), uint256(65), uint8(0), inner.length, inner);
    }

    function test_TheOwnerSignsTheRawHash() public view {
        assertEq(fooAccount.isValidSignature(HASH, sign(ALICE_KEY, HASH)), VALID, "the owner's");
        assertEq(fooAccount.isValidSignature(HASH, sign(0xb0b, HASH)), INVALID, "a stranger's");
        assertEq(fooAccount.isValidSignature(keccak256("else"), sign(ALICE_KEY, HASH)), INVALID, "another hash");
    }

    function test_AnAccountSignsForTheEntryItOwns() public {
        asFoo();
        address child = hypermap.mint(address(fooAccount), "child", "", address(plain));
        bytes memory signature = sign(ALICE_KEY, HASH);
        assertEq(HyperAccount(payable(child)).isValidSignature(HASH, signature), VALID, "bare");
        bytes memory wrapped = wrap(address(fooAccount), signature);
        assertEq(HyperAccount(payable(child)).isValidSignature(HASH, wrapped), VALID, "in contract form");
        wrapped = wrap(address(fooAccount), sign(0xb0b, HASH));
        assertEq(HyperAccount(payable(child)).isValidSignature(HASH, wrapped), INVALID, "of a stranger");
    }

    function test_AContractFormThatIsNotExactIsInvalid() public {
        asFoo();
        HyperAccount child = HyperAccount(payable(hypermap.mint(address(fooAccount), "child", "", address(plain))));
        bytes memory inner = sign(ALICE_KEY, HASH);
        uint256 owner = uint256(uint160(address(fooAccount)));
        bytes[5] memory bent = [
            abi.encodePacked(owner, uint256(65), uint8(1), inner.length, inner), // v is not zero
            abi.encodePacked(owner, uint256(64), uint8(0), inner.length, inner), // the offset is within r, s, v
            abi.encodePacked(owner, uint256(65 + 66), uint8(0), inner.length, inner), // no room for a length
            abi.encodePacked(owner, uint256(65), uint8(0), inner.length + 1, inner), // a byte is missing
            abi.encodePacked(owner, uint256(65), uint8(0), inner.length - 1, inner) // a byte is left over
        ];
        for (uint256 i = 0; i < bent.length; ++i) {
            assertEq(child.isValidSignature(HASH, bent[i]), INVALID, vm.toString(i));
        }
    }

    function test_AContractThatIsNotTheOwnerSignsNothing() public {
        mintPublic(BOB, "bar");
        HyperAccount bar = accountOf(hypermap.leaf(os, "bar"));
        assertEq(bar.isValidSignature(HASH, wrap(address(fooAccount), sign(ALICE_KEY, HASH))), INVALID, "not bar's");
    }

    function testFuzz_GarbageIsInvalidAndNeverReverts(bytes memory signature, uint256 offset, uint256 length) public {
        assertEq(fooAccount.isValidSignature(HASH, signature), INVALID, "for an owner with a key");
        asFoo();
        address child = hypermap.mint(address(fooAccount), "child", "", address(plain));
        assertEq(HyperAccount(payable(child)).isValidSignature(HASH, signature), INVALID, "for an account as owner");
        bytes memory bent = abi.encodePacked(
            uint256(uint160(address(fooAccount))),
            offset,
            uint8(0),
            length,
            signature
        );
        assertEq(HyperAccount(payable(child)).isValidSignature(HASH, bent), INVALID, "in bent contract form");
    }

    function test_OnlyTheOwnerIsAValidSigner() public view {
        assertEq(fooAccount.isValidSigner(ALICE, ""), bytes4(0x523e3260), "owner");
        assertEq(fooAccount.isValidSigner(BOB, ""), bytes4(0), "stranger");
        assertTrue(!fooAccount.isOperator(address(0)), "nobody");
    }

    function test_OnAnotherChainNobodyIsOperator() public {
        vm.chainId(1);
        assertTrue(!fooAccount.isOperator(ALICE), "not here");
        assertEq(fooAccount.isValidSignature(HASH, sign(ALICE_KEY, HASH)), INVALID, "nor by signature");
    }

    function test_TheEntryPointLearnsWhetherTheOwnerSigned() public {
        PackedUserOperation memory operation;
        operation.signature = sign(ALICE_KEY, HASH);
        vm.deal(address(fooAccount), 1 ether);
        vm.prank(ENTRY_POINT);
        assertEq(fooAccount.validateUserOp(operation, HASH, 9), fooAccount.SIG_VALIDATION_SUCCEEDED(), "signed");
        assertEq(ENTRY_POINT.balance, 9, "and is paid what is missing");
        operation.signature = sign(0xb0b, HASH);
        vm.prank(ENTRY_POINT);
        assertEq(fooAccount.validateUserOp(operation, HASH, 0), fooAccount.SIG_VALIDATION_FAILED(), "not signed");
    }

    function test_OnlyTheEntryPointValidates() public {
        PackedUserOperation memory operation;
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(IHyperAccount.NotFromEntryPoint.selector, ALICE, fooAccount, ENTRY_POINT)
        );
        fooAccount.validateUserOp(operation, HASH, 0);
    }

    function test_TheNonceIsTheEntryPoints() public {
        vm.etch(ENTRY_POINT, hex"602a60005260206000f3"); // answers 42 to everything
        assertEq(fooAccount.getNonce(), 42, "nonce");
        assertEq(fooAccount.entryPoint(), ENTRY_POINT, "entry point");
    }
}

contract HyperAccountReceiverTest is HypermapTest {
    function test_ItSupportsTheInterfacesOfLiveAccounts() public view {
        bytes4[6] memory supported = [bytes4(0x01ffc9a7), 0x6faff5f1, 0x51945447, 0x4e2312e0, 0x1626ba7e, 0x19822f7c];
        for (uint256 i = 0; i < supported.length; ++i) {
            assertTrue(fooAccount.supportsInterface(supported[i]), vm.toString(i));
        }
        assertTrue(!fooAccount.supportsInterface(0x150b7a02), "not the ERC-721 receiver");
        assertTrue(!fooAccount.supportsInterface(0xffffffff), "nor anything");
    }

    function test_ItTakesTokensOfEveryKind() public view {
        uint256[] memory none;
        assertTrue(fooAccount.onERC721Received(BOB, BOB, 1, "") == 0x150b7a02, "ERC-721");
        assertTrue(fooAccount.onERC1155Received(BOB, BOB, 1, 1, "") == 0xf23a6e61, "ERC-1155");
        assertTrue(fooAccount.onERC1155BatchReceived(BOB, BOB, none, none, "") == 0xbc197c81, "batch");
        fooAccount.tokensReceived(BOB, BOB, BOB, 1, "", "");
    }

    function test_ItRefusesItsOwnToken() public {
        vm.prank(address(hypermap));
        vm.expectRevert(IHyperAccount.OwnershipCycle.selector);
        fooAccount.onERC721Received(ALICE, ALICE, uint256(foo), "");
        fooAccount.onERC721Received(ALICE, ALICE, uint256(foo), ""); // the same number of another contract
    }

    function test_ItTakesTheTokenOfItsNumberOnAnotherChain() public {
        vm.chainId(1);
        vm.prank(address(hypermap));
        assertTrue(fooAccount.onERC721Received(ALICE, ALICE, uint256(foo), "") == 0x150b7a02, "taken");
    }

    function test_ItTakesEth() public {
        vm.deal(ALICE, 1 ether);
        vm.prank(ALICE);
        (bool ok, ) = address(fooAccount).call{value: 1 ether}("");
        assertTrue(ok && address(fooAccount).balance == 1 ether, "received");
    }
}
