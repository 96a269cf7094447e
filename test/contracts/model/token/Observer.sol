// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Hypr} from "../../../../contracts/token/Hypr.sol";
import {GovernanceHypr} from "../../../../contracts/token/GovernanceHypr.sol";
import {TokenRegistry} from "../../../../contracts/token/TokenRegistry.sol";

/// @title Reads at once all that an account has: HYPR, lock, registrations and votes, now and at a past block.
contract Observer {
    Hypr private immutable HYPR;
    TokenRegistry private immutable REGISTRY;
    GovernanceHypr private immutable G_HYPR;

    constructor(Hypr hypr, TokenRegistry registry) {
        HYPR = hypr;
        REGISTRY = registry;
        G_HYPR = GovernanceHypr(registry.gHypr());
    }

    /// @param past A block before this one, or zero to read no past.
    /// @param votes Whether to read votes of now, which costs most.
    function look(
        address account,
        bytes32 entry,
        uint256 past,
        bool votes
    ) external view returns (uint256[36] memory seen) {
        _lookAtHypr(seen, account);
        _lookAtLock(seen, account);
        _lookAtEntry(seen, account, entry);
        if (votes) _lookAtVotes(seen, account);
        if (past != 0) _lookBack(seen, account, past);
    }

    function _lookAtHypr(uint256[36] memory seen, address account) private view {
        seen[0] = HYPR.balanceOf(account);
        seen[1] = HYPR.allowance(account, address(REGISTRY));
        seen[2] = HYPR.totalSupply();
        seen[3] = HYPR.nonces(account);
        seen[4] = G_HYPR.balanceOf(account);
        seen[5] = G_HYPR.totalSupply();
    }

    function _lookAtLock(uint256[36] memory seen, address account) private view {
        (seen[6], seen[7], seen[8]) = REGISTRY.getLockDetails(account);
        seen[9] = REGISTRY.isLockExpired(account) ? 1 : 0;
        seen[10] = REGISTRY.getUserUnlockStamp(account);
        seen[11] = uint160(G_HYPR.delegates(account));
        seen[12] = G_HYPR.nonces(account);
    }

    function _lookAtEntry(uint256[36] memory seen, address account, bytes32 entry) private view {
        (seen[13], seen[14], seen[15]) = REGISTRY.getRegistrationDetails(entry, account);
        (seen[16], seen[17], seen[18]) = REGISTRY.getRegistrationDetails(0, account);
        seen[19] = REGISTRY.weightOf(entry);
        bytes32[] memory binds = REGISTRY.getUserBinds(account);
        (seen[20], seen[21]) = (binds.length, uint256(keccak256(abi.encodePacked(binds))));
    }

    function _lookAtVotes(uint256[36] memory seen, address account) private view {
        seen[22] = G_HYPR.getVotes(account);
        seen[23] = REGISTRY.votesAt(address(0), block.number);
        seen[24] = REGISTRY.valueOf(account);
        seen[25] = REGISTRY.valueOf(address(0));
        seen[26] = REGISTRY.getUserOrDelegatedUnlockStamp(account);
        seen[27] = REGISTRY.getUserOrDelegatedUnlockStamp(address(0));
        seen[28] = REGISTRY.getMultiplier(account, block.number);
    }

    function _lookBack(uint256[36] memory seen, address account, uint256 past) private view {
        seen[29] = REGISTRY.timeOf(past);
        seen[30] = G_HYPR.getPastVotes(account, past);
        seen[31] = G_HYPR.getPastTotalSupply(past);
        (address delegatee, uint256 votes) = G_HYPR.pastDelegation(account, past);
        (seen[32], seen[33]) = (uint160(delegatee), votes);
        seen[34] = REGISTRY.votesAtTime(delegatee, past, seen[29]);
        seen[35] = REGISTRY.getMultiplier(delegatee, past);
    }
}
