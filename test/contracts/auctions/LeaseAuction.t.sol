// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {LeaseAuction} from "../../../contracts/auctions/LeaseAuction.sol";
import {ZoneLease} from "../../../contracts/auctions/ZoneLease.sol";
import {Ledger} from "../../../contracts/auctions/libraries/Ledger.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {AuctionBehaviour} from "./support/AuctionBehaviour.sol";

contract LeaseAuctionTest is AuctionBehaviour {
    uint256 private constant INCREMENT_BPS = 500;
    uint256 private constant BUFFER = 15 minutes;
    uint256 private constant PERIOD = 30 days;
    uint256 private constant PERIODS = 12;
    uint256 private constant GRACE = 5 days;

    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        return new LeaseAuction(terms, INCREMENT_BPS, BUFFER, PERIOD, PERIODS, GRACE);
    }

    /// @dev Alice is the tenant of both zones, from now on.
    function leaseToAlice() private returns (ZoneLease lease) {
        sell(ALICE);
        lease = LeaseAuction(address(auction)).lease();
        vm.prank(ALICE);
        token.approve(address(lease), type(uint256).max);
    }

    function expectLeaseState(ZoneLease.State actual, ZoneLease.State expected) private {
        vm.expectRevert(abi.encodeWithSelector(ZoneLease.WrongState.selector, actual, expected));
    }

    function assertLeaseState(ZoneLease lease, ZoneLease.State expected, string memory what) private view {
        assertEq(uint256(lease.state()), uint256(expected), what);
    }

    // --------------------------------------------------------------------------------------------------------- auction

    function test_ItsOwnTermsHaveRangesToo() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        expectOutOfRange("period", 0, 1, 3650 days);
        new LeaseAuction(terms, INCREMENT_BPS, BUFFER, 0, PERIODS, 0);
        expectOutOfRange("period", 3650 days + 1, 1, 3650 days);
        new LeaseAuction(terms, INCREMENT_BPS, BUFFER, 3650 days + 1, PERIODS, 0);
        expectOutOfRange("periods", 0, 1, 1000);
        new LeaseAuction(terms, INCREMENT_BPS, BUFFER, PERIOD, 0, 0);
        expectOutOfRange("periods", 1001, 1, 1000);
        new LeaseAuction(terms, INCREMENT_BPS, BUFFER, PERIOD, 1001, 0);
        expectOutOfRange("grace", PERIOD + 1, 0, PERIOD);
        new LeaseAuction(terms, INCREMENT_BPS, BUFFER, PERIOD, PERIODS, PERIOD + 1);
    }

    function test_TheLotGoesToALeaseAtSettlement() public {
        openAuction();
        place(ALICE, BID);
        close();
        vm.expectEmit(false, true, true, true, address(auction));
        emit LeaseAuction.Leased(ZoneLease(address(0)), ALICE, BID);
        auction.settle();
        ZoneLease lease = LeaseAuction(address(auction)).lease();
        assertLotOf(address(lease));
        assertEq(auction.lotRecipient(), address(lease), "recipient");
        assertEq(lease.tenant(), ALICE, "tenant");
        assertEq(lease.rent(), BID, "rent");
        assertEq(lease.paidUntil(), block.timestamp + PERIOD, "the first period is paid");
        assertEq(lease.endsAt(), block.timestamp + PERIODS * PERIOD, "end");
        assertEq(abi.encode(lease.lot()), abi.encode(lotOfTwo()), "lot");
        assertLeaseState(lease, ZoneLease.State.Current, "state");
    }

    function test_WithoutBidsThereIsNoLease() public {
        openAuction();
        close();
        auction.settle();
        assertEq(address(LeaseAuction(address(auction)).lease()), address(0), "no lease");
    }

    function test_TheWinnerCannotTakeTheLotItself() public {
        sell(ALICE);
        address lease = auction.lotRecipient();
        vm.expectRevert(abi.encodeWithSelector(IAuction.NotPermitted.selector, ALICE, lease));
        vm.prank(ALICE);
        auction.collect(ALICE);
    }

    // ------------------------------------------------------------------------------------------------------------- use

    function test_TheTenantMintsAndWritesNotes() public {
        ZoneLease lease = leaseToAlice();
        vm.prank(ALICE);
        address tba = lease.mint(games, BOB, "chess", "", address(plain));
        bytes32 chess = hypermap.leaf(games, "chess");
        assertEq(hypermap.tbaOf(chess), tba, "account of the sub-entry");
        assertEq(hypermap.ownerOf(uint256(chess)), BOB, "owner of the sub-entry");
        vm.prank(ALICE);
        bytes32 written = lease.note(news, "~motto", "fit to print");
        assertEq(dataOf(written), "fit to print", "note");
    }

    function test_NobodyElseUsesTheZones() public {
        ZoneLease lease = leaseToAlice();
        bytes memory notTenant = abi.encodeWithSelector(ZoneLease.NotTenant.selector, BOB, ALICE);
        vm.startPrank(BOB);
        vm.expectRevert(notTenant);
        lease.mint(games, BOB, "chess", "", address(plain));
        vm.expectRevert(notTenant);
        lease.note(games, "~motto", "mine");
        vm.expectRevert(notTenant);
        lease.assign(BOB);
        vm.stopPrank();
    }

    function test_AFailureInHypermapKeepsItsName() public {
        ZoneLease lease = leaseToAlice();
        vm.expectRevert(IHypermap.NoteMustBeginWithTilde.selector);
        vm.prank(ALICE);
        lease.note(games, "motto", "fit to print");
    }

    function test_TheTenantCannotActForEntriesOutsideTheLease() public {
        ZoneLease lease = leaseToAlice();
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        vm.prank(ALICE);
        lease.note(foo, "~motto", "mine");
    }

    function test_TheLeaseMayBeAssigned() public {
        ZoneLease lease = leaseToAlice();
        vm.expectRevert(ZoneLease.TenantMissing.selector);
        vm.prank(ALICE);
        lease.assign(address(0));
        vm.expectEmit(true, true, true, true, address(lease));
        emit ZoneLease.Assigned(ALICE, BOB);
        vm.prank(ALICE);
        lease.assign(BOB);
        vm.prank(BOB);
        lease.note(games, "~motto", "under new management");
    }

    // ------------------------------------------------------------------------------------------------------------ rent

    function test_RentKeepsTheLeaseGoingAndGoesToTheTreasury() public {
        ZoneLease lease = leaseToAlice();
        uint256 paidUntil = lease.paidUntil();
        vm.expectEmit(true, true, true, true, address(lease));
        emit ZoneLease.RentPaid(paidUntil + 2 * PERIOD, 2 * BID, TREASURY);
        vm.prank(ALICE);
        lease.payRent(2);
        assertEq(lease.owedTo(TREASURY), 2 * BID, "owed");
        vm.expectEmit(true, true, true, true, address(lease));
        emit ZoneLease.Withdrawn(TREASURY, 2 * BID);
        lease.withdraw(TREASURY);
        assertEq(token.balanceOf(TREASURY), 2 * BID, "paid");
        vm.expectRevert(abi.encodeWithSelector(ZoneLease.NothingOwed.selector, TREASURY));
        lease.withdraw(TREASURY);
    }

    function test_RentIsBurnedInPhaseThree() public {
        ZoneLease lease = leaseToAlice();
        phases.turn(3, TREASURY);
        uint256 supply = token.totalSupply();
        vm.prank(ALICE);
        lease.payRent(1);
        assertEq(supply - token.totalSupply(), BID, "burned");
    }

    function test_RentIsPaidForAtLeastOneAndAtMostAllRemainingPeriods() public {
        ZoneLease lease = leaseToAlice();
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(ZoneLease.PeriodsOutOfRange.selector, 0, PERIODS - 1));
        lease.payRent(0);
        vm.expectRevert(abi.encodeWithSelector(ZoneLease.PeriodsOutOfRange.selector, PERIODS, PERIODS - 1));
        lease.payRent(PERIODS);
        lease.payRent(PERIODS - 1);
        vm.stopPrank();
        assertEq(lease.paidUntil(), lease.endsAt(), "all of it");
    }

    function test_WithoutATreasuryRentIsNotTaken() public {
        ZoneLease lease = leaseToAlice();
        phases.turn(2, address(0));
        vm.expectRevert(abi.encodeWithSelector(Ledger.NoTreasury.selector, 2));
        vm.prank(ALICE);
        lease.payRent(1);
    }

    function test_DuringGraceTheTenantCanOnlyPay() public {
        ZoneLease lease = leaseToAlice();
        vm.warp(lease.paidUntil());
        assertLeaseState(lease, ZoneLease.State.Grace, "rent is due");
        expectLeaseState(ZoneLease.State.Grace, ZoneLease.State.Current);
        vm.prank(ALICE);
        lease.note(games, "~motto", "late");
        expectLeaseState(ZoneLease.State.Grace, ZoneLease.State.Over);
        lease.returnLot();
        vm.prank(ALICE);
        lease.payRent(1);
        vm.prank(ALICE);
        lease.note(games, "~motto", "paid");
    }

    function test_AfterGraceTheLotGoesBack() public {
        ZoneLease lease = leaseToAlice();
        vm.warp(lease.paidUntil() + GRACE);
        assertLeaseState(lease, ZoneLease.State.Over, "too late");
        expectLeaseState(ZoneLease.State.Over, ZoneLease.State.Current);
        vm.prank(ALICE);
        lease.payRent(1);
        vm.expectEmit(true, true, true, true, address(lease));
        emit ZoneLease.Returned(ADMIN);
        vm.prank(BOB);
        lease.returnLot();
        assertLotOf(ADMIN);
        lease.returnLot();
    }

    function test_AtItsEndAPaidLeaseIsOverWithoutGrace() public {
        ZoneLease lease = leaseToAlice();
        vm.prank(ALICE);
        lease.payRent(PERIODS - 1);
        vm.warp(lease.endsAt() - 1);
        expectLeaseState(ZoneLease.State.Current, ZoneLease.State.Over);
        lease.returnLot();
        vm.warp(lease.endsAt());
        lease.returnLot();
        assertLotOf(ADMIN);
        expectLeaseState(ZoneLease.State.Over, ZoneLease.State.Current);
        vm.prank(ALICE);
        lease.note(games, "~motto", "too late");
    }

    function testFuzz_AZoneIsUsedExactlyWhileRentIsPaid(uint8 periods, uint32 wait) public {
        ZoneLease lease = leaseToAlice();
        uint256 count = periods % PERIODS;
        if (count != 0) {
            vm.prank(ALICE);
            lease.payRent(count);
        }
        uint256 paidUntil = block.timestamp + (count + 1) * PERIOD;
        vm.warp(block.timestamp + (wait % (2 * PERIODS * PERIOD)));
        bool current = block.timestamp < paidUntil;
        vm.prank(ALICE);
        try lease.note(games, "~motto", "here") {
            assertTrue(current, "used without rent");
        } catch {
            assertTrue(!current, "refused although paid");
        }
    }
}
