// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";

/// @title The one piece of code that every token-bound account is a clone of.
/// @notice An account keeps its own implementation in its ERC-1967 slot; the dispatcher forwards to it. Until the token
/// contract that the account is bound to has set one, the account can do nothing but receive ETH.
///
///     caller -> account (ERC-1167 clone) -> dispatcher (shared) -> implementation (per account)
///
/// What is commonest, the owner of an entry with a plain account calling something, the dispatcher does itself, exactly as
/// the plain account would: that saves reaching for another contract.
/// @dev Account addresses depend on the address of this contract, and that on its creation code and argument. The code is
/// therefore frozen in AccountDispatcher.frozen.json and deployed from there; a recompilation of this file never moves an
/// account. The token contract is read from the account, so one dispatcher serves every namespace.
contract AccountDispatcher {
    /// @dev The plain account, a HyperAccount.
    address private immutable PLAIN;

    /// @notice The account has no implementation yet, and only its token contract may set one.
    error NotHypermapCaller(address caller);

    /// @notice The account has an implementation already.
    error AlreadyInitialized();

    /// @param plain Address of the HyperAccount whose `execute` this contract does itself; it may be deployed later.
    constructor(address plain) {
        PLAIN = plain;
    }

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
        uint256 content = _implementationSlot();
        address implementation = address(uint160(content));
        if (implementation == PLAIN && msg.sig == IERC6551Executable.execute.selector) _executeForOwner(content);
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

    /// @dev What `HyperAccount.execute(to, value, data, 0)` does when the owner calls it. Returns to its caller, having
    /// changed nothing, when anyone else calls, when the operation is another, or when the arguments are not encoded in
    /// the usual way: those are the implementation's business.
    /// @param content Of the implementation slot: the address, and above it the count of executions.
    function _executeForOwner(uint256 content) private {
        bytes32 slot = ERC1967Utils.IMPLEMENTATION_SLOT;
        bytes4 ownerOf = IERC721.ownerOf.selector;
        bytes4 note = IHypermap.note.selector;
        assembly {
            // Call data: selector, to (0x04), value (0x24), offset (0x44), operation (0x64), length (0x84), data (0xa4).
            let to := calldataload(0x04)
            let length := calldataload(0x84)
            let usual := and(eq(calldataload(0x44), 0x80), iszero(or(calldataload(0x64), shr(160, to))))
            if and(usual, and(iszero(shr(32, length)), iszero(lt(calldatasize(), add(0xa4, length))))) {
                // The account's code ends in chain id, token contract and token id.
                extcodecopy(address(), 0x80, 0x4d, 0x60)
                let tokenContract := mload(0xa0)
                mstore(0x00, ownerOf)
                mstore(0x04, mload(0xc0))
                let known := staticcall(gas(), tokenContract, 0x00, 0x24, 0x00, 0x20)
                let owned := and(and(known, gt(returndatasize(), 0x1f)), eq(mload(0x00), caller()))
                if and(owned, eq(mload(0x80), chainid())) {
                    calldatacopy(0x80, 0xa4, length)
                    // As HyperAccount counts: see `state` there.
                    let isNote := and(gt(length, 3), eq(and(calldataload(0xa4), shl(224, 0xffffffff)), note))
                    if iszero(and(isNote, eq(to, tokenContract))) {
                        sstore(slot, add(content, shl(160, 1)))
                    }
                    let ok := call(gas(), to, calldataload(0x24), 0x80, length, 0, 0)
                    if iszero(ok) {
                        returndatacopy(0, 0, returndatasize())
                        revert(0, returndatasize())
                    }
                    // The result is `bytes`: offset, length, and the data filled up to whole words with zeros.
                    mstore(0x00, 0x20)
                    mstore(0x20, returndatasize())
                    mstore(add(0x40, returndatasize()), 0)
                    returndatacopy(0x40, 0, returndatasize())
                    return(0x00, add(0x40, and(add(returndatasize(), 0x1f), not(0x1f))))
                }
            }
        }
    }

    function _implementationSlot() private view returns (uint256 content) {
        bytes32 slot = ERC1967Utils.IMPLEMENTATION_SLOT;
        assembly ("memory-safe") {
            content := sload(slot)
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
