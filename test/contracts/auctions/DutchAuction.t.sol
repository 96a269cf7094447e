// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {DutchAuction} from "../../../contracts/auctions/DutchAuction.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {AuctionBehaviour} from "./support/AuctionBehaviour.sol";

contract DutchAuctionTest is AuctionBehaviour {
    uint256 private constant START_PRICE = BID;

    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        return new DutchAuction(terms, START_PRICE);
    }

    function test_ThePriceStartsAtTheReserveOrAbove() public {
        IAuction.Terms memory terms = termsOf(lotOfTwo());
        expectOutOfRange("startPrice", RESERVE - 1, RESERVE, type(uint256).max);
        new DutchAuction(terms, RESERVE - 1);
    }

    function test_ASealIsNotExpected() public {
        openAuction();
        vm.expectRevert(abi.encodeWithSelector(IAuction.SealNotExpected.selector, bytes32(uint256(1))));
        vm.prank(ALICE);
        auction.bid(BID, bytes32(uint256(1)));
    }

    function test_ThePriceFallsInAStraightLine() public {
        assertEq(auction.minimumBid(), START_PRICE, "before the opening");
        openAuction();
        uint256 openedAt = block.timestamp;
        assertEq(auction.minimumBid(), START_PRICE, "at the opening");
        vm.warp(openedAt + DURATION / 2);
        assertEq(auction.minimumBid(), (START_PRICE + RESERVE) / 2, "half-way");
        vm.warp(openedAt + DURATION - 1);
        assertTrue(auction.minimumBid() > RESERVE, "a second before the end");
        vm.warp(openedAt + DURATION);
        assertEq(auction.minimumBid(), RESERVE, "at the end");
    }

    function test_TheFirstBidWinsAndPaysThePriceNotItsOffer() public {
        openAuction();
        vm.warp(block.timestamp + DURATION / 2);
        uint256 price = auction.minimumBid();
        vm.expectEmit(true, true, true, true, address(auction));
        emit IAuction.Bid(ALICE, price, block.timestamp);
        place(ALICE, START_PRICE);
        assertState(IAuction.State.Closed, "closed by the bid");
        assertEq(token.balanceOf(ALICE), 1_000_000 ether - price, "paid the price");
        assertEq(auction.closesAt(), block.timestamp, "closed now");
        expectWrongState(IAuction.State.Closed, IAuction.State.Open);
        vm.prank(BOB);
        auction.bid(START_PRICE, 0);
    }

    function testFuzz_ThePriceIsBoundedAndNeverRises(uint32 earlier, uint32 later) public {
        openAuction();
        uint256 openedAt = block.timestamp;
        (uint256 first, uint256 second) = (earlier % DURATION, later % DURATION);
        if (first > second) (first, second) = (second, first);
        vm.warp(openedAt + first);
        uint256 high = auction.minimumBid();
        vm.warp(openedAt + second);
        uint256 low = auction.minimumBid();
        assertTrue(START_PRICE >= high && high >= low && low >= RESERVE, "start >= earlier >= later >= reserve");
    }
}
