// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountMinter} from "./HyperAccountMinter.sol";

/// @title A minter that makes names safe from front-running: commit to a hash, wait, then mint.
/// @notice Lifecycle of a commitment made at time t; bounds in seconds, and it is never deleted:
///
///     commit   t ... t + minCommitAge    t + minCommitAge + 1 ... t + maxCommitAge    later
///              too new                   mint succeeds                                 too old, may be committed again
///
/// @dev The hash binds label and caller, so a copied reveal is useless to another caller. The owner of the new entry
/// is not part of it.
contract HyperAccountCommitMinter is HyperAccountMinter {
    /// @custom:storage-location erc7201:hyperware.storage.HyperAccountCommitMinter
    struct CommitStorage {
        /// @dev Last second, since 1970, at which the commitment may be used; zero for none.
        mapping(bytes32 commitHash => uint256) expiresAt;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("hyperware.storage.HyperAccountCommitMinter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant COMMIT_SLOT = 0x0a4847c07339277ae5f63e75cea6f925e21ef07fb9bee66530d5a42ae6985100;

    /// @dev Least difference of the two ages, in seconds, so that a commitment can be used at all.
    uint256 private constant MIN_WINDOW = 60;

    /// @notice Seconds after which a commitment is still too new.
    uint256 public immutable minCommitAge;

    /// @notice Seconds after which a commitment is not yet too old.
    uint256 public immutable maxCommitAge;

    /// @notice The same commitment was made before and can still be used.
    error UnexpiredCommitExists();

    /// @notice The caller has not committed to this name.
    error CommitNotFound();

    /// @notice The commitment must wait longer, so that nobody can answer a seen mint with a faster one.
    error CommitTooNew();

    /// @notice The commitment was left unused for too long.
    error CommitTooOld();

    /// @notice The constructor's ages are in the wrong order.
    error SetupMinGreaterThanMaxAge();

    /// @notice The constructor's ages are less than 60 s apart.
    error SetupMinMaxAgeGapTooSmall();

    /// @param entryPoint_ See HyperAccount.
    /// @param minCommitAge_ Seconds.
    /// @param maxCommitAge_ Seconds.
    constructor(address entryPoint_, uint256 minCommitAge_, uint256 maxCommitAge_) HyperAccountMinter(entryPoint_) {
        if (minCommitAge_ > maxCommitAge_) revert SetupMinGreaterThanMaxAge();
        if (maxCommitAge_ - minCommitAge_ < MIN_WINDOW) revert SetupMinMaxAgeGapTooSmall();
        minCommitAge = minCommitAge_;
        maxCommitAge = maxCommitAge_;
    }

    /// @notice Records a commitment. Anyone may record any hash.
    /// @param commitHash Made with `getCommitHash` for the account that will mint.
    function commit(bytes32 commitHash) external {
        mapping(bytes32 => uint256) storage expiresAt = _commits().expiresAt;
        if (expiresAt[commitHash] >= block.timestamp) revert UnexpiredCommitExists();
        expiresAt[commitHash] = block.timestamp + maxCommitAge;
    }

    /// @notice Last second, since 1970, at which a commitment may be used; zero for none.
    function getCommit(bytes32 commitHash) external view returns (uint256 expiresAt) {
        return _commits().expiresAt[commitHash];
    }

    /// @notice The commitment of `sender` to `name`.
    /// @param name Label alone: `alice-home`, not `alice-home.os`.
    /// @param sender Whoever will call `mint`.
    function getCommitHash(bytes memory name, address sender) public pure returns (bytes32) {
        return keccak256(abi.encode(name, sender));
    }

    /// @inheritdoc HyperAccountMinter
    function _beforeMint(bytes calldata name) internal virtual override {
        uint256 expiresAt = _commits().expiresAt[getCommitHash(name, msg.sender)];
        if (expiresAt == 0) revert CommitNotFound();
        if (block.timestamp <= expiresAt - maxCommitAge + minCommitAge) revert CommitTooNew();
        if (block.timestamp > expiresAt) revert CommitTooOld();
    }

    function _commits() private pure returns (CommitStorage storage $) {
        assembly {
            $.slot := COMMIT_SLOT
        }
    }
}
