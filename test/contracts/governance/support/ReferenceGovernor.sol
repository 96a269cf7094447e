// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingOverridable} from "@openzeppelin/contracts/governance/extensions/GovernorCountingOverridable.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @dev OpenZeppelin's Governor with the counting that ours offers, to compare the gas of votes with.
contract OverridableReference is GovernorSettings, GovernorCountingOverridable, GovernorVotesQuorumFraction {
    constructor(
        IVotes token,
        uint48 delay,
        uint32 period
    )
        Governor("OverridableReference")
        GovernorSettings(delay, period, 0)
        GovernorVotes(token)
        GovernorVotesQuorumFraction(4)
    {}

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }
}

/// @dev As the live deployment counts.
contract SimpleReference is GovernorSettings, GovernorCountingSimple, GovernorVotesQuorumFraction {
    constructor(
        IVotes token,
        uint48 delay,
        uint32 period
    )
        Governor("SimpleReference")
        GovernorSettings(delay, period, 0)
        GovernorVotes(token)
        GovernorVotesQuorumFraction(4)
    {}

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }
}
