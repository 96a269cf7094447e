// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {AccountDispatcher} from "../../../contracts/accounts/AccountDispatcher.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Acts while it has no code yet.
contract Unfinished {
    constructor(IHypermap hypermap) {
        hypermap.note("~a", "data");
    }
}

/// @dev Ends the account that runs it. In the transaction that made the account, its code and storage go too.
contract Bomb {
    function explode() external {
        selfdestruct(payable(address(0)));
    }
}

/// @dev One of the three forms of execution.
interface IExecutes {
    function execute(address, uint256, bytes calldata, uint8) external payable returns (bytes memory);
}

contract CodeSizeTest is HypermapTest {
    address private gone;
    uint256 private id;

    function setUp() public override {
        super.setUp();
        Bomb bomb = new Bomb();
        bytes memory explode = abi.encodeCall(Bomb.explode, ());
        bytes memory initialization = abi.encodeCall(IExecutes.execute, (address(bomb), 0, explode, 1));
        vm.prank(hypermap.tbaOf(os));
        gone = hypermap.mint(ALICE, "gone", initialization, address(plain));
        id = uint256(hypermap.leaf(os, "gone"));
    }

    function createAgain() private {
        IERC6551Registry(REGISTRY).createAccount(dispatcher, bytes32(id), block.chainid, address(hypermap), id);
    }

    function test_AContractUnderConstructionIsNoAccount() public {
        vm.expectRevert(IHypermap.NotParent.selector);
        new Unfinished(hypermap);
    }

    /// @dev Whoever mints chooses what the new account runs, and may end it. Nobody can then give it other code.
    function test_AnAccountThatEndedItselfAtBirthStaysWithoutPower() public {
        assertEq(gone.code.length, 0, "code after the mint");
        assertEq(hypermap.ownerOf(id), ALICE, "the token is there");
        createAgain();
        vm.expectRevert(abi.encodeWithSelector(AccountDispatcher.NotHypermapCaller.selector, BOB));
        vm.prank(BOB);
        AccountDispatcher(payable(gone)).initialize(address(plain), "");
        vm.expectRevert(abi.encodeWithSelector(AccountDispatcher.NotHypermapCaller.selector, ALICE));
        vm.prank(ALICE);
        IExecutes(gone).execute(address(hypermap), 0, "", 0);
    }

    /// @dev The one way around the rule against cycles. It costs only the entry of whoever takes it, and what is sent there.
    function test_AnEndedAccountThatOwnsItselfHarmsOnlyWhoGivesToIt() public {
        vm.prank(ALICE);
        hypermap.transferFrom(ALICE, gone, id);
        createAgain();
        bytes memory give = abi.encodeCall(hypermap.transferFrom, (ALICE, gone, uint256(foo)));
        vm.prank(ALICE);
        (bool ok, bytes memory reason) = address(hypermap).call{gas: 2_000_000}(give);
        assertTrue(!ok, "what is given to it does not arrive");
        assertEq(bytes4(reason), IHypermap.OwnershipCycle.selector, "and it is said why");
        vm.prank(ALICE);
        hypermap.transferFrom(ALICE, BOB, uint256(foo));
        assertEq(hypermap.ownerOf(uint256(foo)), BOB, "everything else goes on");
    }
}
