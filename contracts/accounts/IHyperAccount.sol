// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";

/// @title The account of an entry.
/// @notice It acts for whoever owns the entry's token, at once after a transfer; ERC-721 approvals give no power over it.
/// Assets may be sent to it before it exists.
interface IHyperAccount {
    /// @notice One call of a batch.
    /// @param target Address called.
    /// @param value Wei sent along, from the account's balance.
    /// @param data Call data.
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    /// @notice The caller is neither the owner of the entry nor the EntryPoint.
    error NotOperatorOrEntryPoint();

    /// @notice The caller is not the owner of the entry.
    error NotOperator(address caller);

    /// @notice Only the EntryPoint validates user operations.
    /// @param msgSender The caller.
    /// @param entity This account.
    /// @param entryPoint The caller expected.
    error NotFromEntryPoint(address msgSender, address entity, address entryPoint);

    /// @notice A call of a batch of several failed.
    /// @param index Its place in the batch, from zero.
    /// @param error Its revert data.
    error ExecuteError(uint256 index, bytes error);

    /// @notice An account may not own the entry it belongs to.
    error OwnershipCycle();

    /// @notice Calls `to`, or runs its code as this account. A failure's revert data is returned unchanged.
    /// @param to Target.
    /// @param value Wei sent along; without meaning for a delegatecall.
    /// @param data Call data.
    /// @param operation 0 call, 1 delegatecall; anything else reverts with Error("Invalid operation").
    /// @return Data returned by the target.
    function execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation
    ) external payable returns (bytes memory);

    /// @notice As above, with a gas limit.
    /// @param txGas Most gas the target may use; zero for all there is.
    function execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 txGas
    ) external payable returns (bytes memory);

    /// @notice Calls `target`; the form that ERC-4337 tools know.
    function execute(address target, uint256 value, bytes calldata data) external;

    /// @notice Calls several targets in order, all or nothing.
    function executeBatch(Call[] calldata calls) external;

    /// @notice Whether `signer` owns the entry on this chain.
    function isOperator(address signer) external view returns (bool);

    /// @notice The ERC-4337 EntryPoint that may also act, after `validateUserOp` has accepted the owner's signature.
    function entryPoint() external view returns (address);

    /// @notice The account's next nonce at the EntryPoint, key zero; reverts where there is no EntryPoint.
    function getNonce() external view returns (uint256);

    /// @notice ERC-4337: whether the owner signed `userOpHash` (raw, no prefix); pays the EntryPoint what is missing.
    /// @return validationData `SIG_VALIDATION_SUCCEEDED` or `SIG_VALIDATION_FAILED`.
    function validateUserOp(
        PackedUserOperation calldata userOp,
        bytes32 userOpHash,
        uint256 missingAccountFunds
    ) external returns (uint256 validationData);
}
