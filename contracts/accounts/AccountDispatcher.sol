// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";

/// @title The one piece of code that every token-bound account is a clone of.
/// @notice An account keeps its own implementation in its ERC-1967 slot; the dispatcher forwards to it. Until the token
/// contract that the account is bound to has set one, the account can do nothing but receive ETH.
///
///     caller -> account (ERC-1167 clone) -> dispatcher (shared) -> implementation (per account)
///
/// @dev Account addresses depend on the address of this contract, and that on its creation code. The code is therefore
/// frozen in AccountDispatcher.frozen.json and deployed from there; a recompilation of this file never moves an account.
/// It has no constructor argument: the token contract is read from the account, so one dispatcher serves every namespace.
contract AccountDispatcher {
    /// @notice The account has no implementation yet, and only its token contract may set one.
    error NotHypermapCaller(address caller);

    /// @notice The account has an implementation already.
    error AlreadyInitialized();

    /// @notice Plain ETH is accepted before there is an implementation, and is its business afterwards.
    receive() external payable {
        _forward();
    }

    fallback() external payable {
        _forward();
    }

    /// @notice Sets the account's implementation and runs `data` on it. Once, by the token contract the account is bound to.
    /// Calls by others are forwarded like any other.
    /// @param implementation Must have code, else ERC1967InvalidImplementation.
    /// @param data Call data for the implementation, or empty. Its failure is returned unchanged.
    function initialize(address implementation, bytes calldata data) external payable {
        if (msg.sender != _tokenContract()) _forward();
        if (ERC1967Utils.getImplementation() != address(0)) revert AlreadyInitialized();
        ERC1967Utils.upgradeToAndCall(implementation, data);
    }

    /// @dev Never returns to its caller, except after plain ETH to an account without implementation.
    function _forward() private {
        address implementation = ERC1967Utils.getImplementation();
        if (implementation == address(0)) {
            if (msg.data.length != 0) revert NotHypermapCaller(msg.sender);
            return;
        }
        assembly {
            calldatacopy(0, 0, calldatasize())
            let ok := delegatecall(gas(), implementation, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(ok) {
                revert(0, returndatasize())
            }
            return(0, returndatasize())
        }
    }

    /// @dev Third word from the end of the account's code, which is 173 bytes long (ERC-6551).
    function _tokenContract() private view returns (address tokenContract) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0x00, 0x6d, 0x20)
            tokenContract := mload(0x00)
        }
    }
}
