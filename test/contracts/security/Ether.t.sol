// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountPaidMinter} from "../../../contracts/accounts/HyperAccountPaidMinter.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Ends itself to leave its ETH with someone who never asked.
contract Feeder {
    constructor(address payable to) payable {
        selfdestruct(to);
    }
}

/// @dev Fails with a megabyte.
contract Loud {
    fallback() external payable {
        assembly {
            revert(0, 1000000)
        }
    }
}

contract EtherTest is HypermapTest {
    uint256 private constant PRICE = 1 ether;
    HyperAccountPaidMinter private zone;

    function setUp() public override {
        super.setUp();
        HyperAccountPaidMinter code = new HyperAccountPaidMinter(ENTRY_POINT);
        bytes memory initialization = abi.encodeWithSignature("initialize(uint256)", PRICE);
        zone = HyperAccountPaidMinter(payable(hypermap.tbaOf(mintTlz("shop", address(code), initialization))));
    }

    function test_EthThatNobodyAskedForChangesNoPriceAndIsTheOwners() public {
        vm.deal(address(this), 3 ether);
        new Feeder{value: 2 ether}(payable(address(zone)));
        zone.mint{value: PRICE}(ALICE, "one", "", address(plain));
        vm.prank(ADMIN);
        zone.withdraw();
        assertEq(ADMIN.balance, 3 ether, "paid out");
    }

    function test_ALoudFailureIsPaidForByWhoeverCalledIt() public {
        address loud = address(new Loud());
        vm.prank(ALICE);
        (bool ok, ) = address(fooAccount).call{gas: 5_000_000}(
            abi.encodeWithSignature("execute(address,uint256,bytes,uint8)", loud, 0, "", 0)
        );
        assertTrue(!ok, "it fails");
        vm.prank(ALICE);
        fooAccount.execute(BOB, 0, "", 0);
    }

    /// @dev Too little gas for the call inside fails the whole: nothing is ever half done, or marked as done.
    function test_TooLittleGasFailsAnExecutionAsAWhole() public {
        bytes memory data = new bytes(1024);
        for (uint256 i = 0; i < data.length; ++i) data[i] = 0x01;
        bytes memory write = abi.encodeCall(hypermap.fact, ("!a", data));
        bytes memory execute = abi.encodeWithSignature(
            "execute(address,uint256,bytes,uint8)",
            address(hypermap),
            0,
            write,
            0
        );
        vm.prank(ALICE);
        (bool ok, ) = address(fooAccount).call{gas: 200_000}(execute);
        assertTrue(!ok, "with 200,000 gas it fails");
        assertEq(fooAccount.state(), 0, "executions");
        vm.prank(ALICE);
        (ok, ) = address(fooAccount).call{gas: 2_000_000}(execute);
        assertTrue(ok, "with enough it works");
        assertEq(fooAccount.state(), 1, "executions");
    }
}
