// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAuction} from "../../../../contracts/auctions/IAuction.sol";
import {IHypermap} from "../../../../contracts/hypermap/IHypermap.sol";
import {HyperAccount} from "../../../../contracts/accounts/HyperAccount.sol";
import {HypermapTest} from "../../support/HypermapTest.sol";
import {TestPhase} from "./Actors.sol";
import {BurnableToken, PlainToken} from "./Tokens.sol";

/// @dev A lot of two zones, `games` and `news`, and bidders with money.
abstract contract AuctionTest is HypermapTest {
    uint256 internal constant RESERVE = 10 ether;
    uint256 internal constant BID = 100 ether;
    uint256 internal constant DURATION = 7 days;
    address internal constant CAROL = address(0xca401);
    address internal constant TREASURY = address(0x7ea5);
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    PlainToken internal token;
    TestPhase internal phases;
    bytes32 internal games;
    bytes32 internal news;
    IAuction internal auction;

    function setUp() public virtual override {
        super.setUp();
        phases = new TestPhase();
        games = hypermap.leaf(ROOT, "games");
        news = hypermap.leaf(ROOT, "news");
        useToken(new BurnableToken());
    }

    // ------------------------------------------------------------------------------------- what a kind tells the suite

    function create(IAuction.Terms memory terms) internal virtual returns (IAuction);

    /// @dev Bids so that `amount` is the most that `bidder` pays.
    function place(address bidder, uint256 amount) internal virtual {
        bytes32 seal = sealOf(bidder, amount);
        vm.prank(bidder);
        auction.bid(amount, seal);
    }

    function sealOf(address, uint256) internal virtual returns (bytes32) {
        return 0;
    }

    /// @dev Lets time pass until bids are decided.
    function close() internal virtual {
        if (block.timestamp < auction.closesAt()) vm.warp(auction.closesAt());
    }

    /// @dev What a sole bidder of `BID`, right after the opening, pays.
    function solePrice() internal view virtual returns (uint256) {
        return BID;
    }

    // --------------------------------------------------------------------------------------------------------- set-up

    /// @dev Starts over with another token.
    function useToken(PlainToken token_) internal {
        token = token_;
        auction = create(termsOf(lotOfTwo()));
        fund(ALICE);
        fund(BOB);
        fund(CAROL);
    }

    function fund(address account) internal {
        token.mint(account, 1_000_000 ether);
        vm.prank(account);
        token.approve(address(auction), type(uint256).max);
    }

    function lotOfTwo() internal view returns (bytes32[] memory lot) {
        lot = new bytes32[](2);
        (lot[0], lot[1]) = games < news ? (games, news) : (news, games);
    }

    function termsOf(bytes32[] memory lot) internal view returns (IAuction.Terms memory) {
        return IAuction.Terms(hypermap, token, phases, ADMIN, lot, RESERVE, DURATION);
    }

    function mintZoneTo(address to, bytes memory label) internal {
        HyperAccount root = accountOf(ROOT);
        bytes memory data = abi.encodeCall(IHypermap.mint, (to, label, "", address(plain)));
        vm.prank(ADMIN);
        root.execute(address(hypermap), 0, data, 0);
    }

    /// @dev As a passed proposal does: mints both zones straight to the auction, which opens it.
    function openAuction() internal {
        mintZoneTo(address(auction), "games");
        mintZoneTo(address(auction), "news");
    }

    function sell(address bidder) internal {
        openAuction();
        place(bidder, BID);
        close();
        auction.settle();
    }

    // ----------------------------------------------------------------------------------------------------- assertions

    function assertState(IAuction.State expected, string memory what) internal view {
        assertEq(uint256(auction.state()), uint256(expected), what);
    }

    function assertLotOf(address owner) internal view {
        assertEq(hypermap.ownerOf(uint256(games)), owner, "owner of games");
        assertEq(hypermap.ownerOf(uint256(news)), owner, "owner of news");
    }

    function expectWrongState(IAuction.State actual, IAuction.State expected) internal {
        vm.expectRevert(abi.encodeWithSelector(IAuction.WrongState.selector, actual, expected));
    }

    function expectOutOfRange(string memory term, uint256 given, uint256 least, uint256 most) internal {
        vm.expectRevert(abi.encodeWithSelector(IAuction.TermOutOfRange.selector, term, given, least, most));
    }
}
