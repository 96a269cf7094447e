// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IPhases} from "./IPhases.sol";
import {ITypedProposals} from "./ITypedProposals.sol";

/// @title What the Hyperware Governor adds to OpenZeppelin's: three kinds of proposal, ballots in batches, phases.
/// @notice Its vote, queue, execute, cancel and read functions, their events and errors are those of OpenZeppelin's
/// Governor 5.7, which is the manual for them; override votes those of its GovernorCountingOverridable. Differences:
/// - `propose` takes what `IPhases` admits, and ends every description with `#proposer=` and the proposer's address,
///   unless it does so already. So nobody can take a proposal's id before its proposer, and then cancel it. The id that is
///   returned, and the description that is emitted, include that ending;
/// - when `typedProposals` calls `propose`, the proposer is who called it;
/// - `proposalThreshold()` is the setting times 100, the least multiplier of a lock;
/// - votes are gHYPR's at the block of the snapshot.
/// @dev Assumptions that keep it safe:
/// - gHYPR and its registry answer for past blocks what they always answered for them;
/// - the timelock lets this contract, and nobody else, schedule, execute and cancel;
/// - the contract of typed proposals, which the constructor creates, names its true caller.
interface IHyperwareGovernor {
    /// @notice A signed vote, as castVoteBySig takes it.
    struct Ballot {
        uint256 proposalId;
        uint8 support;
        address voter;
        bytes signature;
    }

    /// @notice A ballot of a batch did not count.
    /// @param index Its place in the batch, from zero.
    /// @param reason Revert data of castVoteBySig.
    event BallotSkipped(uint256 index, address indexed voter, uint256 indexed proposalId, bytes reason);

    /// @notice The present phase takes no proposals of this account.
    error ProposerNotAllowed(address proposer, uint8 phase);

    /// @notice Casts many signed votes. One that does not count, for whatever reason, hinders no other.
    /// @return weights Votes that each ballot counted with; zero for those skipped.
    function castVotesBySig(Ballot[] calldata ballots) external returns (uint256[] memory weights);

    /// @notice Who may propose, and where auctions send what they earn.
    function phases() external view returns (IPhases);

    /// @notice The three kinds of proposal as functions.
    function typedProposals() external view returns (ITypedProposals);
}
