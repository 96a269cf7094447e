// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IGovernanceHypr} from "../../../contracts/token/IGovernanceHypr.sol";
import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {VotingCurve} from "../../../contracts/token/libraries/VotingCurve.sol";
import {Vm} from "../support/Vm.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract GovernanceHyprTest is TokenTest {
    bytes32 private constant DELEGATION = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");

    function test_AFirstLockVotesByItself() public {
        uint256 value = VotingCurve.valueOf(100e18);
        expectFromGHypr();
        emit IERC20.Transfer(address(0), ALICE, 100e18);
        expectFromGHypr();
        emit IVotes.DelegateChanged(ALICE, address(0), ALICE);
        expectFromGHypr();
        emit IVotes.DelegateVotesChanged(ALICE, 0, value);
        lock(ALICE, 100e18, MAX);
        assertEq(gHypr.delegates(ALICE), ALICE, "its own delegate");
        assertEq(gHypr.getVotes(ALICE), value * 2600, "votes");
        assertEq(registry.getMultiplier(ALICE, height()), 2600, "multiplier");
        assertEq(registry.getUserUnlockStamp(ALICE), time() + MAX, "own end");
        assertEq(registry.getUserOrDelegatedUnlockStamp(ALICE), time() + MAX, "end of what it votes with");
    }

    function test_BalanceAndSupplyAreWhatIsLocked() public {
        lock(ALICE, 100e18, MAX);
        lock(BOB, 50e18, MIN);
        assertEq(gHypr.balanceOf(ALICE), 100e18, "balance");
        assertEq(gHypr.totalSupply(), 150e18, "supply");
        assertEq(gHypr.decimals(), 18, "decimals");
        assertEq(bytes(gHypr.symbol()), "gHYPR", "symbol");
        assertEq(bytes(gHypr.name()), "Governance HYPR", "name");
        assertEq(gHypr.registry(), address(registry), "registry");
    }

    function test_WithdrawingBurnsGHypr() public {
        lock(ALICE, 100e18, MIN);
        pass(MIN);
        expectFromGHypr();
        emit IERC20.Transfer(ALICE, address(0), 100e18);
        withdraw(ALICE);
        assertEq(gHypr.balanceOf(ALICE), 0, "balance");
        assertEq(gHypr.totalSupply(), 0, "supply");
    }

    function test_ItCannotBeTransferredOrApproved() public {
        vm.expectRevert(IGovernanceHypr.NotTransferable.selector);
        gHypr.transfer(BOB, 0);
        vm.expectRevert(IGovernanceHypr.NotTransferable.selector);
        gHypr.transferFrom(ALICE, BOB, 0);
        vm.expectRevert(IGovernanceHypr.NotTransferable.selector);
        gHypr.approve(BOB, 0);
        assertEq(gHypr.allowance(ALICE, BOB), 0, "allowance");
    }

    function test_TheClockIsTheBlockNumber() public view {
        assertEq(gHypr.clock(), height(), "clock");
        assertEq(bytes(gHypr.CLOCK_MODE()), "mode=blocknumber&from=default", "mode");
    }

    function test_VotesOfThisBlockAreNotFinal() public {
        bytes memory expected = abi.encodeWithSelector(
            IGovernanceHypr.ERC5805FutureLookup.selector,
            height(),
            uint48(height())
        );
        vm.expectRevert(expected);
        gHypr.getPastVotes(ALICE, height());
        vm.expectRevert(expected);
        gHypr.getPastTotalSupply(height());
        vm.expectRevert(abi.encodeWithSelector(ITokenRegistry.InvalidParam.selector, height() + 1));
        registry.getMultiplier(ALICE, height() + 1);
    }

    function test_AddressZeroHasNoVotes() public {
        lock(ALICE, 100e18, MAX);
        uint256 locked = height();
        nextBlock();
        assertEq(gHypr.getVotes(address(0)), 0, "now");
        assertEq(gHypr.getPastVotes(address(0), locked), 0, "in the past");
        assertTrue(registry.votesAt(address(0), locked) > 0, "to the registry it stands for all");
    }

    function test_DelegatingMovesTheVotes() public {
        lock(ALICE, 100e18, 52 weeks);
        uint256 own = gHypr.getVotes(ALICE);
        uint256 value = VotingCurve.valueOf(100e18);
        expectFromGHypr();
        emit IVotes.DelegateChanged(ALICE, ALICE, BOB);
        expectFromGHypr();
        emit IVotes.DelegateVotesChanged(ALICE, value, 0);
        expectFromGHypr();
        emit IVotes.DelegateVotesChanged(BOB, 0, inMillionths(value));
        delegate(ALICE, BOB);
        assertEq(gHypr.delegates(ALICE), BOB, "delegate");
        assertEq(gHypr.getVotes(ALICE), 0, "the delegator");
        assertEq(registry.getMultiplier(ALICE, height()), 0, "no value, no multiplier");
        uint256 got = gHypr.getVotes(BOB);
        assertTrue(got <= own && got > own - value * 26, "the delegate, a week less at most");
    }

    function test_DelegatesChangeWithTheLock() public {
        delegate(ALICE, BOB);
        lock(ALICE, 100e18, 52 weeks);
        assertEq(registry.valueOf(ALICE), 0, "the delegator");
        assertEq(registry.valueOf(BOB), inMillionths(VotingCurve.valueOf(100e18)), "after the first lock");
        lock(ALICE, 100e18, 52 weeks);
        assertEq(registry.valueOf(BOB), inMillionths(VotingCurve.valueOf(200e18)), "after adding");
        lock(ALICE, 0, 104 weeks);
        assertTrue(registry.getMultiplier(BOB, height()) > 1900, "after extending");
        pass(104 weeks);
        withdraw(ALICE);
        assertEq(registry.valueOf(BOB), 0, "after withdrawing");
    }

    function test_DelegatingOnAndBack() public {
        lock(ALICE, 100e18, 52 weeks);
        uint256 own = gHypr.getVotes(ALICE);
        delegate(ALICE, BOB);
        uint256 delegated = gHypr.getVotes(BOB);
        delegate(ALICE, CAROL);
        assertEq(gHypr.getVotes(BOB), 0, "the former delegate");
        assertEq(gHypr.getVotes(CAROL), delegated, "the next delegate");
        delegate(ALICE, address(0));
        assertEq(gHypr.getVotes(CAROL), 0, "the last delegate");
        assertEq(gHypr.getVotes(ALICE), own, "its own again");
        assertEq(gHypr.delegates(ALICE), ALICE, "its own delegate");
    }

    function test_VotesDelegatedAreNotDelegatedOn() public {
        lock(ALICE, 100e18, 52 weeks);
        lock(BOB, 100e18, 52 weeks);
        delegate(ALICE, BOB);
        uint256 received = gHypr.getVotes(BOB) - VotingCurve.valueOf(100e18) * 1138;
        delegate(BOB, CAROL);
        assertEq(gHypr.getVotes(BOB), received, "what alice delegated stays");
    }

    /// @dev A mean of ends, weighted by amount, would lend the long lock's multiplier to the short one.
    function test_AShortLockGainsNothingFromALongOne() public {
        lock(BOB, 1_000_000e18, MAX);
        lock(ALICE, 1_000_000e18, MIN);
        uint256 apart = gHypr.getVotes(ALICE) + gHypr.getVotes(BOB);
        delegate(ALICE, BOB);
        assertTrue(gHypr.getVotes(BOB) <= apart, "no votes are made");
        pass(MIN);
        uint256 alone = VotingCurve.valueOf(1_000_000e18) * VotingCurve.multiplierOf(MAX - MIN);
        assertEq(gHypr.getVotes(BOB), alone, "and none stay, or are lost, when the short one ends");
    }

    function test_TheStampOfADelegateIsTheMeanOfItsLocks() public {
        lock(ALICE, 100e18, 100 weeks);
        lock(BOB, 100e18, 52 weeks);
        delegate(ALICE, BOB);
        uint256 mean = registry.getUserOrDelegatedUnlockStamp(BOB);
        uint256 expected = time() + 76 weeks;
        assertTrue(mean <= expected && mean > expected - 1 weeks, "the mean, a week less at most");
        assertEq(registry.getUserUnlockStamp(BOB), time() + 52 weeks, "own lock");
        assertEq(registry.getUserOrDelegatedUnlockStamp(ALICE), 0, "votes with nothing");
    }

    function test_SignaturesDelegate() public {
        lock(ALICE, 100e18, 52 weeks);
        (uint8 v, bytes32 r, bytes32 s) = signDelegation(BOB, 0, time());
        gHypr.delegateBySig(BOB, 0, time(), v, r, s);
        assertEq(gHypr.delegates(ALICE), BOB, "delegate");
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, ALICE, 1));
        gHypr.delegateBySig(BOB, 0, time(), v, r, s);
    }

    function test_SignaturesExpire() public {
        uint256 expiry = time();
        (uint8 v, bytes32 r, bytes32 s) = signDelegation(BOB, 0, expiry);
        pass(BLOCK);
        vm.expectRevert(abi.encodeWithSelector(IVotes.VotesExpiredSignature.selector, expiry));
        gHypr.delegateBySig(BOB, 0, expiry, v, r, s);
    }

    function test_AFirstLockIsNotSaidToVoteForItselfWhenItDoesNot() public {
        delegate(ALICE, BOB);
        vm.recordLogs();
        vm.prank(address(registry));
        gHypr.lockChanged(ALICE, 0, 100e18, 0, 100e18, true);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2, "two events");
        assertEq(logs[0].topics[0], IERC20.Transfer.selector, "the lock");
        assertEq(logs[1].topics[0], IVotes.DelegateVotesChanged.selector, "votes");
        assertEq(logs[1].topics[1], bytes32(uint256(uint160(BOB))), "of the delegate");
    }

    function test_OnlyTheRegistryReportsLocks() public {
        vm.expectRevert(abi.encodeWithSelector(IGovernanceHypr.OnlyRegistryCanCall.selector, ALICE, address(registry)));
        vm.prank(ALICE);
        gHypr.lockChanged(ALICE, 0, 1, 0, 1, true);
    }

    function test_OnlyTheGovernanceTokenMovesVotes() public {
        vm.expectRevert(ITokenRegistry.OnlyGovernanceTokenCanCall.selector);
        vm.prank(ALICE);
        registry.updateDelegationMultipliers(time() + MAX, 1e18, address(0), 0, ALICE, 0);
        vm.expectRevert(ITokenRegistry.OnlyGovernanceTokenCanCall.selector);
        vm.prank(ALICE);
        registry.setDelegated(BOB, true);
    }

    function signDelegation(
        address to,
        uint256 nonce,
        uint256 expiry
    ) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Governance HYPR"),
                keccak256("1"),
                block.chainid,
                address(gHypr)
            )
        );
        bytes32 message = keccak256(abi.encode(DELEGATION, to, nonce, expiry));
        return vm.sign(ALICE_KEY, keccak256(abi.encodePacked(hex"1901", domain, message)));
    }

    function inMillionths(uint256 value) private pure returns (uint256) {
        return value - (value % 1e12);
    }

    function expectFromGHypr() private {
        vm.expectEmit(true, true, true, true, address(gHypr));
    }
}
