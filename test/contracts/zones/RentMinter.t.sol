// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {HyperAccountPaidMinter} from "../../../contracts/accounts/HyperAccountPaidMinter.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {EntryHolder} from "../../../contracts/zones/EntryHolder.sol";
import {RentMinter} from "../../../contracts/zones/RentMinter.sol";
import {HeldEntries} from "../../../contracts/zones/libraries/HeldEntries.sol";
import {HeldEntriesTest} from "./support/HeldEntriesTest.sol";

contract RentMinterTest is HeldEntriesTest {
    uint256 private constant RENT = 1 ether;
    uint256 private constant PERIOD = 30 days;
    uint256 private constant GRACE = 5 days;
    uint256 private constant MAX_AHEAD = 3650 days;

    RentMinter private zone;
    bytes32 private name;

    function setUp() public override {
        super.setUp();
        bytes32 rent = mintTlz(
            "rent",
            address(newMinter(PERIOD, GRACE)),
            abi.encodeWithSignature("initialize(uint256)", RENT)
        );
        zone = RentMinter(payable(hypermap.tbaOf(rent)));
        name = hypermap.leaf(rent, "flat");
    }

    function newMinter(uint256 period, uint256 grace) private returns (RentMinter) {
        return new RentMinter(ENTRY_POINT, period, grace, template);
    }

    function rentTo(address tenant) private returns (address tba) {
        vm.prank(tenant);
        return zone.mint{value: RENT}(tenant, "flat", "", address(0));
    }

    function payAs(address payer, uint256 periods, uint256 payment) private {
        vm.prank(payer);
        zone.payRent{value: payment}(name, periods);
    }

    function writeAs(address user) private {
        EntryHolder holder = EntryHolder(zone.holderOf(name));
        vm.prank(user);
        holder.execute(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~motto", "home")));
    }

    function assertState(RentMinter.State expected, string memory what) private view {
        assertEq(uint256(zone.stateOf(name)), uint256(expected), what);
    }

    function expectWrongState(RentMinter.State actual, RentMinter.State expected) private {
        vm.expectRevert(abi.encodeWithSelector(RentMinter.WrongState.selector, name, actual, expected));
    }

    function expectOutOfRange(string memory term, uint256 given, uint256 least) private {
        vm.expectRevert(abi.encodeWithSelector(RentMinter.TermOutOfRange.selector, term, given, least, MAX_AHEAD));
    }

    function expectIncorrect(uint256 offered, uint256 expected) private {
        vm.expectRevert(abi.encodeWithSelector(HyperAccountPaidMinter.IncorrectPayment.selector, offered, expected));
    }

    // ----------------------------------------------------------------------------------------------------------- terms

    function test_PeriodAndGraceHaveRanges() public {
        expectOutOfRange("period", 0, 1);
        newMinter(0, GRACE);
        expectOutOfRange("period", MAX_AHEAD + 1, 1);
        newMinter(MAX_AHEAD + 1, GRACE);
        expectOutOfRange("grace", MAX_AHEAD + 1, 0);
        newMinter(PERIOD, MAX_AHEAD + 1);
    }

    function test_AHeldAccountHasNoEntryPoint() public {
        expectEntryPointRefused();
        newMinter(PERIOD, GRACE);
    }

    // ---------------------------------------------------------------------------------------------------------- renting

    function test_OnePeriodsRentMakesATenant() public {
        assertState(RentMinter.State.Vacant, "before");
        vm.expectEmit(true, true, true, true, address(zone));
        emit RentMinter.RentPaid(name, ALICE, block.timestamp + PERIOD, RENT);
        address tba = rentTo(ALICE);
        assertState(RentMinter.State.Current, "after");
        assertEq(hypermap.tbaOf(name), tba, "account");
        assertEq(hypermap.ownerOf(uint256(name)), zone.holderOf(name), "held");
        RentMinter.Tenancy memory tenancy = zone.tenancyOf(name);
        assertEq(tenancy.tenant, ALICE, "tenant");
        assertEq(tenancy.paidUntil, block.timestamp + PERIOD, "paid until");
        assertEq(tenancy.rent, RENT, "rent");
        writeAs(ALICE);
    }

    function test_TheFirstRentIsExact() public {
        expectIncorrect(RENT - 1, RENT);
        vm.prank(ALICE);
        zone.mint{value: RENT - 1}(ALICE, "flat", "", address(0));
    }

    function test_ATenantIsSomebody() public {
        vm.expectRevert(RentMinter.TenantMissing.selector);
        zone.mint{value: RENT}(address(0), "flat", "", address(0));
    }

    function test_NothingIsRunAndNoOtherCodeInstalledWhileMinting() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(HeldEntries.InitializationNotAllowed.selector, 1));
        zone.mint{value: RENT}(ALICE, "flat", hex"00", address(0));
        vm.expectRevert(
            abi.encodeWithSelector(HeldEntries.ImplementationNotAllowed.selector, address(plain), address(heldAccount))
        );
        zone.mint{value: RENT}(ALICE, "flat", "", address(plain));
        vm.stopPrank();
    }

    function test_ARentedNameIsNotRentedAgain() public {
        rentTo(ALICE);
        uint256 lapsesAt = block.timestamp + PERIOD + GRACE;
        vm.expectRevert(abi.encodeWithSelector(RentMinter.NotVacant.selector, name, lapsesAt));
        rentTo(BOB);
        vm.warp(lapsesAt - 1);
        vm.expectRevert(abi.encodeWithSelector(RentMinter.NotVacant.selector, name, lapsesAt));
        rentTo(BOB);
    }

    // ---------------------------------------------------------------------------------------------------------- paying

    function test_AnybodyPaysForMorePeriods() public {
        rentTo(ALICE);
        uint256 paidUntil = block.timestamp + 4 * PERIOD;
        vm.expectEmit(true, true, true, true, address(zone));
        emit RentMinter.RentPaid(name, ALICE, paidUntil, RENT);
        payAs(BOB, 3, 3 * RENT);
        assertEq(zone.tenancyOf(name).paidUntil, paidUntil, "paid until");
        assertEq(address(zone).balance, 4 * RENT, "all the rent");
        expectIncorrect(RENT, 2 * RENT);
        payAs(ALICE, 2, RENT);
    }

    function test_ATenantsRentNeverChanges() public {
        rentTo(ALICE);
        vm.prank(ADMIN);
        zone.setPrice(10 * RENT);
        payAs(ALICE, 1, RENT);
        vm.warp(block.timestamp + 2 * PERIOD + GRACE);
        expectIncorrect(RENT, 10 * RENT);
        rentTo(BOB);
    }

    function test_RentIsPaidForOnePeriodAtLeastAndTenYearsAheadAtMost() public {
        rentTo(ALICE);
        uint256 paidUntil = zone.tenancyOf(name).paidUntil;
        uint256 latest = block.timestamp + MAX_AHEAD;
        vm.deal(ALICE, 1_000_000 ether);
        vm.expectRevert(abi.encodeWithSelector(RentMinter.PeriodsOutOfRange.selector, 0, paidUntil, latest));
        payAs(ALICE, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(RentMinter.PeriodsOutOfRange.selector, 121, paidUntil + 121 * PERIOD, latest)
        );
        payAs(ALICE, 121, 121 * RENT);
        vm.expectRevert(
            abi.encodeWithSelector(RentMinter.PeriodsOutOfRange.selector, type(uint256).max, type(uint256).max, latest)
        );
        payAs(ALICE, type(uint256).max, 0);
        payAs(ALICE, 120, 120 * RENT);
    }

    function test_DuringGraceTheTenantCanOnlyPay() public {
        rentTo(ALICE);
        EntryHolder holder = EntryHolder(zone.holderOf(name));
        vm.warp(block.timestamp + PERIOD);
        assertState(RentMinter.State.Grace, "rent is due");
        expectNotUser(ALICE, address(0));
        vm.prank(ALICE);
        holder.execute(address(hypermap), 0, "");
        expectWrongState(RentMinter.State.Grace, RentMinter.State.Current);
        vm.prank(ALICE);
        zone.assign(name, BOB);
        expectWrongState(RentMinter.State.Grace, RentMinter.State.Lapsed);
        vm.prank(ADMIN);
        zone.reclaim(name, ADMIN);
        payAs(ALICE, 1, RENT);
        writeAs(ALICE);
    }

    function test_NobodyPaysForAVacantOrLapsedName() public {
        expectWrongState(RentMinter.State.Vacant, RentMinter.State.Current);
        payAs(ALICE, 1, RENT);
        rentTo(ALICE);
        vm.warp(block.timestamp + PERIOD + GRACE);
        expectWrongState(RentMinter.State.Lapsed, RentMinter.State.Current);
        payAs(ALICE, 1, RENT);
    }

    // ----------------------------------------------------------------------------------------------- changing hands

    function test_ALapsedNameIsRentedByTheNextTenant() public {
        address tba = rentTo(ALICE);
        address holder = zone.holderOf(name);
        vm.warp(block.timestamp + PERIOD + GRACE);
        assertState(RentMinter.State.Lapsed, "lapsed");
        assertEq(rentTo(BOB), tba, "the same account");
        assertEq(hypermap.ownerOf(uint256(name)), holder, "in the same holder");
        writeAs(BOB);
        expectNotUser(ALICE, BOB);
        vm.prank(ALICE);
        EntryHolder(holder).execute(address(hypermap), 0, "");
    }

    function test_ATenancyIsAssigned() public {
        rentTo(ALICE);
        vm.expectRevert(abi.encodeWithSelector(RentMinter.NotTenant.selector, BOB, ALICE));
        vm.prank(BOB);
        zone.assign(name, BOB);
        vm.expectRevert(RentMinter.TenantMissing.selector);
        vm.prank(ALICE);
        zone.assign(name, address(0));
        vm.expectEmit(true, true, true, true, address(zone));
        emit RentMinter.Assigned(name, ALICE, BOB);
        vm.prank(ALICE);
        zone.assign(name, BOB);
        writeAs(BOB);
    }

    function test_TheOwnerOfTheZoneReclaimsALapsedName() public {
        rentTo(ALICE);
        expectWrongState(RentMinter.State.Current, RentMinter.State.Lapsed);
        vm.prank(ADMIN);
        zone.reclaim(name, ADMIN);
        vm.warp(block.timestamp + PERIOD + GRACE);
        vm.expectRevert(abi.encodeWithSelector(IHyperAccount.NotOperator.selector, BOB));
        vm.prank(BOB);
        zone.reclaim(name, BOB);
        vm.expectEmit(true, true, true, true, address(zone));
        emit RentMinter.Reclaimed(name, ADMIN);
        vm.prank(ADMIN);
        zone.reclaim(name, ADMIN);
        assertEq(hypermap.ownerOf(uint256(name)), ADMIN, "reclaimed");
        assertState(RentMinter.State.Vacant, "no tenancy");
        vm.expectRevert(Errors.FailedDeployment.selector);
        rentTo(BOB);
    }

    function test_TheOwnerOfTheZoneWithdrawsTheRent() public {
        rentTo(ALICE);
        vm.prank(ADMIN);
        zone.withdraw();
        assertEq(ADMIN.balance, RENT, "withdrawn");
    }

    function testFuzz_ANameIsUsedExactlyWhileRentIsPaid(uint8 more, uint32 wait) public {
        rentTo(ALICE);
        uint256 periods = more % 100;
        if (periods != 0) payAs(ALICE, periods, periods * RENT);
        uint256 paidUntil = block.timestamp + (periods + 1) * PERIOD;
        vm.warp(block.timestamp + wait);
        bool current = block.timestamp < paidUntil;
        bool lapsed = block.timestamp >= paidUntil + GRACE;
        assertEq(zone.userOf(name), current ? ALICE : address(0), "user");
        RentMinter.State expected =
            current
                ? RentMinter.State.Current
                : lapsed
                    ? RentMinter.State.Lapsed
                    : RentMinter.State.Grace;
        assertState(expected, "state");
    }
}
