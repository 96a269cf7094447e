// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IAccount, IEntryPointNonces, PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {IERC777Recipient} from "@openzeppelin/contracts/interfaces/IERC777Recipient.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC6551Account} from "erc6551/interfaces/IERC6551Account.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {ERC6551AccountLib} from "erc6551/lib/ERC6551AccountLib.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IHyperAccount} from "./IHyperAccount.sol";
import {OwnerSignature} from "./libraries/OwnerSignature.sol";

/// @title The plain account: it can not be upgraded, so its rules are those of this file.
/// @notice `IHyperAccount` is its manual. The owner may delegatecall, and so run any code; see HyperAccountStrict.
contract HyperAccount is
    IHyperAccount,
    IERC6551Account,
    IERC6551Executable,
    IERC1271,
    IAccount,
    IERC721Receiver,
    IERC1155Receiver,
    IERC777Recipient
{
    // ----------------------------------------------------------------------------------------------------- storage

    /// @dev What the ERC-1967 implementation slot holds for an account: the address, as every reader of that slot takes
    /// it, and in the 96 bits beside it the count of executions. The dispatcher has read the slot by the time an
    /// execution counts, so counting costs 2,900 gas; a slot of its own would cost 5,000, and 22,100 the first time.
    struct ImplementationSlot {
        address implementation;
        uint96 state;
    }

    uint8 internal constant CALL = 0;
    uint8 internal constant DELEGATECALL = 1;

    /// @notice What `validateUserOp` answers to a good signature (ERC-4337).
    uint256 public constant SIG_VALIDATION_SUCCEEDED = 0;

    /// @notice What `validateUserOp` answers to a bad signature (ERC-4337).
    uint256 public constant SIG_VALIDATION_FAILED = 1;

    /// @inheritdoc IHyperAccount
    address public immutable entryPoint;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param entryPoint_ The ERC-4337 EntryPoint, version 0.7 or later.
    constructor(address entryPoint_) {
        entryPoint = entryPoint_;
    }

    modifier onlyOperator() {
        if (!isOperator(msg.sender)) revert NotOperator(msg.sender);
        _;
    }

    modifier onlyOperatorOrEntryPoint() {
        if (!isOperator(msg.sender) && msg.sender != entryPoint) revert NotOperatorOrEntryPoint();
        _;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice ETH is welcome.
    receive() external payable {}

    /// @inheritdoc IHyperAccount
    function execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation
    ) external payable override(IHyperAccount, IERC6551Executable) onlyOperatorOrEntryPoint returns (bytes memory) {
        return _execute(to, value, data, operation, gasleft());
    }

    /// @inheritdoc IHyperAccount
    function execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 txGas
    ) external payable onlyOperatorOrEntryPoint returns (bytes memory) {
        return _execute(to, value, data, operation, txGas == 0 ? gasleft() : txGas);
    }

    /// @inheritdoc IHyperAccount
    function execute(address target, uint256 value, bytes calldata data) external onlyOperatorOrEntryPoint {
        _execute(target, value, data, CALL, gasleft());
    }

    /// @inheritdoc IHyperAccount
    function executeBatch(Call[] calldata calls) external onlyOperatorOrEntryPoint {
        ++_slot().state;
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok, bytes memory result) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (ok) continue;
            if (calls.length == 1) _revertWith(result);
            revert ExecuteError(i, result);
        }
    }

    /// @inheritdoc IAccount
    function validateUserOp(
        PackedUserOperation calldata userOp,
        bytes32 userOpHash,
        uint256 missingAccountFunds
    ) external override(IHyperAccount, IAccount) returns (uint256 validationData) {
        if (msg.sender != entryPoint) revert NotFromEntryPoint(msg.sender, address(this), entryPoint);
        validationData =
            OwnerSignature.isValid(_operator(), userOpHash, userOp.signature)
                ? SIG_VALIDATION_SUCCEEDED
                : SIG_VALIDATION_FAILED;
        if (missingAccountFunds != 0) {
            // The EntryPoint checks what it received; a failed payment is its to report.
            (bool paid, ) = msg.sender.call{value: missingAccountFunds}("");
            (paid);
        }
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IHyperAccount
    function isOperator(address signer) public view returns (bool) {
        return signer != address(0) && signer == _operator();
    }

    /// @inheritdoc IERC6551Account
    function isValidSigner(address signer, bytes calldata) external view returns (bytes4 magicValue) {
        return isOperator(signer) ? IERC6551Account.isValidSigner.selector : bytes4(0);
    }

    /// @notice ERC-1271: whether the owner signed exactly `hash` (no prefix, no wrapping).
    /// @param signature 65 bytes r, s, v of an owner with a key, or, for a contract that owns the entry, what its own
    /// ERC-1271 takes: bare, or in the form r = owner, s = offset, v = 0, then length and bytes at the offset.
    /// @return magicValue 0x1626ba7e, or 0xffffffff.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4 magicValue) {
        return
            OwnerSignature.isValid(_operator(), hash, signature)
                ? IERC1271.isValidSignature.selector
                : bytes4(0xffffffff);
    }

    /// @inheritdoc IERC6551Account
    function token() public view returns (uint256 chainId, address tokenContract, uint256 tokenId) {
        return ERC6551AccountLib.token();
    }

    /// @notice Number of executions so far; whoever buys the entry can tell whether the account acted meanwhile. A call that
    /// only writes a note of the entry does not count: it moves nothing, and the buyer may overwrite it.
    function state() external view returns (uint256) {
        return _slot().state;
    }

    /// @inheritdoc IHyperAccount
    function getNonce() external view returns (uint256) {
        return IEntryPointNonces(entryPoint).getNonce(address(this), 0);
    }

    /// @notice ERC-165: the interfaces of ERC-6551, ERC-1271, ERC-4337 and the ERC-1155 receiver.
    function supportsInterface(bytes4 interfaceId) public view virtual returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC6551Account).interfaceId ||
            interfaceId == type(IERC6551Executable).interfaceId ||
            interfaceId == type(IERC1155Receiver).interfaceId ||
            interfaceId == type(IERC1271).interfaceId ||
            interfaceId == type(IAccount).interfaceId;
    }

    // --------------------------------------------------------------------------------------------- receiving tokens

    /// @notice Accepts every ERC-721 token but the one this account belongs to.
    function onERC721Received(address, address, uint256 id, bytes calldata) external view returns (bytes4) {
        (uint256 chainId, address tokenContract, uint256 tokenId) = token();
        if (id == tokenId && msg.sender == tokenContract && chainId == block.chainid) revert OwnershipCycle();
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @notice Accepts every ERC-1155 token.
    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @notice Accepts every batch of ERC-1155 tokens.
    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    /// @notice Accepts every ERC-777 token.
    function tokensReceived(
        address,
        address,
        address,
        uint256,
        bytes calldata,
        bytes calldata
    ) external pure override {}

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev Owner of the entry; zero on a chain other than the token's.
    function _operator() internal view returns (address) {
        (uint256 chainId, address tokenContract, uint256 tokenId) = token();
        return chainId == block.chainid ? IERC721(tokenContract).ownerOf(tokenId) : address(0);
    }

    /// @dev Refuses an operation that this kind of account does not do.
    function _requireOperation(uint8 operation) internal pure virtual {
        require(operation <= DELEGATECALL, "Invalid operation");
    }

    function _execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 gasLimit
    ) private returns (bytes memory result) {
        _requireOperation(operation);
        if (operation != CALL || !_isNote(to, data)) ++_slot().state;
        bool ok;
        if (operation == CALL) (ok, result) = to.call{value: value, gas: gasLimit}(data);
        else (ok, result) = to.delegatecall{gas: gasLimit}(data);
        if (!ok) _revertWith(result);
    }

    /// @dev Whether a call writes a note beneath this account's entry. A batch counts whatever it does.
    function _isNote(address to, bytes calldata data) private view returns (bool) {
        if (bytes4(data) != IHypermap.note.selector) return false;
        (, address tokenContract, ) = token();
        return to == tokenContract;
    }

    function _revertWith(bytes memory data) private pure {
        assembly ("memory-safe") {
            revert(add(data, 0x20), mload(data))
        }
    }

    function _slot() private pure returns (ImplementationSlot storage $) {
        bytes32 slot = ERC1967Utils.IMPLEMENTATION_SLOT;
        assembly {
            $.slot := slot
        }
    }
}
