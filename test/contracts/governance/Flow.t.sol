// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {IPhases} from "../../../contracts/governance/IPhases.sol";
import {ITypedProposals} from "../../../contracts/governance/ITypedProposals.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

/// @dev From locked HYPR to a zone in other hands, with nothing but real contracts.
contract FlowTest is GovernanceTest {
    address private constant ERIN = address(0xe417);
    address private constant FRED = address(0xf4ed);

    function setUp() public override {
        super.setUp();
        hypr.transfer(ERIN, 10_000e18);
        hypr.transfer(FRED, 10_000e18);
    }

    function test_InPhase2AVoteBecomesAZoneAndItsPriceGoesToTheTreasury() public {
        beginPhase2();
        IAuction auction = sell(oneZone("news"));
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(ROOT, "news"))), ERIN, "the winner owns the zone");
        assertEq(auction.owedTo(TREASURY), 210e18, "the treasury is owed the price");
        auction.withdraw(TREASURY);
        assertEq(hypr.balanceOf(TREASURY), 210e18, "and gets it");
        assertEq(hypr.totalSupply(), SUPPLY, "nothing is burned");
    }

    function test_InPhase3ThePriceIsBurned() public {
        beginPhase2();
        enact(address(phases), abi.encodeCall(IPhases.advance, (3)), "Open governance");
        assertEq(phases.phase(), 3, "voted into phase 3");
        IAuction auction = sell(twoZones());
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(ROOT, "news"))), ERIN, "the winner owns one zone");
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(ROOT, "games"))), ERIN, "and the other");
        assertEq(auction.owedTo(TREASURY), 0, "nothing for the treasury");
        assertEq(hypr.totalSupply(), SUPPLY - 210e18, "the price is burned");
    }

    function test_TheWinnersAccountRulesTheZone() public {
        beginPhase2();
        sell(oneZone("news"));
        bytes32 news = hypermap.leaf(ROOT, "news");
        bytes memory mint = abi.encodeCall(IHypermap.mint, (ERIN, "daily", "", address(plain)));
        HyperAccount account = accountOf(news);
        vm.prank(ERIN);
        account.execute(address(hypermap), 0, mint, 0);
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(news, "daily"))), ERIN, "a name under it");
    }

    function test_AnUnsoldZoneReturnsToGovernance() public {
        beginPhase2();
        ITypedProposals.Zone[] memory zones = oneZone("news");
        IAuction auction = auctionFor(zones);
        vm.prank(ALICE);
        carryOut(typed.proposeZones(zones, auction, "Sell news"));
        vm.warp(auction.closesAt());
        auction.settle();
        auction.collect(address(timelock));
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(ROOT, "news"))), address(timelock), "with the timelock");
    }

    function test_AdoptedDocumentsAreFactsForEver() public {
        beginPhase2();
        bytes32 hip = keccak256("HIP 1");
        bytes32 specification = keccak256("Specification 2");
        vm.prank(ALICE);
        carryOut(typed.proposeHip(1, hip, "HIP 1"));
        vm.prank(ALICE);
        carryOut(typed.proposeSpecification(2, specification, "Specification 2"));
        assertEq(dataOf(hypermap.leaf(gov, "!hip-1")), abi.encode(hip), "the proposal is a fact");
        assertEq(dataOf(hypermap.leaf(gov, "!specification-2")), abi.encode(specification), "so is the specification");
        assertEq(typed.adoptedHip(1), hip, "adopted proposal");
        assertEq(typed.adoptedSpecification(2), specification, "adopted specification");
        assertEq(typed.adoptedHip(2), bytes32(0), "not adopted");
    }

    function test_TwoVotesOnOneNumberAdoptTheFirst() public {
        beginPhase2();
        vm.prank(ALICE);
        uint256 first = typed.proposeHip(7, keccak256("one text"), "HIP 7");
        vm.prank(ALICE);
        uint256 second = typed.proposeHip(7, keccak256("another text"), "HIP 7");
        passBlocks(VOTING_DELAY + 1);
        castVote(BOB, first, FOR);
        castVote(BOB, second, FOR);
        passBlocks(VOTING_PERIOD);
        governor.queue(first);
        governor.queue(second);
        pass(TIMELOCK_DELAY);
        governor.execute(first);
        vm.expectRevert(IHypermap.FactAlreadyExists.selector);
        governor.execute(second);
        assertEq(typed.adoptedHip(7), keccak256("one text"), "the first");
        assertState(second, IGovernor.ProposalState.Queued, "the second stays queued");
    }

    /// @dev Alice proposes the zones and their auction; erin outbids fred.
    function sell(ITypedProposals.Zone[] memory zones) private returns (IAuction auction) {
        auction = auctionFor(zones);
        vm.prank(ALICE);
        carryOut(typed.proposeZones(zones, auction, "Sell zones"));
        assertEq(uint256(auction.state()), uint256(IAuction.State.Open), "the last mint opens the auction");
        bid(FRED, auction, 200e18);
        bid(ERIN, auction, 210e18);
        pass(7 days);
        auction.settle();
        auction.collect(ERIN);
        auction.withdraw(FRED);
        assertEq(hypr.balanceOf(FRED), 10_000e18, "who was outbid has everything back");
        assertEq(hypr.balanceOf(ERIN), 10_000e18 - 210e18, "who won has paid");
    }

    function bid(address bidder, IAuction auction, uint256 amount) private {
        vm.startPrank(bidder);
        hypr.approve(address(auction), amount);
        auction.bid(amount, 0);
        vm.stopPrank();
    }
}
