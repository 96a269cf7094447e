// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {AccountDispatcher} from "../../../contracts/accounts/AccountDispatcher.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
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
        assertEq(hash, 0x83672dbfc6c062cf42bad78477e013ff19e6e53119f5a4e0ddebd715fec60c26, "the hash of all accounts");
    }

    function test_TheTokenContractSetsTheImplementation() public {
        account.initialize(address(plain), "");
        bytes32 expected = bytes32(uint256(uint160(address(plain))));
        assertEq(vm.load(address(account), IMPLEMENTATION_SLOT), expected, "slot");
        assertTrue(HyperAccount(payable(account)).isOperator(address(this)), "forwards");
    }

    function test_TheInitializationRunsWithTheTokenContractAsCaller() public {
        account.initialize(address(upgradable), abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        vm.expectRevert();
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
