// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {EnglishAuction} from "../../../../contracts/auctions/EnglishAuction.sol";
import {IAuction} from "../../../../contracts/auctions/IAuction.sol";
import {HyperwareGovernor} from "../../../../contracts/governance/HyperwareGovernor.sol";
import {IHyperwareGovernor} from "../../../../contracts/governance/IHyperwareGovernor.sol";
import {ITypedProposals} from "../../../../contracts/governance/ITypedProposals.sol";
import {IPhases} from "../../../../contracts/governance/IPhases.sol";
import {Phases} from "../../../../contracts/governance/Phases.sol";
import {Timelock} from "../../../../contracts/governance/Timelock.sol";
import {TokenTest} from "../../token/support/TokenTest.sol";

/// @dev Governance over a real Hypermap and real HYPR. The timelock owns root and `gov`; alice may propose in phase 2.
/// Alice and bob have locked 50 million each, carol 20 million.
abstract contract GovernanceTest is TokenTest {
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    uint48 internal constant VOTING_DELAY = 100;
    uint32 internal constant VOTING_PERIOD = 86_400;
    uint256 internal constant TIMELOCK_DELAY = 2 days;
    uint256 internal constant THRESHOLD = 1_000e18;
    address internal constant STEWARD = address(0x57e3a2d);
    address internal constant TREASURY = address(0x7ea5);
    uint256 internal constant DAVE_KEY = 0xda7e;
    address internal immutable DAVE = vm.addr(DAVE_KEY);

    Timelock internal timelock;
    Phases internal phases;
    HyperwareGovernor internal governor;
    ITypedProposals internal typed;
    bytes32 internal gov;

    /// @dev The calls of the proposal made last.
    address[] internal targets;
    uint256[] internal values;
    bytes[] internal calldatas;

    function setUp() public virtual override {
        super.setUp();
        gov = mintTlz("gov", address(plain), "");
        timelock = new Timelock(TIMELOCK_DELAY, new address[](0), new address[](0), address(this));
        address[] memory proposers = new address[](1);
        proposers[0] = ALICE;
        phases = new Phases(address(timelock), STEWARD, TREASURY, proposers);
        governor = deployGovernor(governorConfig());
        typed = governor.typedProposals();
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.grantRole(timelock.EXECUTOR_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        handToTimelock(ROOT);
        handToTimelock(gov);
        lock(ALICE, 50_000_000e18, MAX);
        lock(BOB, 50_000_000e18, MAX);
        lock(CAROL, 20_000_000e18, MAX);
        nextBlock();
    }

    /// @dev Compiled for speed here; the gas test runs what is deployed, which is compiled for size.
    function deployGovernor(HyperwareGovernor.Config memory config) internal virtual returns (HyperwareGovernor) {
        return new HyperwareGovernor(config);
    }

    function governorConfig() private view returns (HyperwareGovernor.Config memory) {
        return
            HyperwareGovernor.Config({
                token: gHypr,
                timelock: timelock,
                hypermap: hypermap,
                phases: phases,
                rootEntry: ROOT,
                governanceEntry: gov,
                votingDelay: VOTING_DELAY,
                votingPeriod: VOTING_PERIOD,
                proposalThreshold: THRESHOLD,
                quorumNumerator: 10
            });
    }

    function handToTimelock(bytes32 entry) private {
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, address(timelock), uint256(entry));
    }

    // --------------------------------------------------------------------------------------------------------- phases

    function beginPhase2() internal {
        vm.prank(STEWARD);
        phases.advance(2);
    }

    /// @dev As a vote does.
    function beginPhase3() internal {
        if (phases.phase() == 1) beginPhase2();
        vm.prank(address(timelock));
        phases.advance(3);
    }

    // ------------------------------------------------------------------------------------------------------ proposals

    /// @dev A proposal of one call; `proposalOf` is needed for its id.
    function setCall(address target, bytes memory data) internal {
        targets = [target];
        values = [uint256(0)];
        calldatas = [data];
    }

    function propose(address proposer, string memory description) internal returns (uint256) {
        vm.prank(proposer);
        return governor.propose(targets, values, calldatas, description);
    }

    /// @dev A proposal of alice's, with a call that does nothing, open for votes.
    function openProposal(string memory description) internal returns (uint256 id) {
        if (phases.phase() == 1) beginPhase2();
        setCall(BOB, "");
        id = propose(ALICE, description);
        passBlocks(VOTING_DELAY + 1);
    }

    function castVote(address voter, uint256 id, uint8 support) internal returns (uint256) {
        vm.prank(voter);
        return governor.castVote(id, support);
    }

    function passBlocks(uint256 blocks) internal {
        pass(blocks * BLOCK);
    }

    /// @dev Bob votes for it, and all that follows until it can be queued.
    function winVote(uint256 id) internal {
        passBlocks(VOTING_DELAY + 1);
        castVote(ALICE, id, FOR);
        castVote(BOB, id, FOR);
        passBlocks(VOTING_PERIOD);
    }

    /// @dev A proposal just made is voted for, waits, and is executed.
    function carryOut(uint256 id) internal {
        winVote(id);
        governor.queue(id);
        pass(TIMELOCK_DELAY);
        governor.execute(id);
    }

    /// @dev The call `data` to `target`, proposed by alice and carried out.
    function enact(address target, bytes memory data, string memory description) internal returns (uint256 id) {
        if (phases.phase() == 1) beginPhase2();
        setCall(target, data);
        id = propose(ALICE, description);
        carryOut(id);
    }

    function assertState(uint256 id, IGovernor.ProposalState expected, string memory what) internal view {
        assertEq(uint256(governor.state(id)), uint256(expected), what);
    }

    function assertVotes(uint256 id, uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) internal view {
        (uint256 a, uint256 f, uint256 n) = governor.proposalVotes(id);
        assertEq(a, againstVotes, "votes against");
        assertEq(f, forVotes, "votes for");
        assertEq(n, abstainVotes, "votes abstaining");
    }

    // ---------------------------------------------------------------------------------------------------------- zones

    function zone(bytes memory label) internal view returns (ITypedProposals.Zone memory) {
        return ITypedProposals.Zone(label, address(plain), "");
    }

    function oneZone(bytes memory label) internal view returns (ITypedProposals.Zone[] memory zones) {
        zones = new ITypedProposals.Zone[](1);
        zones[0] = zone(label);
    }

    /// @dev `games` and `news`, in the order of their namehashes.
    function twoZones() internal view returns (ITypedProposals.Zone[] memory zones) {
        zones = new ITypedProposals.Zone[](2);
        bool inOrder = hypermap.leaf(ROOT, "games") < hypermap.leaf(ROOT, "news");
        (zones[0], zones[1]) = inOrder ? (zone("games"), zone("news")) : (zone("news"), zone("games"));
    }

    function lotOf(ITypedProposals.Zone[] memory zones) internal view returns (bytes32[] memory lot) {
        lot = new bytes32[](zones.length);
        for (uint256 i = 0; i < zones.length; i++) lot[i] = hypermap.leaf(ROOT, zones[i].label);
    }

    function termsFor(ITypedProposals.Zone[] memory zones) internal view returns (IAuction.Terms memory) {
        return IAuction.Terms(hypermap, hypr, phases, address(timelock), lotOf(zones), 100e18, 7 days);
    }

    function auctionFor(ITypedProposals.Zone[] memory zones) internal returns (IAuction) {
        return new EnglishAuction(termsFor(zones), 500, 15 minutes);
    }
}
