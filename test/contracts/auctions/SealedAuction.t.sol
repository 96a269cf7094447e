// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {SealedAuction} from "../../../contracts/auctions/SealedAuction.sol";
import {AuctionBehaviour} from "./support/AuctionBehaviour.sol";

contract SealedAuctionTest is AuctionBehaviour {
    uint256 private constant REVEAL = 3 days;
    bytes32 private constant SALT = "salt";

    struct Placed {
        address bidder;
        uint256 amount;
    }

    Placed[] private _placed;

    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        return new SealedAuction(terms, REVEAL);
    }

    function sealOf(address bidder, uint256 amount) internal override returns (bytes32) {
        _placed.push(Placed(bidder, amount));
        return sealedAuction().sealFor(bidder, amount, SALT);
    }

    /// @dev Reveals everything that was placed with a deposit equal to the bid.
    function close() internal override {
        toReveals();
        for (uint256 i = 0; i < _placed.length; ++i) reveal(_placed[i].bidder, _placed[i].amount);
        vm.warp(auction.closesAt());
    }

    function solePrice() internal pure override returns (uint256) {
        return RESERVE;
    }

    function sealedAuction() private view returns (SealedAuction) {
        return SealedAuction(address(auction));
    }

    function toReveals() private {
        vm.warp(auction.closesAt() - REVEAL);
        assertState(IAuction.State.Revealing, "reveals");
    }

    function reveal(address bidder, uint256 amount) private {
        sealedAuction().reveal(bidder, amount, SALT);
    }

    /// @dev A bid that hides behind a larger deposit.
    function hide(address bidder, uint256 amount, uint256 deposit) private {
        bytes32 seal = sealedAuction().sealFor(bidder, amount, SALT);
        vm.prank(bidder);
        auction.bid(deposit, seal);
    }

    function test_RevealsLastFromASecondToThirtyDays() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        expectOutOfRange("revealDuration", 0, 1, 30 days);
        new SealedAuction(terms, 0);
        expectOutOfRange("revealDuration", 30 days + 1, 1, 30 days);
        new SealedAuction(terms, 30 days + 1);
    }

    function test_ABidNeedsASeal() public {
        openAuction();
        vm.expectRevert(SealedAuction.SealMissing.selector);
        vm.prank(ALICE);
        auction.bid(BID, 0);
    }

    function test_TheHighestBidWinsAndPaysTheSecondHighest() public {
        openAuction();
        hide(ALICE, 50 ether, 500 ether);
        hide(BOB, 80 ether, 90 ether);
        hide(CAROL, 60 ether, 60 ether);
        toReveals();
        vm.expectEmit(true, true, true, true, address(auction));
        emit SealedAuction.Revealed(ALICE, 50 ether);
        reveal(ALICE, 50 ether);
        assertEq(auction.price(), RESERVE, "alone, the reserve");
        reveal(BOB, 80 ether);
        assertEq(auction.price(), 50 ether, "the second highest so far");
        reveal(CAROL, 60 ether);
        assertEq(auction.price(), 60 ether, "the second highest");
        assertEq(auction.owedTo(ALICE), 500 ether, "a loser's deposit, at once");
        assertEq(auction.owedTo(CAROL), 60 ether, "and another's");
        assertEq(auction.owedTo(BOB), 10 ether, "what the winner deposited beyond its bid");

        vm.warp(auction.closesAt());
        auction.settle();
        assertEq(auction.winner(), BOB, "winner");
        assertEq(auction.owedTo(BOB), 30 ether, "and what it bid beyond the price");
        assertEq(auction.owedTo(TREASURY), 60 ether, "price");
    }

    function test_OfEqualBidsTheOneRevealedFirstWinsAndPaysInFull() public {
        openAuction();
        hide(ALICE, 50 ether, 50 ether);
        hide(BOB, 50 ether, 50 ether);
        toReveals();
        reveal(BOB, 50 ether);
        reveal(ALICE, 50 ether);
        assertEq(auction.winner(), BOB, "winner");
        assertEq(auction.price(), 50 ether, "price");
    }

    function test_NobodyLosesABidByNotRevealing() public {
        openAuction();
        hide(ALICE, 50 ether, 70 ether);
        hide(BOB, 20 ether, 20 ether);
        toReveals();
        reveal(BOB, 20 ether);
        assertEq(auction.owedTo(ALICE), 0, "not while it could be revealed");
        vm.expectRevert(abi.encodeWithSelector(IAuction.NothingOwed.selector, ALICE));
        auction.withdraw(ALICE);

        vm.warp(auction.closesAt());
        assertEq(auction.owedTo(ALICE), 70 ether, "the whole deposit, before anybody settles");
        auction.withdraw(ALICE);
        assertEq(token.balanceOf(ALICE), 1_000_000 ether, "made whole");
        auction.settle();
        assertEq(auction.winner(), BOB, "the highest that was revealed");
        vm.expectRevert(abi.encodeWithSelector(IAuction.NothingOwed.selector, ALICE));
        auction.withdraw(ALICE);
    }

    function test_WhenNobodyRevealsNobodyPays() public {
        openAuction();
        hide(ALICE, 50 ether, 70 ether);
        vm.warp(auction.closesAt());
        auction.settle();
        assertState(IAuction.State.Unsold, "unsold");
        auction.withdraw(ALICE);
        assertEq(token.balanceOf(ALICE), 1_000_000 ether, "made whole");
    }

    function test_AnybodyWhoKnowsABidMayRevealIt() public {
        openAuction();
        hide(ALICE, 50 ether, 50 ether);
        toReveals();
        vm.prank(BOB);
        reveal(ALICE, 50 ether);
        assertEq(auction.winner(), ALICE, "it stays hers");
    }

    function test_ACopiedSealIsWorthNothing() public {
        openAuction();
        hide(ALICE, 50 ether, 50 ether);
        bytes32 copied = sealedAuction().sealOf(ALICE);
        vm.prank(BOB);
        auction.bid(50 ether, copied);
        toReveals();
        bytes32 offered = sealedAuction().sealFor(BOB, 50 ether, SALT);
        vm.expectRevert(abi.encodeWithSelector(SealedAuction.SealMismatch.selector, BOB, offered, copied));
        reveal(BOB, 50 ether);
    }

    function test_ABidIsRevealedOnce() public {
        openAuction();
        hide(ALICE, 50 ether, 50 ether);
        toReveals();
        reveal(ALICE, 50 ether);
        bytes32 offered = sealedAuction().sealFor(ALICE, 50 ether, SALT);
        vm.expectRevert(abi.encodeWithSelector(SealedAuction.SealMismatch.selector, ALICE, offered, bytes32(0)));
        reveal(ALICE, 50 ether);
    }

    function test_ABidAboveItsDepositIsNotRevealedButPaidBack() public {
        openAuction();
        hide(ALICE, 50 ether, 40 ether);
        toReveals();
        vm.expectRevert(abi.encodeWithSelector(SealedAuction.BidAboveDeposit.selector, 50 ether, 40 ether));
        reveal(ALICE, 50 ether);
        vm.warp(auction.closesAt());
        assertEq(auction.owedTo(ALICE), 40 ether, "the deposit is safe");
    }

    function test_ABidBelowTheReserveIsNotRevealedButPaidBack() public {
        openAuction();
        hide(ALICE, RESERVE - 1, 40 ether);
        toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuction.BidTooLow.selector, RESERVE - 1, RESERVE));
        reveal(ALICE, RESERVE - 1);
        vm.warp(auction.closesAt());
        assertEq(auction.owedTo(ALICE), 40 ether, "the deposit is safe");
    }

    function test_NothingIsRevealedWhileBiddingIsOpenOrAfterReveals() public {
        openAuction();
        hide(ALICE, 50 ether, 50 ether);
        expectWrongState(IAuction.State.Open, IAuction.State.Revealing);
        reveal(ALICE, 50 ether);
        vm.warp(auction.closesAt());
        expectWrongState(IAuction.State.Closed, IAuction.State.Revealing);
        reveal(ALICE, 50 ether);
    }

    function test_NobodyBidsDuringReveals() public {
        openAuction();
        toReveals();
        expectWrongState(IAuction.State.Revealing, IAuction.State.Open);
        vm.prank(ALICE);
        auction.bid(BID, SALT);
    }

    function test_ASecondBidAddsToTheDepositAndReplacesTheSeal() public {
        openAuction();
        hide(ALICE, 20 ether, 20 ether);
        hide(ALICE, 50 ether, 30 ether);
        hide(ALICE, 45 ether, 0);
        assertEq(sealedAuction().depositOf(ALICE), 50 ether, "deposit");
        toReveals();
        reveal(ALICE, 45 ether);
        assertEq(auction.winner(), ALICE, "winner");
        assertEq(auction.owedTo(ALICE), 5 ether, "the rest");
    }

    function testFuzz_PriceAndWinnerAreThoseOfTheSortedBids(uint96[3] memory amounts, uint8 order) public {
        address[3] memory bidders = [ALICE, BOB, CAROL];
        openAuction();
        uint256 paidIn;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 amount = RESERVE + (amounts[i] % 1000 ether);
            amounts[i] = uint96(amount);
            hide(bidders[i], amount, amount + i);
            paidIn += amount + i;
        }
        toReveals();
        (uint256 highest, uint256 second) = (0, RESERVE);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 amount = amounts[(i + order) % 3];
            reveal(bidders[(i + order) % 3], amount);
            if (amount > highest) (highest, second) = (amount, highest > second ? highest : second);
            else if (amount > second) second = amount;
        }
        vm.warp(auction.closesAt());
        auction.settle();
        assertEq(auction.price(), second, "second highest");
        uint256 owed = auction.owedTo(ALICE) + auction.owedTo(BOB) + auction.owedTo(CAROL);
        assertEq(owed + auction.owedTo(TREASURY), paidIn, "bids in = owed");
        assertEq(token.balanceOf(address(auction)), paidIn, "all of it is here");
    }
}
