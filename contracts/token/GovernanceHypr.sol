// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IGovernanceHypr} from "./IGovernanceHypr.sol";
import {ITokenRegistry} from "./ITokenRegistry.sol";
import {Delegations} from "./libraries/Delegations.sol";
import {VotingCurve} from "./libraries/VotingCurve.sol";

/// @title gHYPR: a face of the token registry's votes. `IGovernanceHypr` is its manual.
/// @dev It keeps who votes for whom; TokenRegistry keeps how much.
contract GovernanceHypr is IGovernanceHypr, EIP712, Nonces {
    using Delegations for Delegations.History;

    // ----------------------------------------------------------------------------------------------------- storage

    /// @inheritdoc IERC20Metadata
    string public constant name = "Governance HYPR";

    /// @inheritdoc IERC20Metadata
    string public constant symbol = "gHYPR";

    /// @inheritdoc IERC20Metadata
    uint8 public constant decimals = 18;

    /// @inheritdoc IERC6372
    string public constant CLOCK_MODE = "mode=blocknumber&from=default";

    bytes32 private constant DELEGATION_TYPEHASH = keccak256(
        "Delegation(address delegatee,uint256 nonce,uint256 expiry)"
    );

    ITokenRegistry private immutable REGISTRY;

    mapping(address account => Delegations.History) private _delegations;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param registry_ The token registry, which creates this contract.
    constructor(ITokenRegistry registry_) EIP712(name, "1") {
        REGISTRY = registry_;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Lets another account vote with the caller's lock, present and future; zero or oneself takes that back.
    function delegate(address delegatee) external {
        _delegate(msg.sender, delegatee);
    }

    /// @notice As `delegate`, by a signature of EIP-712 over `Delegation(address delegatee,uint256 nonce,uint256 expiry)`.
    /// @dev Reverts with VotesExpiredSignature, InvalidAccountNonce or an ECDSA error.
    /// @param expiry Last second, since 1970, at which the signature counts.
    function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external {
        if (block.timestamp > expiry) revert VotesExpiredSignature(expiry);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(DELEGATION_TYPEHASH, delegatee, nonce, expiry)));
        address signer = ECDSA.recover(digest, v, r, s);
        _useCheckedNonce(signer, nonce);
        _delegate(signer, delegatee);
    }

    /// @inheritdoc IGovernanceHypr
    function lockChanged(
        address account,
        uint256 amountBefore,
        uint256 amountAfter,
        uint256 valueBefore,
        uint256 valueAfter,
        bool first
    ) external {
        if (msg.sender != address(REGISTRY)) revert OnlyRegistryCanCall(msg.sender, address(REGISTRY));
        address delegatee = delegates(account);
        if (amountAfter > amountBefore) emit Transfer(address(0), account, amountAfter - amountBefore);
        if (amountAfter < amountBefore) emit Transfer(account, address(0), amountBefore - amountAfter);
        if (first && delegatee == account) emit DelegateChanged(account, address(0), account);
        if (valueBefore != valueAfter) emit DelegateVotesChanged(delegatee, valueBefore, valueAfter);
    }

    /// @notice Always reverts with NotTransferable.
    function transfer(address, uint256) external pure returns (bool) {
        revert NotTransferable();
    }

    /// @notice Always reverts with NotTransferable.
    function transferFrom(address, address, uint256) external pure returns (bool) {
        revert NotTransferable();
    }

    /// @notice Always reverts with NotTransferable.
    function approve(address, uint256) external pure returns (bool) {
        revert NotTransferable();
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Votes of an account now; they decay with every second.
    function getVotes(address account) external view returns (uint256) {
        return _votesAt(account, block.number);
    }

    /// @notice Votes of an account at the end of a past block. Reverts with ERC5805FutureLookup for others.
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256) {
        return _votesAt(account, _past(timepoint));
    }

    /// @notice Votes of all locks at the end of a past block. Reverts with ERC5805FutureLookup for others.
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256) {
        return REGISTRY.votesAt(address(0), _past(timepoint));
    }

    /// @inheritdoc IGovernanceHypr
    function pastDelegation(
        address account,
        uint256 timepoint
    ) external view returns (address delegatee, uint256 votes) {
        delegatee = _delegations[account].at(_past(timepoint));
        if (delegatee == address(0)) return (account, 0);
        votes = REGISTRY.delegatedVotesAt(account, delegatee, timepoint);
    }

    /// @inheritdoc IVotes
    function delegates(address account) public view returns (address) {
        address delegatee = _delegations[account].latest.to;
        return delegatee == address(0) ? account : delegatee;
    }

    /// @inheritdoc IERC6372
    function clock() public view returns (uint48) {
        return uint48(block.number);
    }

    /// @notice HYPR that the account has locked.
    function balanceOf(address account) external view returns (uint256 amount) {
        (amount, , ) = REGISTRY.getLockDetails(account);
    }

    /// @notice HYPR that the registry holds: all that is locked, and what was sent there by mistake.
    function totalSupply() external view returns (uint256) {
        return IERC20(REGISTRY.hypr()).balanceOf(address(REGISTRY));
    }

    /// @notice Always zero.
    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IGovernanceHypr
    function registry() external view returns (address) {
        return address(REGISTRY);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _delegate(address account, address to) private {
        if (to == address(0)) to = account;
        address from = delegates(account);
        emit DelegateChanged(account, from, to);
        if (to == from) return;

        _delegations[account].write(to == account ? address(0) : to);
        (uint256 fromBefore, uint256 toBefore) = (REGISTRY.valueOf(from), REGISTRY.valueOf(to));
        _moveVotes(account, from, fromBefore, to, toBefore);
        emit DelegateVotesChanged(from, fromBefore, REGISTRY.valueOf(from));
        emit DelegateVotesChanged(to, toBefore, REGISTRY.valueOf(to));
    }

    function _moveVotes(address account, address from, uint256 fromBefore, address to, uint256 toBefore) private {
        (uint256 amount, uint256 end, ) = REGISTRY.getLockDetails(account);
        REGISTRY.setDelegated(account, to != account);
        REGISTRY.updateDelegationMultipliers(
            end,
            VotingCurve.valueOf(amount),
            from == account ? address(0) : from,
            fromBefore,
            to == account ? address(0) : to,
            toBefore
        );
    }

    /// @dev To the registry, account zero stands for all locks; here it is an account without votes.
    function _votesAt(address account, uint256 blockNumber) private view returns (uint256) {
        return account == address(0) ? 0 : REGISTRY.votesAt(account, blockNumber);
    }

    function _past(uint256 timepoint) private view returns (uint256) {
        if (timepoint >= block.number) revert ERC5805FutureLookup(timepoint, clock());
        return timepoint;
    }
}
