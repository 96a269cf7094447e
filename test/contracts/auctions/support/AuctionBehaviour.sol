// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAuction} from "../../../../contracts/auctions/IAuction.sol";
import {Ledger} from "../../../../contracts/auctions/libraries/Ledger.sol";
import {HostileBidder} from "./Actors.sol";
import {AuctionTest} from "./AuctionTest.sol";
import {FeeToken, PlainToken, SilentToken} from "./Tokens.sol";

/// @dev What every kind of auction does; each kind's test contract runs all of it.
abstract contract AuctionBehaviour is AuctionTest {
    // -------------------------------------------------------------------------------------------------------- opening

    function test_ItWaitsForItsLot() public {
        assertState(IAuction.State.Awaiting, "before anything arrived");
        assertEq(auction.closesAt(), 0, "no closing time");
        mintZoneTo(address(auction), "games");
        assertState(IAuction.State.Awaiting, "half the lot is here");
    }

    function test_ItSaysWhatItWasTold() public view {
        assertEq(address(auction.hypermap()), address(hypermap), "hypermap");
        assertEq(address(auction.token()), address(token), "token");
        assertEq(address(auction.phases()), address(phases), "phases");
        assertEq(auction.returnTo(), ADMIN, "returnTo");
        assertEq(auction.reserve(), RESERVE, "reserve");
        assertEq(auction.duration(), DURATION, "duration");
        assertEq(abi.encode(auction.lot()), abi.encode(lotOfTwo()), "lot");
    }

    function test_ItOpensWithTheLastEntryOfItsLot() public {
        mintZoneTo(address(auction), "games");
        vm.expectEmit(false, false, false, false, address(auction));
        emit IAuction.Opened(lotOfTwo(), 0);
        mintZoneTo(address(auction), "news");
        assertState(IAuction.State.Open, "the lot is complete");
        assertTrue(auction.closesAt() >= block.timestamp + DURATION, "it lasts as long as it should");
    }

    function test_ItCanBeOpenedWhenTheLotArrivedUnannounced() public {
        mintZoneTo(ADMIN, "games");
        mintZoneTo(ADMIN, "news");
        bytes32[] memory lot = lotOfTwo();
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, address(auction), uint256(lot[0]));
        vm.expectRevert(abi.encodeWithSelector(IAuction.LotIncomplete.selector, lot[1]));
        auction.open();
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, address(auction), uint256(lot[1]));
        auction.open();
        assertState(IAuction.State.Open, "opened by hand");
        expectWrongState(IAuction.State.Open, IAuction.State.Awaiting);
        auction.open();
    }

    function test_ItTakesNoOtherTokens() public {
        vm.expectRevert(abi.encodeWithSelector(IAuction.NotHypermap.selector, BOB, address(hypermap)));
        vm.prank(BOB);
        auction.onERC721Received(BOB, BOB, uint256(games), "");
        vm.expectRevert(abi.encodeWithSelector(IAuction.NotInLot.selector, foo));
        vm.prank(ALICE);
        hypermap.safeTransferFrom(ALICE, address(auction), uint256(foo));
    }

    function test_ItTakesNothingMoreOnceOpen() public {
        openAuction();
        expectWrongState(IAuction.State.Open, IAuction.State.Awaiting);
        vm.prank(ALICE);
        hypermap.safeTransferFrom(ALICE, address(auction), uint256(foo));
    }

    // ------------------------------------------------------------------------------------------------------- cancelling

    function test_ItIsCancelledBeforeItOpensAndGivesBackWhatArrived() public {
        mintZoneTo(address(auction), "games");
        vm.expectRevert(abi.encodeWithSelector(IAuction.NotPermitted.selector, BOB, ADMIN));
        vm.prank(BOB);
        auction.cancel();

        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Unsold();
        vm.prank(ADMIN);
        auction.cancel();
        assertState(IAuction.State.Unsold, "cancelled");
        vm.prank(BOB);
        auction.collect(ADMIN);
        assertEq(hypermap.ownerOf(uint256(games)), ADMIN, "what arrived went back");
    }

    function test_ItIsNotCancelledOnceOpen() public {
        openAuction();
        expectWrongState(IAuction.State.Open, IAuction.State.Awaiting);
        vm.prank(ADMIN);
        auction.cancel();
    }

    // ---------------------------------------------------------------------------------------------------------- terms

    function test_TermsOutOfRangeAreRefused() public {
        IAuction.Terms memory terms = termsOf(new bytes32[](0));
        expectOutOfRange("lot", 0, 1, 32);
        create(terms);

        terms = termsOf(new bytes32[](33));
        expectOutOfRange("lot", 33, 1, 32);
        create(terms);

        terms = termsOf(lotOfTwo());
        terms.reserve = 0;
        expectOutOfRange("reserve", 0, 1, type(uint256).max);
        create(terms);

        terms = termsOf(lotOfTwo());
        terms.duration = 0;
        expectOutOfRange("duration", 0, 1, 365 days);
        create(terms);

        terms.duration = 365 days + 1;
        expectOutOfRange("duration", 365 days + 1, 1, 365 days);
        create(terms);

        terms = termsOf(lotOfTwo());
        terms.returnTo = address(0);
        expectOutOfRange("returnTo", 0, 1, type(uint160).max);
        create(terms);
    }

    function test_ALotNamesEachEntryOnceInOrder() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        terms.lot[1] = terms.lot[0];
        vm.expectRevert(abi.encodeWithSelector(IAuction.LotNotAscending.selector, 1));
        create(terms);
    }

    // -------------------------------------------------------------------------------------------------------- bidding

    function test_NobodyBidsBeforeItOpens() public {
        expectWrongState(IAuction.State.Awaiting, IAuction.State.Open);
        vm.prank(ALICE);
        auction.bid(BID, 0);
    }

    function test_NobodyBidsAfterItClosed() public {
        openAuction();
        vm.warp(auction.closesAt());
        expectWrongState(IAuction.State.Closed, IAuction.State.Open);
        vm.prank(ALICE);
        auction.bid(BID, 0);
    }

    function test_ABidBelowTheLeastIsRefused() public {
        openAuction();
        uint256 minimum = auction.minimumBid();
        bytes32 seal = sealOf(ALICE, minimum - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuction.BidTooLow.selector, minimum - 1, minimum));
        vm.prank(ALICE);
        auction.bid(minimum - 1, seal);
    }

    function test_TheLeastBidIsTaken() public {
        openAuction();
        uint256 minimum = auction.minimumBid();
        uint256 before = token.balanceOf(ALICE);
        bytes32 seal = sealOf(ALICE, minimum);
        vm.expectEmit(true, false, false, false, address(auction));
        emit IAuction.Bid(ALICE, minimum, 0);
        vm.prank(ALICE);
        auction.bid(minimum, seal);
        assertEq(before - token.balanceOf(ALICE), minimum, "paid in");
        assertEq(token.balanceOf(address(auction)), minimum, "held");
    }

    function test_ABidThatIsNotApprovedIsRefused() public {
        openAuction();
        uint256 minimum = auction.minimumBid();
        vm.prank(ALICE);
        token.approve(address(auction), minimum - 1);
        bytes32 seal = sealOf(ALICE, minimum);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector,
                address(auction),
                minimum - 1,
                minimum
            )
        );
        vm.prank(ALICE);
        auction.bid(minimum, seal);
    }

    function test_ATokenThatArrivesShortIsRefused() public {
        useToken(new FeeToken());
        openAuction();
        uint256 minimum = auction.minimumBid();
        bytes32 seal = sealOf(ALICE, minimum);
        uint256 received = minimum - minimum / 100;
        vm.expectRevert(abi.encodeWithSelector(Ledger.IncorrectTransfer.selector, received, minimum));
        vm.prank(ALICE);
        auction.bid(minimum, seal);
    }

    // ----------------------------------------------------------------------------------------------------- settlement

    function test_ItIsNotSettledBeforeItClosed() public {
        expectWrongState(IAuction.State.Awaiting, IAuction.State.Closed);
        auction.settle();
        openAuction();
        expectWrongState(IAuction.State.Open, IAuction.State.Closed);
        auction.settle();
    }

    function test_ItIsSettledOnce() public {
        sell(ALICE);
        expectWrongState(IAuction.State.Sold, IAuction.State.Closed);
        auction.settle();
    }

    function test_WithoutBidsTheLotGoesBack() public {
        openAuction();
        vm.warp(auction.closesAt());
        assertState(IAuction.State.Closed, "closed");
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Unsold();
        auction.settle();
        assertState(IAuction.State.Unsold, "unsold");
        assertEq(auction.lotRecipient(), ADMIN, "recipient");
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Collected(ADMIN);
        auction.collect(ADMIN);
        assertLotOf(ADMIN);
    }

    function test_InPhaseTwoTheTreasuryIsOwedThePrice() public {
        openAuction();
        place(ALICE, BID);
        close();
        uint256 price = solePrice();
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Sold(ALICE, price, TREASURY);
        auction.settle();
        assertEq(auction.winner(), ALICE, "winner");
        assertEq(auction.price(), price, "price");
        assertEq(auction.owedTo(TREASURY), price, "owed to the treasury");
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Withdrawn(TREASURY, price);
        auction.withdraw(TREASURY);
        assertEq(token.balanceOf(TREASURY), price, "paid to the treasury");
        assertEq(auction.owedTo(TREASURY), 0, "nothing left");
    }

    function test_InPhaseThreeThePriceIsBurned() public {
        uint256 supply = token.totalSupply();
        openAuction();
        place(ALICE, BID);
        // What counts is the phase at settlement, not at the bid.
        phases.turn(3, TREASURY);
        close();
        uint256 price = solePrice();
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Sold(ALICE, price, address(0));
        auction.settle();
        assertEq(supply - token.totalSupply(), price, "burned");
        assertEq(auction.owedTo(TREASURY), 0, "the treasury gets nothing");
    }

    function test_ATokenThatCannotBurnGoesToTheBurnAddress() public {
        useToken(new PlainToken());
        phases.turn(3, TREASURY);
        sell(ALICE);
        assertEq(token.balanceOf(BURN_ADDRESS), solePrice(), "out of everybody's reach");
    }

    function test_ATokenThatOnlySeemsToBurnGoesToTheBurnAddress() public {
        useToken(new SilentToken());
        phases.turn(3, TREASURY);
        sell(ALICE);
        assertEq(token.balanceOf(BURN_ADDRESS), solePrice(), "out of everybody's reach");
    }

    function test_SettlementWaitsForATreasury() public {
        phases.turn(2, address(0));
        openAuction();
        place(ALICE, BID);
        close();
        vm.expectRevert(abi.encodeWithSelector(Ledger.NoTreasury.selector, 2));
        auction.settle();
        phases.turn(2, TREASURY);
        auction.settle();
        assertState(IAuction.State.Sold, "settled after all");
    }

    // ------------------------------------------------------------------------------------------------------- collecting

    function test_TheLotIsNotCollectedBeforeSettlement() public {
        openAuction();
        place(ALICE, BID);
        close();
        expectWrongState(IAuction.State.Closed, IAuction.State.Sold);
        vm.prank(ALICE);
        auction.collect(ALICE);
    }

    function test_NobodyElseTakesTheLot() public {
        sell(ALICE);
        address recipient = auction.lotRecipient();
        vm.expectRevert(abi.encodeWithSelector(IAuction.NotPermitted.selector, BOB, recipient));
        vm.prank(BOB);
        auction.collect(BOB);
    }

    function test_AnybodyMayDeliverTheLotToItsRecipient() public {
        sell(ALICE);
        address recipient = auction.lotRecipient();
        vm.prank(BOB);
        auction.collect(recipient);
        assertLotOf(recipient);
    }

    function test_WhoIsOwedNothingWithdrawsNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IAuction.NothingOwed.selector, BOB));
        auction.withdraw(BOB);
    }

    // --------------------------------------------------------------------------------------------------------- hostile

    function test_AWinnerThatRefusesEverythingDelaysNobody() public {
        HostileBidder hostile = new HostileBidder();
        token.mint(address(hostile), BID);
        openAuction();
        hostile.bid(auction, BID, sealOf(address(hostile), BID));
        close();
        auction.settle();
        auction.withdraw(TREASURY);
        assertEq(token.balanceOf(TREASURY), solePrice(), "the treasury is paid");
        address recipient = auction.lotRecipient();
        auction.collect(recipient);
        assertLotOf(recipient);
    }

    function test_EverythingPaidInIsPaidOutInTheEnd() public {
        sell(ALICE);
        auction.withdraw(TREASURY);
        if (auction.owedTo(ALICE) != 0) auction.withdraw(ALICE);
        assertEq(token.balanceOf(address(auction)), 0, "nothing stays behind");
        assertEq(token.balanceOf(ALICE), 1_000_000 ether - solePrice(), "the winner paid the price");
    }
}
