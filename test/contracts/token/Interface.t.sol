// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ITokenRegistry} from "../../../contracts/token/ITokenRegistry.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Test} from "../support/Test.sol";

/// @dev The numbers that live clients were compiled with.
contract TokenRegistryInterfaceTest is Test {
    function test_FunctionsHaveThePublishedSelectors() public pure {
        assertSelector(ITokenRegistry.initialize.selector, 0x485cc955, "initialize");
        assertSelector(ITokenRegistry.manageLock.selector, 0xf49504ef, "manageLock");
        assertSelector(ITokenRegistry.withdraw.selector, 0x3ccfd60b, "withdraw");
        assertSelector(ITokenRegistry.transferRegistration.selector, 0x7a7b2c91, "transferRegistration");
        assertSelector(ITokenRegistry.getLockDetails.selector, 0x15056b54, "getLockDetails");
        assertSelector(ITokenRegistry.getRegistrationDetails.selector, 0xf5f39d05, "getRegistrationDetails");
        assertSelector(ITokenRegistry.getUserBinds.selector, 0x80a1d25b, "getUserBinds");
        assertSelector(ITokenRegistry.isLockExpired.selector, 0xb9d50832, "isLockExpired");
        assertSelector(ITokenRegistry.calculateVotingPower.selector, 0xef9889ee, "calculateVotingPower");
        assertSelector(ITokenRegistry.getMultiplier.selector, 0x938c8028, "getMultiplier");
        assertSelector(ITokenRegistry.getUserUnlockStamp.selector, 0x61b37835, "getUserUnlockStamp");
        assertSelector(ITokenRegistry.getUserOrDelegatedUnlockStamp.selector, 0xbeeacf10, "delegated stamp");
        assertSelector(ITokenRegistry.calculateWeightedUnlockStamp.selector, 0x6bd5f2a8, "weighted stamp");
        assertSelector(ITokenRegistry.calculateNewLockDuration.selector, 0xff105d07, "calculateNewLockDuration");
        assertSelector(ITokenRegistry.updateDelegationMultipliers.selector, 0x898565be, "updateDelegationMultipliers");
        assertSelector(ITokenRegistry.hypr.selector, 0xb69359e8, "hypr");
        assertSelector(IVotes.getPastVotes.selector, 0x3a46b1a8, "getPastVotes");
    }

    function test_EventsHaveThePublishedTopics() public pure {
        assertEq(
            ITokenRegistry.TokensLocked.selector,
            0xa2e3c0f7de988ae3bbc6bbd90484543ee1f08d1534bb75c6cf1337a7da7d9c51,
            "TokensLocked"
        );
        assertEq(
            ITokenRegistry.LockExtended.selector,
            0x2880f4fc08dec6bc3c61687b882e88598cb950c1dbff72d4a2d20223174215b4,
            "LockExtended"
        );
        assertEq(
            ITokenRegistry.TokensWithdrawn.selector,
            0xb3ad69dc1d2c6b1f5f5b0927ffd8ee8f1437a156253c8f6dccc75e6f8e4fd38b,
            "TokensWithdrawn"
        );
        assertEq(
            ITokenRegistry.BindCreated.selector,
            0xa5a3682a4c4073558f931edb4e3306322b1fdd730f8afde1d1aa1d33e7548b09,
            "BindCreated"
        );
        assertEq(
            ITokenRegistry.BindAmountIncreased.selector,
            0xa750db0b58beef0196943388c19427534badca35d48ebdb1fe02c1ff62b2d4e5,
            "BindAmountIncreased"
        );
        assertEq(
            ITokenRegistry.BindDurationExtended.selector,
            0x75f6ba47e64f02fe08789bb9fefbd86bece53c75c7c5b615a8efe613e5a82041,
            "BindDurationExtended"
        );
        assertEq(
            ITokenRegistry.TokensBound.selector,
            0xe09f99fea691db2cb5ecd0d097386f7e92de13b054ef3d9cd901c7e90d8ad9cd,
            "TokensBound"
        );
        assertEq(
            ITokenRegistry.ExpiredBindReclaimed.selector,
            0x56c5e9db3e3a43822f1f52458f6e1a9f607fb51f7a753329d67c9e8500ff1862,
            "ExpiredBindReclaimed"
        );
        assertEq(
            ITokenRegistry.Initialized.selector,
            0x3cd5ec01b1ae7cfec6ca1863e2cd6aa25d6d1702825803ff2b7cc95010fffdc2,
            "Initialized"
        );
        assertEq(
            ITokenRegistry.GHyprSet.selector,
            0xc6c487af6f2d390d1fc8c6998de2ed1b702ab3c43577ee8eb51e09f59f5c7b5a,
            "GHyprSet"
        );
    }

    function test_ErrorsHaveThePublishedSelectors() public pure {
        assertSelector(ITokenRegistry.InvalidAdmin.selector, 0xb5eba9f0, "InvalidAdmin");
        assertSelector(ITokenRegistry.InvalidAmount.selector, 0x46f4384b, "InvalidAmount");
        assertSelector(ITokenRegistry.InvalidDuration.selector, 0x81bd3844, "InvalidDuration");
        assertSelector(ITokenRegistry.NoLockExists.selector, 0x3fe8d461, "NoLockExists");
        assertSelector(ITokenRegistry.LockExpired.selector, 0xcc6934c2, "LockExpired");
        assertSelector(ITokenRegistry.LockNotExpired.selector, 0xd36971e3, "LockNotExpired");
        assertSelector(ITokenRegistry.InvalidParam.selector, 0x84cceda4, "InvalidParam");
        assertSelector(ITokenRegistry.UnsupportedToken.selector, 0xbf16aab6, "UnsupportedToken");
        assertSelector(ITokenRegistry.ZeroAmount.selector, 0x1f2a2005, "ZeroAmount");
        assertSelector(ITokenRegistry.SourceNotExpired.selector, 0x71c2b463, "SourceNotExpired");
        assertSelector(ITokenRegistry.ZeroDurationForNewBind.selector, 0x69830141, "ZeroDurationForNewBind");
        assertSelector(ITokenRegistry.ZeroAmountForNewBind.selector, 0x32d47b84, "ZeroAmountForNewBind");
        assertSelector(ITokenRegistry.DefaultDestinationInvalidParams.selector, 0x52d5f228, "default destination");
        assertSelector(ITokenRegistry.InsufficientLockAmount.selector, 0xe4174dc1, "InsufficientLockAmount");
        assertSelector(ITokenRegistry.OnlyGovernanceTokenCanCall.selector, 0xde033fe7, "OnlyGovernanceToken");
        assertSelector(ITokenRegistry.GHyprAlreadySet.selector, 0x2230d375, "GHyprAlreadySet");
    }

    function assertSelector(bytes4 actual, bytes4 expected, string memory what) private pure {
        assertEq(bytes32(actual), bytes32(expected), what);
    }
}
