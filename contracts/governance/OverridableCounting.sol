// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IGovernanceHypr} from "../token/IGovernanceHypr.sol";
import {ITokenRegistry} from "../token/ITokenRegistry.sol";
import {Box, Boxes} from "./libraries/Boxes.sol";
import {Receipts} from "./libraries/Receipts.sol";

/// @title Counting of votes for, against and abstaining, where whoever delegated may vote otherwise than the delegate.
/// @notice Functions, events and errors are those of OpenZeppelin's GovernorCountingOverridable. It costs less:
/// - all a vote needs to know of its proposal stands in the word that it changes anyway, one for each kind of support,
///   written when the proposal is made, so that no voter pays for a new one;
/// - 64 proposals share a word of receipts per voter, so that a new one is paid for once in 64 proposals;
/// - it asks the registry for votes at a known time, not gHYPR at a block whose time is to be searched.
/// @dev An override moves what the lock added to the delegate's votes, no more: votes in all stay the same.
abstract contract OverridableCounting is GovernorVotes {
    using Receipts for Receipts.Book;

    /// @notice What a vote can be.
    enum VoteType {
        Against,
        For,
        Abstain
    }

    // ----------------------------------------------------------------------------------------------------- storage

    /// @notice Type of the EIP-712 message that an override by signature signs.
    // solhint-disable gas-small-strings
    bytes32 public constant OVERRIDE_BALLOT_TYPEHASH = keccak256(
        "OverrideBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason)"
    );
    // solhint-enable gas-small-strings

    ITokenRegistry private immutable REGISTRY;

    /// @dev How many proposals there are.
    uint256 private _numbered;
    mapping(uint256 proposalId => Box[3]) private _boxes;
    Receipts.Book private _receipts;

    /// @dev Votes that others took from a delegate before it voted.
    mapping(uint256 proposalId => mapping(address delegate => uint256)) private _taken;

    /// @notice A delegate's vote lost weight to one who had delegated to it.
    event VoteReduced(address indexed delegate, uint256 proposalId, uint8 support, uint256 weight);

    /// @notice One who had delegated voted otherwise, or the same, itself.
    event OverrideVoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason);

    /// @notice The account used its override on this proposal.
    error GovernorAlreadyOverriddenVote(address account);

    /// @notice At the snapshot nobody else voted with the account's lock.
    error NothingToOverride(address account, uint256 snapshot);

    // ------------------------------------------------------------------------------------------------- constructor

    constructor(IGovernanceHypr token_) GovernorVotes(token_) {
        REGISTRY = ITokenRegistry(token_.registry());
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Votes with the caller's own lock, which somebody else may have voted with, or may yet.
    /// @dev Reverts with GovernorUnexpectedProposalState, GovernorInvalidVoteType, GovernorAlreadyOverriddenVote or
    /// NothingToOverride. Whoever was delegated to besides votes with that by castVote.
    function castOverrideVote(uint256 proposalId, uint8 support, string calldata reason) external returns (uint256) {
        return _castOverride(proposalId, msg.sender, support, reason);
    }

    /// @notice As castOverrideVote, by a signature of EIP-712 or ERC-1271 with the voter's next nonce.
    /// @dev Reverts besides with GovernorInvalidSignature.
    function castOverrideVoteBySig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string calldata reason,
        bytes calldata signature
    ) external returns (uint256) {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    OVERRIDE_BALLOT_TYPEHASH,
                    proposalId,
                    support,
                    voter,
                    _useNonce(voter),
                    keccak256(bytes(reason))
                )
            )
        );
        if (!SignatureChecker.isValidSignatureNow(voter, digest, signature)) revert GovernorInvalidSignature(voter);
        return _castOverride(proposalId, voter, support, reason);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGovernor
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() public pure override returns (string memory) {
        return "support=bravo,override&quorum=for,abstain&overridable=true";
    }

    /// @notice Whether the account voted; an override is no such vote.
    function hasVoted(uint256 proposalId, address account) public view override returns (bool) {
        return _receipts.supportOf(account, _boxes[proposalId][0].number()) != 0;
    }

    /// @notice Whether the account used its override.
    function hasVotedOverride(uint256 proposalId, address account) public view returns (bool) {
        return _receipts.has(account, _boxes[proposalId][0].number(), Receipts.OVERRODE);
    }

    /// @notice Votes of each kind so far.
    function proposalVotes(
        uint256 proposalId
    ) public view returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) {
        return (
            _votes(proposalId, VoteType.Against),
            _votes(proposalId, VoteType.For),
            _votes(proposalId, VoteType.Abstain)
        );
    }

    /// @inheritdoc GovernorVotes
    /// @dev As gHYPR's, without asking it.
    function clock() public view virtual override returns (uint48) {
        return uint48(block.number);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _quorumReached(uint256 proposalId) internal view override returns (bool) {
        (, uint256 forVotes, uint256 abstainVotes) = proposalVotes(proposalId);
        return quorum(proposalSnapshot(proposalId)) <= forVotes + abstainVotes;
    }

    function _voteSucceeded(uint256 proposalId) internal view override returns (bool) {
        return _votes(proposalId, VoteType.For) > _votes(proposalId, VoteType.Against);
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal virtual override returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        Box box = Boxes.create(++_numbered, proposalSnapshot(proposalId), proposalDeadline(proposalId));
        for (uint256 support = 0; support < 3; ++support) _boxes[proposalId][support] = box;
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal virtual override returns (uint256 proposalId) {
        proposalId = super._cancel(targets, values, calldatas, descriptionHash);
        for (uint256 support = 0; support < 3; ++support) {
            _boxes[proposalId][support] = _boxes[proposalId][support].closed();
        }
    }

    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal virtual override returns (uint256 weight) {
        Box box = _openBox(proposalId, support);
        weight = REGISTRY.votesAtTime(account, box.opens(), box.time());
        weight = _count(proposalId, box, account, support, weight);
        if (params.length == 0) emit VoteCast(account, proposalId, support, weight, reason);
        else emit VoteCastWithParams(account, proposalId, support, weight, reason, params);
    }

    /// @dev For whoever counts a vote otherwise than by `_castVote`; nobody here does.
    function _countVote(
        uint256 proposalId,
        address account,
        uint8 support,
        uint256 totalWeight,
        bytes memory
    ) internal override returns (uint256) {
        return _count(proposalId, _openBox(proposalId, support), account, support, totalWeight);
    }

    function _count(
        uint256 proposalId,
        Box box,
        address account,
        uint8 support,
        uint256 weight
    ) private returns (uint256) {
        uint256 receipt = _receipts.add(account, box.number(), support + 1);
        if (receipt & Receipts.SUPPORT != 0) revert GovernorAlreadyCastVote(account);
        if (receipt & Receipts.WAS_OVERRIDDEN != 0) {
            weight = Math.saturatingSub(weight, _taken[proposalId][account]);
        }
        _boxes[proposalId][support] = box.add(weight);
        return weight;
    }

    function _castOverride(
        uint256 proposalId,
        address account,
        uint8 support,
        string calldata reason
    ) private returns (uint256 weight) {
        Box box = _openBox(proposalId, support);
        uint256 receipt = _receipts.add(account, box.number(), Receipts.OVERRODE);
        if (receipt & Receipts.OVERRODE != 0) revert GovernorAlreadyOverriddenVote(account);
        address delegatee;
        (delegatee, weight) = IGovernanceHypr(address(token())).pastDelegation(account, box.opens());
        if (weight == 0) revert NothingToOverride(account, box.opens());

        _boxes[proposalId][support] = box.add(weight);
        emit OverrideVoteCast(account, proposalId, support, weight, reason);
        _takeFrom(delegatee, proposalId, box.number(), weight);
    }

    /// @dev Takes votes from a delegate, from its vote if it has voted, else from the vote it may yet cast.
    function _takeFrom(address delegatee, uint256 proposalId, uint256 number, uint256 weight) private {
        uint256 cast = _receipts.supportOf(delegatee, number);
        if (cast == 0) {
            _receipts.add(delegatee, number, Receipts.WAS_OVERRIDDEN);
            _taken[proposalId][delegatee] += weight;
            return;
        }
        _boxes[proposalId][cast - 1] = _boxes[proposalId][cast - 1].subtract(weight);
        emit VoteReduced(delegatee, proposalId, uint8(cast - 1), weight);
    }

    /// @dev The box for a vote on an active proposal, its time filled in; reverts as OpenZeppelin's Governor does.
    function _openBox(uint256 proposalId, uint8 support) private view returns (Box box) {
        box = _boxes[proposalId][support > uint8(VoteType.Abstain) ? 0 : support];
        if (block.number <= box.opens() || block.number > box.closes()) {
            _validateStateBitmap(proposalId, _encodeStateBitmap(ProposalState.Active));
        }
        if (support > uint8(VoteType.Abstain)) revert GovernorInvalidVoteType();
        if (box.time() == 0) box = box.withTime(REGISTRY.timeOf(box.opens()));
    }

    function _votes(uint256 proposalId, VoteType support) private view returns (uint256) {
        return _boxes[proposalId][uint8(support)].votes();
    }
}
