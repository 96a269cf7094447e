// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPhases} from "../../../contracts/governance/IPhases.sol";
import {Phases} from "../../../contracts/governance/Phases.sol";
import {Test} from "../support/Test.sol";

contract PhasesTest is Test {
    address private constant TIMELOCK = address(0x71e);
    address private constant STEWARD = address(0x57e3a2d);
    address private constant TREASURY = address(0x7ea5);
    address private constant LISTED = address(0x115);
    address private constant OTHER = address(0x07e2);

    Phases private phases;

    function setUp() public {
        phases = create();
    }

    function test_ItBeginsInPhase1() public view {
        assertEq(phases.phase(), 1, "phase");
        assertEq(phases.keeper(), STEWARD, "keeper");
        assertEq(phases.steward(), STEWARD, "steward");
        assertEq(phases.timelock(), TIMELOCK, "timelock");
        assertEq(phases.treasury(), TREASURY, "treasury");
        assertEq(phases.listLength(), 1, "length of the list");
        assertTrue(phases.isListed(LISTED), "listed");
        assertTrue(!phases.listRemoved(), "there is a list");
    }

    function test_ItsConstructionIsAnnounced() public {
        vm.recordLogs();
        create();
        assertEq(vm.getRecordedLogs().length, 3, "treasury, proposer, phase");
    }

    function test_NobodyProposesInPhase1() public view {
        assertTrue(!phases.mayPropose(LISTED), "not even who is listed");
    }

    function test_WhoIsListedProposesInPhase2() public {
        advance(STEWARD, 2);
        assertTrue(phases.mayPropose(LISTED), "listed");
        assertTrue(!phases.mayPropose(OTHER), "not listed");
    }

    function test_AllProposeInPhase3() public {
        advance(STEWARD, 2);
        advance(TIMELOCK, 3);
        assertTrue(phases.mayPropose(OTHER), "not listed");
    }

    function test_APhaseIsAnnounced() public {
        expectEvent();
        emit IPhases.PhaseBegan(2);
        advance(STEWARD, 2);
        assertEq(phases.keeper(), TIMELOCK, "the timelock is the keeper now");
    }

    function test_PhasesOnlyMoveForwardByOne() public {
        expectNotNext(1, 1);
        advance(STEWARD, 1);
        expectNotNext(3, 1);
        advance(STEWARD, 3);
        advance(STEWARD, 2);
        expectNotNext(2, 2);
        advance(TIMELOCK, 2);
        advance(TIMELOCK, 3);
        expectNotNext(4, 3);
        advance(TIMELOCK, 4);
        expectNotNext(2, 3);
        advance(TIMELOCK, 2);
    }

    function test_TheStewardHasNoPowerAfterPhase1() public {
        advance(STEWARD, 2);
        expectNotKeeper(STEWARD, TIMELOCK);
        advance(STEWARD, 3);
        expectNotKeeper(STEWARD, TIMELOCK);
        vm.prank(STEWARD);
        phases.setTreasury(STEWARD);
        expectNotKeeper(STEWARD, TIMELOCK);
        vm.prank(STEWARD);
        phases.addProposer(STEWARD);
        expectNotKeeper(STEWARD, TIMELOCK);
        vm.prank(STEWARD);
        phases.removeProposer(LISTED);
        expectNotKeeper(STEWARD, TIMELOCK);
        vm.prank(STEWARD);
        phases.removeProposerList();
    }

    function test_TheTimelockHasNoPowerInPhase1() public {
        expectNotKeeper(TIMELOCK, STEWARD);
        advance(TIMELOCK, 2);
    }

    function test_TheKeeperSetsTheTreasury() public {
        expectEvent();
        emit IPhases.TreasurySet(TREASURY, OTHER);
        vm.prank(STEWARD);
        phases.setTreasury(OTHER);
        assertEq(phases.treasury(), OTHER, "in phase 1");
        advance(STEWARD, 2);
        vm.prank(TIMELOCK);
        phases.setTreasury(TREASURY);
        assertEq(phases.treasury(), TREASURY, "in phase 2");
    }

    function test_TheTreasuryIsNeverZero() public {
        expectZero("treasury");
        vm.prank(STEWARD);
        phases.setTreasury(address(0));
    }

    function test_ProposersComeAndGo() public {
        expectEvent();
        emit IPhases.ProposerAdded(OTHER);
        vm.prank(STEWARD);
        phases.addProposer(OTHER);
        assertEq(phases.listLength(), 2, "two");
        advance(STEWARD, 2);
        expectEvent();
        emit IPhases.ProposerRemoved(LISTED);
        vm.prank(TIMELOCK);
        phases.removeProposer(LISTED);
        assertEq(phases.listLength(), 1, "one");
        assertTrue(!phases.mayPropose(LISTED), "removed");
        assertTrue(phases.mayPropose(OTHER), "added");
    }

    function test_AProposerIsListedOnce() public {
        vm.expectRevert(abi.encodeWithSelector(IPhases.AlreadyProposer.selector, LISTED));
        vm.prank(STEWARD);
        phases.addProposer(LISTED);
    }

    function test_TheZeroAddressIsNoProposer() public {
        expectZero("proposer");
        vm.prank(STEWARD);
        phases.addProposer(address(0));
    }

    function test_WhoIsNotListedCannotBeRemoved() public {
        vm.expectRevert(abi.encodeWithSelector(IPhases.NotOnList.selector, OTHER));
        vm.prank(STEWARD);
        phases.removeProposer(OTHER);
    }

    function test_TheLastProposerStays() public {
        vm.expectRevert(abi.encodeWithSelector(IPhases.LastProposer.selector, LISTED));
        vm.prank(STEWARD);
        phases.removeProposer(LISTED);
    }

    function test_RemovingTheListOpensProposingInPhase2() public {
        advance(STEWARD, 2);
        expectEvent();
        emit IPhases.ProposerListRemoved();
        vm.prank(TIMELOCK);
        phases.removeProposerList();
        assertTrue(phases.mayPropose(OTHER), "anybody");
        assertTrue(phases.listRemoved(), "removed");
        assertEq(phases.phase(), 2, "still phase 2");
    }

    function test_TheListIsRemovedOnceAndInPhase2() public {
        expectNoList(1);
        vm.prank(STEWARD);
        phases.removeProposerList();
        advance(STEWARD, 2);
        vm.prank(TIMELOCK);
        phases.removeProposerList();
        expectNoList(2);
        vm.prank(TIMELOCK);
        phases.removeProposerList();
        advance(TIMELOCK, 3);
        expectNoList(3);
        vm.prank(TIMELOCK);
        phases.removeProposerList();
    }

    function test_ItIsNotBuiltWithoutTheNecessary() public {
        address[] memory proposers = listOf(LISTED);
        expectZero("timelock");
        new Phases(address(0), STEWARD, TREASURY, proposers);
        expectZero("steward");
        new Phases(TIMELOCK, address(0), TREASURY, proposers);
        expectZero("treasury");
        new Phases(TIMELOCK, STEWARD, address(0), proposers);
        expectZero("proposer");
        new Phases(TIMELOCK, STEWARD, TREASURY, new address[](0));
        expectZero("proposer");
        new Phases(TIMELOCK, STEWARD, TREASURY, listOf(address(0)));
    }

    /// @dev Whoever asks for whatever: only the keeper, and only the next phase.
    function test_FuzzOnlyTheKeeperAdvancesAndOnlyByOne(uint8 steps, address caller, uint8 next) public {
        if (steps % 3 > 0) advance(STEWARD, 2);
        if (steps % 3 > 1) advance(TIMELOCK, 3);
        uint8 before = phases.phase();
        bool allowed = caller == phases.keeper() && before < 3 && next == before + 1;
        vm.prank(caller);
        try phases.advance(next) {
            assertTrue(allowed, "not to be allowed");
            assertEq(phases.phase(), before + 1, "one further");
        } catch {
            assertTrue(!allowed, "to be allowed");
            assertEq(phases.phase(), before, "as before");
        }
    }

    function create() private returns (Phases) {
        return new Phases(TIMELOCK, STEWARD, TREASURY, listOf(LISTED));
    }

    function listOf(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }

    function advance(address caller, uint8 next) private {
        vm.prank(caller);
        phases.advance(next);
    }

    function expectEvent() private {
        vm.expectEmit(true, true, true, true, address(phases));
    }

    function expectNotNext(uint8 given, uint8 present) private {
        vm.expectRevert(abi.encodeWithSelector(IPhases.NotNextPhase.selector, given, present));
    }

    function expectNotKeeper(address caller, address expected) private {
        vm.expectRevert(abi.encodeWithSelector(IPhases.NotKeeper.selector, caller, expected));
    }

    function expectZero(string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(IPhases.ZeroAddress.selector, what));
    }

    function expectNoList(uint8 phase) private {
        vm.expectRevert(abi.encodeWithSelector(IPhases.NoListToRemove.selector, phase));
    }
}
