// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ExpiringSum} from "../../../contracts/token/libraries/ExpiringSum.sol";
import {Test} from "../support/Test.sol";

contract ExpiringSumTest is Test {
    using ExpiringSum for ExpiringSum.Sum;

    uint256 private constant START = 1_800_000_000;
    uint256 private constant HORIZON = 4 * 52 weeks;

    ExpiringSum.Sum private sum;

    /// @dev What the sum should hold, kept naively.
    uint256[] private ends;
    uint256[] private amounts;

    function test_NothingIsActiveInAnEmptySum() public view {
        assertEq(sum.activeAt(START), 0, "empty");
    }

    function test_AnAmountIsActiveUntilItsVerySecond() public {
        sum.add(START + 100, 7);
        assertEq(sum.activeAt(START + 99), 7, "a second before");
        assertEq(sum.activeAt(START + 100), 0, "at its end");
        assertEq(sum.activeAt(START + 40 * 52 weeks), 0, "decades later");
    }

    function test_EndsOneSecondApartAreToldApart() public {
        sum.add(START + 100, 1);
        sum.add(START + 101, 2);
        sum.add(START + 100, 4);
        assertEq(sum.activeAt(START + 99), 7, "all three");
        assertEq(sum.activeAt(START + 100), 2, "the later one");
        assertEq(sum.activeAt(START + 101), 0, "none");
    }

    function test_RemovingAllLeavesRoomForOthersInTheSamePlace() public {
        sum.add(START + 100, 1);
        sum.add(START + 101, 2);
        sum.remove(START + 100, 1);
        sum.remove(START + 101, 2);
        sum.add(START + 102, 4);
        sum.add(START + 103, 8);
        assertEq(sum.activeAt(START + 101), 12, "both");
        assertEq(sum.activeAt(START + 102), 8, "the later one");
    }

    /// @dev Ends that part from others above where those part from each other, and below.
    function test_EndsPartAtAnyLevel() public {
        uint256[6] memory ahead = [uint256(1 << 20), (1 << 20) + 1, (1 << 20) + 64, 1 << 24, 5, 1 << 26];
        for (uint256 i = 0; i < ahead.length; i++) {
            sum.add(START + ahead[i], 1);
            ends.push(START + ahead[i]);
            amounts.push(1);
        }
        for (uint256 i = 0; i < ahead.length; i++) {
            for (uint256 time = ends[i] - 2; time <= ends[i] + 1; time++) {
                assertEq(sum.activeAt(time), _naive(time), "around an end");
            }
        }
    }

    function test_RemovingMoreThanThereIsReverts() public {
        sum.add(START + 100, 1);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        this.remove(START + 100, 2);
    }

    function remove(uint256 end, uint256 amount) external {
        sum.remove(end, amount);
    }

    /// @dev Adds and removes as time goes on, in small and large steps, and compares with adding up one by one.
    function testFuzz_IsTheSumOfWhatIsActive(uint256 seed) public {
        uint256 time = START;
        for (uint256 i = 0; i < 40; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            time += seed % 5 == 0 ? (seed >> 16) % 26 weeks : (seed >> 16) % 50;
            if (seed % 3 == 0 && ends.length > 0) _removeOne(seed >> 64);
            else _addOne(time, seed >> 64);
            assertEq(sum.activeAt(time), _naive(time), "now");
            uint256 later = time + ((seed >> 128) % HORIZON);
            if (later - time < 1 weeks) assertEq(sum.activeAt(later), _naive(later), "later");
        }
    }

    function _addOne(uint256 time, uint256 seed) private {
        bool near = seed % 2 == 0 && ends.length > 0;
        uint256 end = near ? ends[seed % ends.length] + (seed % 3) : time + 1 + ((seed >> 32) % HORIZON);
        if (end <= time || end > time + HORIZON) end = time + 1;
        uint256 amount = 1 + ((seed >> 64) % 1e24);
        sum.add(end, amount);
        ends.push(end);
        amounts.push(amount);
    }

    function _removeOne(uint256 seed) private {
        uint256 index = seed % ends.length;
        sum.remove(ends[index], amounts[index]);
        (ends[index], amounts[index]) = (ends[ends.length - 1], amounts[ends.length - 1]);
        ends.pop();
        amounts.pop();
    }

    function _naive(uint256 time) private view returns (uint256 total) {
        for (uint256 i = 0; i < ends.length; i++) if (ends[i] > time) total += amounts[i];
    }
}
