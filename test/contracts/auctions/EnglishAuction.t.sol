// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EnglishAuction} from "../../../contracts/auctions/EnglishAuction.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {GreedyBidder, HostileBidder} from "./support/Actors.sol";
import {AuctionBehaviour} from "./support/AuctionBehaviour.sol";
import {TellingToken} from "./support/Tokens.sol";

contract EnglishAuctionTest is AuctionBehaviour {
    uint256 private constant INCREMENT_BPS = 500;
    uint256 private constant BUFFER = 15 minutes;

    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        return new EnglishAuction(terms, INCREMENT_BPS, BUFFER);
    }

    function test_ItsOwnTermsHaveRangesToo() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        expectOutOfRange("incrementBps", 0, 1, 10_000);
        new EnglishAuction(terms, 0, BUFFER);
        expectOutOfRange("incrementBps", 10_001, 1, 10_000);
        new EnglishAuction(terms, 10_001, BUFFER);
        expectOutOfRange("timeBuffer", 7 days + 1, 0, 7 days);
        new EnglishAuction(terms, INCREMENT_BPS, 7 days + 1);
    }

    function test_ASealIsNotExpected() public {
        openAuction();
        vm.expectRevert(abi.encodeWithSelector(IAuction.SealNotExpected.selector, bytes32(uint256(1))));
        vm.prank(ALICE);
        auction.bid(BID, bytes32(uint256(1)));
    }

    function test_ABidBelowTheIncrementIsRefused() public {
        openAuction();
        place(ALICE, 100 ether);
        assertEq(auction.minimumBid(), 105 ether, "five percent more");
        vm.expectRevert(abi.encodeWithSelector(IAuction.BidTooLow.selector, 104 ether, 105 ether));
        vm.prank(BOB);
        auction.bid(104 ether, 0);
    }

    function test_TheIncrementIsRoundedUp() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        terms.reserve = 1;
        auction = create(terms);
        fund(ALICE);
        openAuction();
        place(ALICE, 1);
        assertEq(auction.minimumBid(), 2, "more, however small");
    }

    function test_WhoIsOutbidIsOwedTheWholeBidAtOnce() public {
        openAuction();
        place(ALICE, 100 ether);
        place(BOB, 105 ether);
        assertEq(auction.winner(), BOB, "leader");
        assertEq(auction.price(), 105 ether, "price");
        assertEq(auction.owedTo(ALICE), 100 ether, "owed");
        auction.withdraw(ALICE);
        assertEq(token.balanceOf(ALICE), 1_000_000 ether, "made whole");
    }

    function test_ALeaderMayRaiseItsOwnBid() public {
        openAuction();
        place(ALICE, 100 ether);
        place(ALICE, 200 ether);
        assertEq(auction.owedTo(ALICE), 100 ether, "the first bid is free again");
        assertEq(auction.price(), 200 ether, "price");
    }

    function test_ABidNearTheEndMovesTheEnd() public {
        openAuction();
        uint256 end = auction.closesAt();
        vm.warp(end - BUFFER);
        place(ALICE, 100 ether);
        assertEq(auction.closesAt(), end, "exactly the buffer is left: nothing moves");
        vm.warp(end - 1);
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Bid(BOB, 105 ether, end - 1 + BUFFER);
        place(BOB, 105 ether);
        assertEq(auction.closesAt(), end - 1 + BUFFER, "moved");
        vm.warp(end);
        assertState(IAuction.State.Open, "still open at the first end");
        vm.warp(end - 1 + BUFFER);
        assertState(IAuction.State.Closed, "closed at the second");
    }

    function test_TheWinnerMayNameWhereTheLotGoes() public {
        sell(ALICE);
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Collected(CAROL);
        vm.prank(ALICE);
        auction.collect(CAROL);
        assertLotOf(CAROL);
    }

    function test_AnEntryOfTheLotThatComesBackIsStillTheWinners() public {
        sell(ALICE);
        auction.collect(ALICE);
        vm.prank(ALICE);
        hypermap.transferFrom(ALICE, address(auction), uint256(news));
        auction.collect(ALICE);
        assertLotOf(ALICE);
    }

    function test_ALoserThatRefusesItsMoneyHarmsOnlyItself() public {
        TellingToken telling = new TellingToken();
        useToken(telling);
        HostileBidder hostile = new HostileBidder();
        token.mint(address(hostile), BID);
        telling.tell(address(hostile));
        openAuction();
        hostile.bid(auction, BID, 0);
        place(BOB, 2 * BID);
        vm.expectRevert(HostileBidder.Refused.selector);
        auction.withdraw(address(hostile));
        close();
        auction.settle();
        auction.withdraw(TREASURY);
        assertEq(token.balanceOf(TREASURY), 2 * BID, "the treasury is paid");
        assertEq(auction.owedTo(address(hostile)), BID, "its money waits for it");
    }

    function test_NobodyIsPaidTwiceByAskingAgainWhileBeingPaid() public {
        TellingToken telling = new TellingToken();
        useToken(telling);
        openAuction();
        GreedyBidder greedy = new GreedyBidder(auction);
        token.mint(address(greedy), BID);
        telling.tell(address(greedy));
        greedy.bid(BID);
        place(BOB, 2 * BID);
        auction.withdraw(address(greedy));
        assertTrue(greedy.asked(), "it did ask");
        assertTrue(!greedy.paidTwice(), "paid once");
        assertEq(token.balanceOf(address(auction)), 2 * BID, "the leader's money is there");
    }

    function testFuzz_TheLeadersMoneyAndAllRefundsAreAlwaysThere(uint96[8] memory raises) public {
        openAuction();
        address[3] memory bidders = [ALICE, BOB, CAROL];
        uint256 paidIn;
        for (uint256 i = 0; i < raises.length; ++i) {
            address bidder = bidders[raises[i] % 3];
            uint256 amount = auction.minimumBid() + (raises[i] % 1000 ether);
            place(bidder, amount);
            paidIn += amount;
        }
        uint256 owed = auction.owedTo(ALICE) + auction.owedTo(BOB) + auction.owedTo(CAROL);
        assertEq(owed + auction.price(), paidIn, "bids in = owed + held");
        assertEq(token.balanceOf(address(auction)), paidIn, "all of it is here");
    }
}
