// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {DutchAuction} from "../../../contracts/auctions/DutchAuction.sol";
import {EnglishAuction} from "../../../contracts/auctions/EnglishAuction.sol";
import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {IPhase} from "../../../contracts/auctions/IPhase.sol";
import {IHyperwareGovernor} from "../../../contracts/governance/IHyperwareGovernor.sol";
import {ITypedProposals} from "../../../contracts/governance/ITypedProposals.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {GovernanceTest} from "./support/GovernanceTest.sol";

contract TypedProposalsTest is GovernanceTest {
    bytes32 private constant HASH = keccak256("text");

    function setUp() public override {
        super.setUp();
        beginPhase2();
    }

    function test_ItSaysWhatItKnows() public view {
        assertEq(typed.governor(), address(governor), "governor");
        assertEq(address(typed.hypermap()), address(hypermap), "namespace");
        assertEq(address(typed.phases()), address(phases), "phases");
        assertEq(typed.hypr(), address(hypr), "token");
        assertEq(typed.rootEntry(), ROOT, "root entry");
        assertEq(typed.governanceEntry(), gov, "governance entry");
    }

    function test_ZonesAreAnOrdinaryProposalOfWhoeverCalled() public {
        ITypedProposals.Zone[] memory zones = twoZones();
        IAuction auction = auctionFor(zones);
        uint256 id = proposeZones(zones, auction);
        assertEq(governor.proposalProposer(id), ALICE, "proposer");
        (address[] memory to, uint256[] memory wei_, bytes[] memory data, ) = governor.proposalDetails(id);
        assertEq(to.length, 2, "a call for each");
        for (uint256 i = 0; i < 2; i++) {
            assertEq(to[i], hypermap.tbaOf(ROOT), "to the account of the root");
            assertEq(wei_[i], 0, "no wei");
            assertEq(data[i], mintCall(address(auction), zones[i].label), "that mints to the auction");
        }
    }

    function test_ZonesAreAnnounced() public {
        ITypedProposals.Zone[] memory zones = twoZones();
        IAuction auction = auctionFor(zones);
        uint256 id = idOfNext(zones, auction);
        expectEvent();
        emit ITypedProposals.ZonesProposed(id, address(auction), lotOf(zones));
        assertEq(proposeZones(zones, auction), id, "id");
    }

    function test_AnyKindOfAuctionWillDo() public {
        ITypedProposals.Zone[] memory zones = oneZone("news");
        IAuction.Terms memory terms = termsFor(zones);
        carryOut(proposeZones(zones, new DutchAuction(terms, 1_000e18)));
        assertTrue(hypermap.tbaOf(hypermap.leaf(ROOT, "news")) != address(0), "minted");
    }

    function test_ThereAreOneTo32Zones() public {
        IAuction auction = auctionFor(oneZone("news"));
        expectError(abi.encodeWithSelector(ITypedProposals.ZonesOutOfRange.selector, 0, 32));
        proposeZones(new ITypedProposals.Zone[](0), auction);
        expectError(abi.encodeWithSelector(ITypedProposals.ZonesOutOfRange.selector, 33, 32));
        proposeZones(new ITypedProposals.Zone[](33), auction);
    }

    function test_AZoneNeedsALegalLabel() public {
        IAuction auction = auctionFor(oneZone("No"));
        expectError(abi.encodeWithSelector(IHypermap.InvalidLabelCharacter.selector));
        proposeZones(oneZone("No"), auction);
        auction = auctionFor(oneZone(""));
        expectError(abi.encodeWithSelector(IHypermap.LabelTooShort.selector));
        proposeZones(oneZone(""), auction);
    }

    function test_AZoneThatExistsIsRefused() public {
        IAuction auction = auctionFor(oneZone("os"));
        expectError(abi.encodeWithSelector(ITypedProposals.ZoneExists.selector, os));
        proposeZones(oneZone("os"), auction);
    }

    function test_TheLotMustBeTheZones() public {
        IAuction auction = auctionFor(twoZones());
        expectTerm("lot.length", 2, 1);
        proposeZones(oneZone("news"), auction);
        auction = auctionFor(oneZone("games"));
        bytes32 games = hypermap.leaf(ROOT, "games");
        bytes32 news = hypermap.leaf(ROOT, "news");
        expectError(abi.encodeWithSelector(ITypedProposals.LotDiffers.selector, 0, games, news));
        proposeZones(oneZone("news"), auction);
    }

    function test_TheAuctionMustBePaidInHypr() public {
        IAuction.Terms memory terms = termsFor(oneZone("news"));
        terms.token = IERC20(address(gHypr));
        expectTermOf(terms, "token", address(gHypr), address(hypr));
    }

    function test_TheAuctionMustGoByThePhases() public {
        IAuction.Terms memory terms = termsFor(oneZone("news"));
        terms.phases = IPhase(BOB);
        expectTermOf(terms, "phases", BOB, address(phases));
    }

    function test_UnsoldZonesMustReturnToTheTimelock() public {
        IAuction.Terms memory terms = termsFor(oneZone("news"));
        terms.returnTo = BOB;
        expectTermOf(terms, "returnTo", BOB, address(timelock));
    }

    function test_TheAuctionMustSellEntriesOfThisNamespace() public {
        IAuction.Terms memory terms = termsFor(oneZone("news"));
        terms.hypermap = IHypermap(BOB);
        expectTermOf(terms, "hypermap", BOB, address(hypermap));
    }

    function test_AnAuctionIsUsedOnce() public {
        IAuction auction = auctionFor(oneZone("news"));
        vm.prank(address(timelock));
        auction.cancel();
        expectTerm("state", uint256(IAuction.State.Unsold), 0);
        proposeZones(oneZone("news"), auction);
    }

    function test_TheTimelockMustOwnTheRoot() public {
        vm.prank(address(timelock));
        hypermap.transferFrom(address(timelock), BOB, uint256(ROOT));
        IAuction auction = auctionFor(oneZone("news"));
        expectError(abi.encodeWithSelector(ITypedProposals.EntryNotOwned.selector, ROOT, BOB, address(timelock)));
        proposeZones(oneZone("news"), auction);
    }

    function test_TheTimelockMustOwnTheGovernanceEntry() public {
        vm.prank(address(timelock));
        hypermap.transferFrom(address(timelock), BOB, uint256(gov));
        expectError(abi.encodeWithSelector(ITypedProposals.EntryNotOwned.selector, gov, BOB, address(timelock)));
        proposeHip(1, HASH);
    }

    function test_AHipIsAnOrdinaryProposalAndAnnounced() public {
        vm.recordLogs();
        uint256 id = proposeHip(12, HASH);
        (address[] memory to, , bytes[] memory data, ) = governor.proposalDetails(id);
        assertEq(governor.proposalProposer(id), ALICE, "proposer");
        assertEq(to.length, 1, "one call");
        assertEq(to[0], hypermap.tbaOf(gov), "to the account of the governance entry");
        bytes memory fact = abi.encodeCall(IHypermap.fact, ("!hip-12", abi.encode(HASH)));
        assertEq(data[0], executeCall(fact), "that inscribes the fact");
        bytes32[] memory topics = vm.getRecordedLogs()[1].topics;
        assertEq(topics[0], ITypedProposals.HipProposed.selector, "after ProposalCreated");
        assertEq(topics[1], bytes32(id), "its id");
        assertEq(topics[2], bytes32(uint256(12)), "its number");
    }

    function test_ASpecificationIsAnOrdinaryProposalAndAnnounced() public {
        vm.recordLogs();
        vm.prank(ALICE);
        uint256 id = typed.proposeSpecification(3, HASH, "Specification 3");
        (, , bytes[] memory data, ) = governor.proposalDetails(id);
        bytes memory fact = abi.encodeCall(IHypermap.fact, ("!specification-3", abi.encode(HASH)));
        assertEq(data[0], executeCall(fact), "that inscribes the fact");
        bytes32[] memory topics = vm.getRecordedLogs()[1].topics;
        assertEq(topics[0], ITypedProposals.SpecificationProposed.selector, "after ProposalCreated");
        assertEq(topics[1], bytes32(id), "its id");
        assertEq(topics[2], bytes32(uint256(3)), "its number");
    }

    function test_ADocumentNeedsNumberAndHash() public {
        expectError(abi.encodeWithSelector(ITypedProposals.DocumentIncomplete.selector, 0, HASH));
        proposeHip(0, HASH);
        expectError(abi.encodeWithSelector(ITypedProposals.DocumentIncomplete.selector, 1, bytes32(0)));
        proposeHip(1, 0);
    }

    function test_AnAdoptedNumberIsTaken() public {
        carryOut(proposeHip(1, HASH));
        bytes32 fact = hypermap.leaf(gov, "!hip-1");
        bytes memory data = abi.encode(HASH);
        expectError(abi.encodeWithSelector(ITypedProposals.AlreadyAdopted.selector, fact, data));
        proposeHip(1, keccak256("other"));
        vm.prank(ALICE);
        typed.proposeSpecification(1, HASH, "of its own kind it is free");
    }

    function test_ThePhaseCountsForWhoeverCalls() public {
        expectError(abi.encodeWithSelector(IHyperwareGovernor.ProposerNotAllowed.selector, BOB, 2));
        vm.prank(BOB);
        typed.proposeHip(1, HASH, "HIP 1");
    }

    function test_TheThresholdCountsForWhoeverCalls() public {
        beginPhase3();
        uint256 least = THRESHOLD * 100;
        expectError(abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, DAVE, 0, least));
        vm.prank(DAVE);
        typed.proposeHip(1, HASH, "HIP 1");
    }

    function test_WhoeverCalledCancels() public {
        uint256 id = proposeHip(1, HASH);
        vm.prank(ALICE);
        governor.cancel(id);
        assertState(id, IGovernor.ProposalState.Canceled, "cancelled");
    }

    function test_NobodyElsePassesOnAProposer() public {
        setCall(BOB, "");
        bytes memory call = abi.encodeCall(IGovernor.propose, (targets, values, calldatas, "Title"));
        vm.prank(BOB);
        (bool ok, bytes memory reason) = address(governor).call(abi.encodePacked(call, ALICE));
        assertTrue(!ok, "refused");
        assertEq(
            reason,
            abi.encodeWithSelector(IHyperwareGovernor.ProposerNotAllowed.selector, BOB, 2),
            "as a proposal of bob's"
        );
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function proposeZones(ITypedProposals.Zone[] memory zones, IAuction auction) private returns (uint256) {
        vm.prank(ALICE);
        return typed.proposeZones(zones, auction, "Sell");
    }

    function proposeHip(uint256 number, bytes32 hash) private returns (uint256) {
        vm.prank(ALICE);
        return typed.proposeHip(number, hash, "HIP");
    }

    function idOfNext(ITypedProposals.Zone[] memory zones, IAuction auction) private view returns (uint256) {
        address[] memory to = new address[](zones.length);
        bytes[] memory data = new bytes[](zones.length);
        for (uint256 i = 0; i < zones.length; i++) {
            to[i] = hypermap.tbaOf(ROOT);
            data[i] = mintCall(address(auction), zones[i].label);
        }
        bytes32 hash = keccak256(abi.encodePacked("Sell\n\n#proposer=", lowerHex(ALICE)));
        return governor.hashProposal(to, new uint256[](zones.length), data, hash);
    }

    function lowerHex(address account) private pure returns (bytes memory text) {
        bytes16 digits = "0123456789abcdef";
        text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; i++) text[i + 2] = digits[(uint160(account) >> (156 - 4 * i)) & 15];
    }

    function mintCall(address to, bytes memory label) private view returns (bytes memory) {
        return executeCall(abi.encodeCall(IHypermap.mint, (to, label, "", address(plain))));
    }

    function executeCall(bytes memory data) private view returns (bytes memory) {
        return abi.encodeCall(IERC6551Executable.execute, (address(hypermap), 0, data, 0));
    }

    function expectEvent() private {
        vm.expectEmit(true, true, true, true, address(typed));
    }

    function expectError(bytes memory reason) private {
        vm.expectRevert(reason);
    }

    function expectTerm(string memory term, uint256 actual, uint256 expected) private {
        expectError(abi.encodeWithSelector(ITypedProposals.AuctionTermDiffers.selector, term, actual, expected));
    }

    function expectTermOf(IAuction.Terms memory terms, string memory term, address actual, address expected) private {
        IAuction auction = new EnglishAuction(terms, 500, 15 minutes);
        expectTerm(term, uint160(actual), uint160(expected));
        proposeZones(oneZone("news"), auction);
    }
}
