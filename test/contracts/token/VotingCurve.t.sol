// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract VotingCurveTest is TokenTest {
    function test_TheMultiplierHasThePublishedValues() public pure {
        uint256[2][8] memory cases = [
            [uint256(4), 100],
            [uint256(8), 197],
            [uint256(13), 315],
            [uint256(26), 610],
            [uint256(52), 1138],
            [uint256(104), 1950],
            [uint256(156), 2438],
            [uint256(208), 2600]
        ];
        for (uint256 i = 0; i < cases.length; i++) {
            assertEq(VotingCurve.multiplierOf(cases[i][0] * 1 weeks), cases[i][1], "multiplier");
        }
    }

    /// @dev Ballots of the first onchain vote: HYPR, multiplier, weight.
    function test_TheBallotsOfTheFirstVoteAreExact() public pure {
        uint256[3][4] memory ballots = [
            [uint256(387_881e18), 2599, 1007907207054625780500000000],
            [uint256(641_900e18), 2600, 1668404353707000000000000000],
            [uint256(4_500e18), 100, 449998987500000000000000],
            [uint256(9_000e18), 350, 3149985825000000000000000]
        ];
        for (uint256 i = 0; i < ballots.length; i++) {
            assertEq(VotingCurve.valueOf(ballots[i][0]) * ballots[i][1], ballots[i][2], "weight of a ballot");
        }
    }

    /// @dev The same ballots, from locks as long as their multipliers say, read as a Governor reads them.
    function test_LocksGiveTheBallotsOfTheFirstVote() public {
        uint256[3][4] memory ballots = [
            [uint256(387_881e18), durationOf(2599), 1007907207054625780500000000],
            [uint256(641_900e18), MAX, 1668404353707000000000000000],
            [uint256(4_500e18), MIN, 449998987500000000000000],
            [uint256(9_000e18), durationOf(350), 3149985825000000000000000]
        ];
        for (uint256 i = 0; i < ballots.length; i++) {
            address voter = address(uint160(0x1000 + i));
            fund(voter);
            lock(voter, ballots[i][0], ballots[i][1]);
            uint256 snapshot = height();
            assertEq(gHypr.getVotes(voter), ballots[i][2], "votes now");
            pass(2 days);
            assertEq(gHypr.getPastVotes(voter, snapshot), ballots[i][2], "votes at the snapshot");
        }
    }

    function test_NoTimeOrNoAmountIsNoPower() public view {
        assertEq(registry.calculateVotingPower(0, MAX), 0, "no amount");
        assertEq(registry.calculateVotingPower(1e18, 0), 0, "no time");
    }

    function test_LessThanFourWeeksCountAsFourWeeks() public view {
        assertEq(registry.calculateVotingPower(4_500e18, 1), 449998987500000000000000, "one second");
    }

    function test_MoreThanTheMaximumCountsAsTheMaximum() public view {
        assertEq(
            registry.calculateVotingPower(1e18, type(uint256).max),
            registry.calculateVotingPower(1e18, MAX),
            "for ever"
        );
    }

    function test_TheWholeSupplyCountsHalf() public view {
        assertEq(registry.calculateVotingPower(SUPPLY, MAX), (SUPPLY / 2) * 2600, "the supply");
    }

    function test_MoreThanTheSupplyIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidAmount.selector, SUPPLY + 1, 0, SUPPLY));
        registry.calculateVotingPower(SUPPLY + 1, MAX);
    }

    function testFuzz_MoreIsNeverWorthLess(uint256 less, uint256 more, uint256 sooner, uint256 later) public pure {
        (less, more) = sorted(less % (SUPPLY + 1), more % (SUPPLY + 1));
        (sooner, later) = sorted(sooner % (MAX + 1), later % (MAX + 1));
        assertTrue(VotingCurve.valueOf(less) <= VotingCurve.valueOf(more), "value grows with the amount");
        // The two floors of the multiplier may step down by one.
        assertTrue(
            VotingCurve.multiplierOf(sooner) <= VotingCurve.multiplierOf(later) + 1,
            "multiplier grows with the time"
        );
    }

    function sorted(uint256 a, uint256 b) private pure returns (uint256, uint256) {
        return a < b ? (a, b) : (b, a);
    }

    /// @dev A duration with that multiplier, to the hour.
    function durationOf(uint256 multiplier) private pure returns (uint256 duration) {
        for (duration = MIN; VotingCurve.multiplierOf(duration) != multiplier; duration += 1 hours) {}
    }
}
