// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {DutchAuction} from "../../../contracts/auctions/DutchAuction.sol";
import {EnglishAuction} from "../../../contracts/auctions/EnglishAuction.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {LeaseAuction} from "../../../contracts/auctions/LeaseAuction.sol";
import {SealedAuction} from "../../../contracts/auctions/SealedAuction.sol";
import {HostileBidder, MoodyBidder, TestPhase} from "./support/Actors.sol";
import {AuctionTest} from "./support/AuctionTest.sol";
import {TellingBurnableToken} from "./support/Tokens.sol";
import {Test} from "../support/Test.sol";

/// @dev Does anything that anybody may do to an auction, in any order: two people, a contract that reverts on everything
/// and one that misbehaves while it is paid.
contract AuctionHandler is Test {
    uint256 public constant MONEY = 1_000_000 ether;
    uint256 private constant MAX_BID = 1_000 ether;
    bytes32 private constant SALT = "salt";

    IAuction private immutable AUCTION;
    TestPhase private immutable PHASES;
    address private immutable TREASURY;
    MoodyBidder public immutable moody;

    address[4] public actors;
    mapping(address actor => uint256) private _offered;
    uint256 private _time = block.timestamp;

    /// @dev How many calls of each kind the auction did, and how many it refused.
    mapping(string kind => uint256) public count;

    constructor(IAuction auction, TellingBurnableToken token, TestPhase phases) {
        (AUCTION, PHASES, TREASURY) = (auction, phases, phases.treasury());
        moody = new MoodyBidder(auction);
        actors = [address(0xa1), address(0xa2), address(new HostileBidder()), address(moody)];
        for (uint256 i = 0; i < actors.length; ++i) {
            token.mint(actors[i], MONEY);
            vm.prank(actors[i]);
            token.approve(address(auction), type(uint256).max);
        }
        token.tell(address(moody));
    }

    function bid(uint256 who, uint256 amount, bool raises, bool isSealed, uint256 hidden) external {
        play();
        address actor = actors[who % 4];
        amount = raises ? AUCTION.minimumBid() + (amount % 20 ether) : amount % MAX_BID;
        hidden = hidden % MAX_BID;
        bytes32 seal =
            isSealed ? keccak256(abi.encode(block.chainid, address(AUCTION), actor, hidden, SALT)) : bytes32(0);
        if (attempt("bid", actor, abi.encodeCall(IAuction.bid, (amount, seal)))) _offered[actor] = hidden;
    }

    function reveal(uint256 who) external {
        play();
        address actor = actors[who % 4];
        attempt("reveal", actor, abi.encodeCall(SealedAuction.reveal, (actor, _offered[actor], SALT)));
    }

    function withdraw(uint256 who) external {
        play();
        address account = who % 5 == 4 ? TREASURY : actors[who % 5];
        attempt("withdraw", address(this), abi.encodeCall(IAuction.withdraw, (account)));
    }

    function settle() external {
        play();
        attempt("settle", address(this), abi.encodeCall(IAuction.settle, ()));
    }

    function collect(uint256 who) external {
        play();
        address actor = actors[who % 4];
        attempt("collect", actor, abi.encodeCall(IAuction.collect, (actor)));
    }

    function wait(uint256 duration) external {
        _time += duration % 6 hours;
        count["wait"]++;
    }

    function turnPhase(bool burns) external {
        PHASES.turn(burns ? 3 : 2, TREASURY);
        count["phase"]++;
    }

    function turnMood(uint256 mood) external {
        moody.turn(mood);
        count["mood"]++;
    }

    /// @dev Sets the clock, which the runner may have set back between calls.
    function play() public {
        vm.warp(_time);
    }

    function attempt(string memory kind, address caller, bytes memory call) private returns (bool done) {
        vm.prank(caller);
        (done, ) = address(AUCTION).call(call);
        count[done ? kind : "refusal"]++;
    }
}

