// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {HyperAccountPaidMinter} from "../../../contracts/accounts/HyperAccountPaidMinter.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract HyperAccountPaidMinterTest is HypermapTest {
    uint256 private constant PRICE = 1 ether;

    address private implementation;
    HyperAccountPaidMinter private zone;

    function setUp() public override {
        super.setUp();
        implementation = address(new HyperAccountPaidMinter(ENTRY_POINT));
        zone = mintZone("shop", abi.encodeWithSignature("initialize(uint256)", PRICE));
        vm.deal(ALICE, 100 ether);
    }

    function mintZone(bytes memory label, bytes memory initialization) private returns (HyperAccountPaidMinter) {
        return HyperAccountPaidMinter(payable(hypermap.tbaOf(mintTlz(label, implementation, initialization))));
    }

    function mintFor(uint256 payment, bytes memory label) private {
        vm.prank(ALICE);
        zone.mint{value: payment}(ALICE, label, "", address(plain));
    }

    function expectIncorrect(uint256 offered, uint256 expected) private {
        vm.expectRevert(abi.encodeWithSelector(HyperAccountPaidMinter.IncorrectPayment.selector, offered, expected));
    }

    function test_WhoPaysThePriceGetsTheName() public {
        mintFor(PRICE, "one");
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(hypermap.leaf(ROOT, "shop"), "one"))), ALICE, "owner");
        assertEq(address(zone).balance, PRICE, "held by the zone");
    }

    function test_ThePaymentIsExact() public {
        expectIncorrect(PRICE - 1, PRICE);
        mintFor(PRICE - 1, "one");
        expectIncorrect(PRICE + 1, PRICE);
        mintFor(PRICE + 1, "one");
        expectIncorrect(0, PRICE);
        mintFor(0, "one");
    }

    function test_TheOwnerChangesThePrice() public {
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, ALICE));
        vm.prank(ALICE);
        zone.setPrice(1);
        vm.expectEmit(true, true, true, true, address(zone));
        emit HyperAccountPaidMinter.PriceUpdated(PRICE, 2 * PRICE);
        vm.prank(ADMIN);
        zone.setPrice(2 * PRICE);
        assertEq(zone.currentPrice(), 2 * PRICE, "price");
        expectIncorrect(PRICE, 2 * PRICE);
        mintFor(PRICE, "one");
    }

    function test_ThereIsNoPriceOfZero() public {
        vm.expectRevert(HyperAccountPaidMinter.InvalidPrice.selector);
        vm.prank(ADMIN);
        zone.setPrice(0);
    }

    function test_ItIsSetUpOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        zone.initialize(1);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        zone.initialize();
    }

    function test_WithoutAPriceNothingIsMinted() public {
        zone = mintZone("free", abi.encodeWithSelector(HyperAccountUpgradable.initialize.selector));
        vm.expectRevert(HyperAccountPaidMinter.InvalidPrice.selector);
        mintFor(0, "one");
        vm.prank(ADMIN);
        zone.setPrice(PRICE);
        mintFor(PRICE, "one");
    }

    function test_TheOwnerWithdrawsEverything() public {
        mintFor(PRICE, "one");
        mintFor(PRICE, "two");
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, ALICE));
        vm.prank(ALICE);
        zone.withdraw();
        vm.prank(ADMIN);
        zone.withdraw();
        assertEq(ADMIN.balance, 2 * PRICE, "paid out");
        vm.expectRevert(abi.encodeWithSelector(HyperAccountPaidMinter.WithdrawFailed.selector, ADMIN, 0));
        vm.prank(ADMIN);
        zone.withdraw();
    }

    function test_AnOwnerThatRefusesEthHarmsOnlyItself() public {
        mintFor(PRICE, "one");
        address owner = address(hypermap);
        uint256 id = uint256(hypermap.leaf(ROOT, "shop"));
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, owner, id);
        vm.expectRevert(abi.encodeWithSelector(HyperAccountPaidMinter.WithdrawFailed.selector, owner, PRICE));
        vm.prank(owner);
        zone.withdraw();
        mintFor(PRICE, "two");
    }

    function testFuzz_OnlyTheExactPriceIsTaken(uint96 price, uint96 payment) public {
        vm.assume(price != 0);
        vm.prank(ADMIN);
        zone.setPrice(price);
        vm.deal(ALICE, payment);
        if (payment != price) expectIncorrect(payment, price);
        mintFor(payment, "one");
    }
}
