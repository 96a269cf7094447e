// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {DutchAuction} from "../../../contracts/auctions/DutchAuction.sol";
import {EnglishAuction} from "../../../contracts/auctions/EnglishAuction.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {LeaseAuction} from "../../../contracts/auctions/LeaseAuction.sol";
import {SealedAuction} from "../../../contracts/auctions/SealedAuction.sol";
import {HostileBidder, TestPhase} from "./support/Actors.sol";
import {AuctionTest} from "./support/AuctionTest.sol";
import {PlainToken} from "./support/Tokens.sol";
import {Test} from "../support/Test.sol";

/// @dev Does anything that anybody may do to an auction, in any order, and keeps its own books.
contract AuctionHandler is Test {
    uint256 private constant MAX_BID = 1_000 ether;
    bytes32 private constant SALT = "salt";

    IAuction public immutable auction;
    PlainToken public immutable token;
    TestPhase private immutable PHASES;
    address private immutable TREASURY;

    address[4] public actors;
    mapping(address actor => uint256) public paidIn;
    mapping(address actor => uint256) public paidOut;
    mapping(address actor => uint256) private _offered;

    constructor(IAuction auction_, PlainToken token_, TestPhase phases) {
        (auction, token, PHASES) = (auction_, token_, phases);
        TREASURY = phases.treasury();
        actors = [address(0xa1), address(0xa2), address(0xa3), address(new HostileBidder())];
        for (uint256 i = 0; i < actors.length; ++i) {
            token_.mint(actors[i], 1_000_000 ether);
            vm.prank(actors[i]);
            token_.approve(address(auction_), type(uint256).max);
        }
    }

    function bid(uint256 who, uint256 amount, bool isSealed, uint256 hidden) external {
        address actor = actors[who % actors.length];
        amount = amount % MAX_BID;
        _offered[actor] = hidden % MAX_BID;
        uint256 before = token.balanceOf(actor);
        bytes32 seal = isSealed ? _sealFor(actor, _offered[actor]) : bytes32(0);
        vm.prank(actor);
        auction.bid(amount, seal);
        paidIn[actor] += before - token.balanceOf(actor);
    }

    function reveal(uint256 who) external {
        address actor = actors[who % actors.length];
        SealedAuction(address(auction)).reveal(actor, _offered[actor], SALT);
    }

    function withdraw(uint256 who) external {
        address account = who % 5 == 4 ? TREASURY : actors[who % 5];
        uint256 before = token.balanceOf(account);
        auction.withdraw(account);
        paidOut[account] += token.balanceOf(account) - before;
    }

    function settle() external {
        auction.settle();
    }

    function collect(uint256 who) external {
        address actor = actors[who % actors.length];
        vm.prank(actor);
        auction.collect(actor);
    }

    function wait(uint256 duration) external {
        vm.warp(block.timestamp + (duration % 1 days));
    }

    function turnPhase(bool burns) external {
        PHASES.turn(burns ? 3 : 2, TREASURY);
    }

    function _sealFor(address actor, uint256 amount) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(auction), actor, amount, SALT));
    }
}

/// @dev What holds after any sequence of calls by anybody.
abstract contract AuctionInvariants is AuctionTest {
    AuctionHandler internal handler;

    function setUp() public override {
        super.setUp();
        openAuction();
        handler = new AuctionHandler(auction, token, phases);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev What the auction holds that it owes to nobody yet: bids that are still in the race.
    function inTheRace() internal view virtual returns (uint256) {
        bool settled = auction.state() == IAuction.State.Sold;
        return auction.winner() == address(0) || settled ? 0 : auction.price();
    }

    function invariant_BidsInArePaidOutOrHeld() public view {
        (uint256 paidIn, uint256 paidOut, uint256 owed) = totals();
        uint256 burned = auction.state() == IAuction.State.Sold ? auction.price() - earned() : 0;
        assertEq(paidOut + burned + token.balanceOf(address(auction)), paidIn, "in = out + burned + held");
        assertEq(owed + inTheRace(), token.balanceOf(address(auction)), "held = owed + in the race");
    }

    function invariant_NobodyLosesABidAndTheWinnerPaysThePriceAtMost() public view {
        IAuction.State state = auction.state();
        if (state != IAuction.State.Sold && state != IAuction.State.Unsold) return;
        for (uint256 i = 0; i < 4; ++i) {
            address actor = handler.actors(i);
            uint256 spent = handler.paidIn(actor) - handler.paidOut(actor) - auction.owedTo(actor);
            bool won = state == IAuction.State.Sold && actor == auction.winner();
            assertEq(spent, won ? auction.price() : 0, "spent");
        }
    }

    function invariant_TheLotIsHereOrWithItsRecipient() public view {
        address owner = hypermap.ownerOf(uint256(games));
        bool ended = auction.lotRecipient() != address(0);
        assertTrue(owner == address(auction) || (ended && owner == auction.lotRecipient()), "owner of the lot");
    }

    function totals() private view returns (uint256 paidIn, uint256 paidOut, uint256 owed) {
        for (uint256 i = 0; i < 4; ++i) {
            address actor = handler.actors(i);
            paidIn += handler.paidIn(actor);
            paidOut += handler.paidOut(actor);
            owed += auction.owedTo(actor);
        }
        paidOut += handler.paidOut(TREASURY);
        owed += auction.owedTo(TREASURY);
    }

    function earned() private view returns (uint256) {
        return handler.paidOut(TREASURY) + auction.owedTo(TREASURY);
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

    /// @dev Deposits that wait for their reveal, and the leader's bid, of which `price` is only what it will pay.
    function inTheRace() internal view override returns (uint256 amount) {
        SealedAuction sealed_ = SealedAuction(address(auction));
        bool over = block.timestamp >= auction.closesAt();
        for (uint256 i = 0; i < 4; ++i) {
            if (!over) amount += sealed_.depositOf(handler.actors(i));
        }
        if (auction.winner() == address(0) || auction.state() == IAuction.State.Sold) return amount;
        return amount + sealed_.highestBid();
    }
}