/// @dev What holds after any sequence of calls by anybody.
abstract contract AuctionInvariants is AuctionTest {
    AuctionHandler internal handler;
    uint256 private supply;

    function setUp() public override {
        super.setUp();
        TellingBurnableToken telling = new TellingBurnableToken();
        useToken(telling);
        openAuction();
        handler = new AuctionHandler(auction, telling, phases);
        supply = token.totalSupply();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev What a bidder cannot have back: the bid with which it leads or has won.
    function boundOf(address bidder) internal view virtual returns (uint256) {
        return bidder == auction.winner() ? auction.price() : 0;
    }

    function invariant_BidsInArePaidOutOrBurnedOrHeld() public {
        handler.play();
        uint256 paidIn = 0;
        for (uint256 i = 0; i < 4; ++i) paidIn += handler.MONEY() - token.balanceOf(handler.actors(i));
        uint256 held = token.balanceOf(address(auction));
        assertEq(held + token.balanceOf(TREASURY) + burned(), paidIn, "held + paid to the treasury + burned = in");
    }

    function invariant_WhatIsHeldIsOwedOrBidsInTheRace() public {
        handler.play();
        uint256 claims = auction.owedTo(TREASURY);
        for (uint256 i = 0; i < 4; ++i) {
            claims += auction.owedTo(handler.actors(i));
            if (auction.state() != IAuction.State.Sold) claims += boundOf(handler.actors(i));
        }
        assertEq(token.balanceOf(address(auction)), claims, "held");
    }

    /// @dev At every moment, and whoever misbehaves: what a bidder has not got is what it is owed, or its leading bid.
    function invariant_NobodyLosesABidAndTheWinnerPaysThePrice() public {
        handler.play();
        for (uint256 i = 0; i < 4; ++i) {
            address actor = handler.actors(i);
            uint256 spent = handler.MONEY() - token.balanceOf(actor) - auction.owedTo(actor);
            assertEq(spent, boundOf(actor), "spent");
        }
    }

    function invariant_ThePriceIsEarnedOnce() public {
        handler.play();
        uint256 earned = token.balanceOf(TREASURY) + auction.owedTo(TREASURY) + burned();
        assertEq(earned, auction.state() == IAuction.State.Sold ? auction.price() : 0, "earned");
    }

    function invariant_TheLotIsHereOrWithItsRecipient() public view {
        address owner = hypermap.ownerOf(uint256(games));
        bool ended = auction.lotRecipient() != address(0);
        assertTrue(owner == address(auction) || (ended && owner == auction.lotRecipient()), "owner of the lot");
    }

    /// @dev A sequence in which nothing is asked would prove nothing.
    function afterInvariant() public view {
        assertTrue(handler.count("bid") + handler.count("withdraw") + handler.count("refusal") >= 16, "asked");
    }

    function test_EveryKindOfCallIsDoneAndRefused() public {
        for (uint256 i = 0; i < 1000; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            uint256 who = random >> 192;
            if (i % 8 == 0) handler.wait(random % 1 hours);
            if (i % 8 == 1) handler.turnPhase(i > 900);
            if (i % 8 == 2) handler.turnMood(who);
            if (i % 8 == 3) handler.withdraw(who);
            if (i % 8 == 4) handler.settle();
            if (i % 8 == 5) handler.collect(who);
            if (i % 8 == 6) handler.reveal(who);
            if (i % 8 == 7) handler.bid(who, uint64(random), random % 3 != 0, random % 7 < 3, uint64(random >> 64));
            invariant_BidsInArePaidOutOrBurnedOrHeld();
            invariant_WhatIsHeldIsOwedOrBidsInTheRace();
            invariant_NobodyLosesABidAndTheWinnerPaysThePrice();
            invariant_ThePriceIsEarnedOnce();
            invariant_TheLotIsHereOrWithItsRecipient();
        }
        string[4] memory kinds = ["bid", "withdraw", "settle", "refusal"];
        for (uint256 i = 0; i < kinds.length; ++i) assertTrue(handler.count(kinds[i]) > 0, kinds[i]);
        assertState(IAuction.State.Sold, "sold in the end");
    }

    function burned() private view returns (uint256) {
        return supply - token.totalSupply() + token.balanceOf(BURN_ADDRESS);
    }
}

contract EnglishAuctionInvariantsTest is AuctionInvariants {
    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        terms.duration = 1 days;
        return new EnglishAuction(terms, 500, 1 hours);
    }
}

contract DutchAuctionInvariantsTest is AuctionInvariants {
    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        terms.duration = 1 days;
        return new DutchAuction(terms, 1_000 ether);
    }
}

contract LeaseAuctionInvariantsTest is AuctionInvariants {
    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        terms.duration = 1 days;
        return new LeaseAuction(terms, 500, 1 hours, 30 days, 12, 5 days);
    }
}

contract SealedAuctionInvariantsTest is AuctionInvariants {
    function create(IAuction.Terms memory terms) internal override returns (IAuction) {
        terms.duration = 1 days;
        return new SealedAuction(terms, 1 days);
    }

    /// @dev A deposit that waits for its reveal, and the leader's bid, of which `price` is only what it will pay.
    function boundOf(address bidder) internal view override returns (uint256 amount) {
        SealedAuction sealed_ = SealedAuction(address(auction));
        if (block.timestamp < auction.closesAt()) amount = sealed_.depositOf(bidder);
        if (bidder != auction.winner()) return amount;
        return amount + (auction.state() == IAuction.State.Sold ? auction.price() : sealed_.highestBid());
    }
}
