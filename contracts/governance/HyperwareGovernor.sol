// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IGovernanceHypr} from "../token/IGovernanceHypr.sol";
import {ITokenRegistry} from "../token/ITokenRegistry.sol";
import {IHyperwareGovernor} from "./IHyperwareGovernor.sol";
import {IPhases} from "./IPhases.sol";
import {ITypedProposals} from "./ITypedProposals.sol";
import {OverridableCounting} from "./OverridableCounting.sol";
import {TypedProposals} from "./TypedProposals.sol";

/// @title Holders of locked HYPR decide. `IHyperwareGovernor` is its manual.
/// @notice
///
///     Pending --snapshot--> Active --deadline--> Succeeded --queue--> Queued --delay, execute--> Executed
///        |                     |                                        |
///        +--cancel, by its     +--> Defeated: no quorum, or no          +--> Canceled by the timelock's canceller
///           proposer--> Canceled    more votes for than against
contract HyperwareGovernor is
    GovernorSettings,
    GovernorStorage,
    OverridableCounting,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl,
    IHyperwareGovernor
{
    /// @notice What the Governor is told at construction.
    /// @param token gHYPR.
    /// @param timelock Acts for governance, and owns what governance owns.
    /// @param hypermap The namespace.
    /// @param phases Who may propose.
    /// @param rootEntry Entry under which zones are minted: zero for the whole namespace.
    /// @param governanceEntry Entry under which adopted documents are inscribed.
    /// @param votingDelay Blocks from a proposal to its snapshot.
    /// @param votingPeriod Blocks from the snapshot to the deadline, at least one.
    /// @param proposalThreshold A hundredth of the votes that a proposer needs.
    /// @param quorumNumerator Percentage of all votes that must be for or abstain, 0 to 100.
    struct Config {
        IGovernanceHypr token;
        TimelockController timelock;
        IHypermap hypermap;
        IPhases phases;
        bytes32 rootEntry;
        bytes32 governanceEntry;
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 proposalThreshold;
        uint256 quorumNumerator;
    }

    /// @dev The least multiplier of a lock: a threshold of 1 asks for the votes of about 1 base unit for four weeks.
    uint256 private constant LEAST_MULTIPLIER = 100;

    /// @inheritdoc IHyperwareGovernor
    IPhases public immutable phases;

    /// @inheritdoc IHyperwareGovernor
    ITypedProposals public immutable typedProposals;

    // ------------------------------------------------------------------------------------------------- constructor

    constructor(
        Config memory config
    )
        Governor("HyperwareGovernor")
        GovernorSettings(config.votingDelay, config.votingPeriod, config.proposalThreshold)
        OverridableCounting(config.token)
        GovernorVotesQuorumFraction(config.quorumNumerator)
        GovernorTimelockControl(config.timelock)
    {
        phases = config.phases;
        typedProposals = new TypedProposals(
            config.hypermap,
            config.phases,
            config.rootEntry,
            config.governanceEntry,
            ITokenRegistry(config.token.registry()).hypr()
        );
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Proposes calls that the timelock is to make, if the phase takes proposals of the caller.
    /// @dev Reverts with ProposerNotAllowed, GovernorRestrictedProposer, GovernorInsufficientProposerVotes,
    /// GovernorInvalidProposalLength or GovernorUnexpectedProposalState.
    /// @param description Text or Markdown, its first line the title. `#proposer=` and the caller's address are put at
    /// its end unless they are there; with another address it is refused.
    /// @return Id of the proposal, which its calls and its description with that ending hash to.
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) public override returns (uint256) {
        address proposer = _msgSender();
        if (!phases.mayPropose(proposer)) revert ProposerNotAllowed(proposer, phases.phase());
        return super.propose(targets, values, calldatas, _bindToProposer(proposer, description));
    }

    /// @inheritdoc IHyperwareGovernor
    function castVotesBySig(Ballot[] calldata ballots) external returns (uint256[] memory weights) {
        weights = new uint256[](ballots.length);
        for (uint256 i = 0; i < ballots.length; ++i) {
            Ballot calldata ballot = ballots[i];
            try this.castVoteBySig(ballot.proposalId, ballot.support, ballot.voter, ballot.signature) returns (
                uint256 weight
            ) {
                weights[i] = weight;
            } catch (bytes memory reason) {
                emit BallotSkipped(i, ballot.voter, ballot.proposalId, reason);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Votes that a proposer needs in the block before: the setting times 100.
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold() * LEAST_MULTIPLIER;
    }

    /// @notice Where a proposal stands; see the diagram.
    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    /// @notice Always true: everything waits in the timelock.
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @notice The block number.
    function clock() public view override(Governor, GovernorVotes, OverridableCounting) returns (uint48) {
        return super.clock();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev The description with its proposer at the end. A description that two accounts may use is bound to neither.
    function _bindToProposer(address proposer, string memory description) private view returns (string memory) {
        bool bound =
            !_isValidDescriptionForProposer(proposer, description) ||
                !_isValidDescriptionForProposer(address(0), description);
        if (bound) return description;
        return string.concat(description, "\n\n#proposer=", Strings.toHexString(proposer));
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override(Governor, GovernorStorage, OverridableCounting) returns (uint256) {
        return super._propose(targets, values, calldatas, description, proposer);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, OverridableCounting, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal override(Governor, OverridableCounting) returns (uint256) {
        return super._castVote(proposalId, account, support, reason, params);
    }

    /// @dev The proposer, when typed proposals pass one on: the last 20 bytes of the call.
    function _msgSender() internal view override returns (address) {
        if (msg.sender != address(typedProposals) || msg.sig != this.propose.selector) return msg.sender;
        return address(bytes20(msg.data[msg.data.length - 20:]));
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
