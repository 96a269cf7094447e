// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IHyperAccount} from "../accounts/IHyperAccount.sol";
import {OwnerSignature} from "../accounts/libraries/OwnerSignature.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IUseRule} from "./IUseRule.sol";
import {EntryCalls} from "./libraries/EntryCalls.sol";

/// @title Owns one entry for whoever its rule names at the moment, and lets nobody else use it.
/// @notice When the rule names somebody else (the name was sold, the rent is due), control is theirs at once; nothing has
/// to be transferred, and nothing can be withheld.
///
///     user -> holder -> account of the entry -> anything          (the holder asks the rule with every use)
///
/// @dev A clone with the arguments `(rule, hypermap, entry)`. It answers for signatures of the user (ERC-1271), so the
/// entry's account must not take orders from an ERC-4337 EntryPoint: those could be delegatecalls. `HeldEntries` sees to it.
contract EntryHolder is IERC1271, IERC721Receiver {
    /// @notice Only the entry's user of the moment may do this.
    error NotUser(address caller, address user);

    /// @notice Only the rule may do this.
    error NotRule(address caller, address rule);

    /// @notice A token other than the entry arrived; it could never leave again.
    error NotTheEntry(address token, uint256 tokenId);

    modifier onlyUser() {
        address user_ = user();
        if (user_ == address(0) || msg.sender != user_) revert NotUser(msg.sender, user_);
        _;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Has the entry's account call `to` with `value` wei; ETH sent along reaches the account first.
    /// @dev Reverts with NotUser, GeneNotAllowed, or whatever `to` reverts with.
    function execute(address to, uint256 value, bytes calldata data) external payable onlyUser returns (bytes memory) {
        (, IHypermap hypermap, bytes32 entry) = terms();
        return EntryCalls.perform(hypermap, entry, to, value, data);
    }

    /// @notice Has the entry's account make several calls in order, all or nothing.
    /// @dev Reverts like `execute`.
    function executeBatch(IHyperAccount.Call[] calldata calls) external onlyUser {
        (, IHypermap hypermap, bytes32 entry) = terms();
        for (uint256 i = 0; i < calls.length; ++i) {
            EntryCalls.perform(hypermap, entry, calls[i].target, calls[i].value, calls[i].data);
        }
    }

    /// @notice Hands the entry to `to`, when the rule ends this arrangement. Only for the rule.
    function release(address to) external {
        (address rule, IHypermap hypermap, bytes32 entry) = terms();
        if (msg.sender != rule) revert NotRule(msg.sender, rule);
        IERC721(address(hypermap)).transferFrom(address(this), to, uint256(entry));
    }

    /// @notice Accepts the entry alone.
    function onERC721Received(address, address, uint256 tokenId, bytes calldata) external view returns (bytes4) {
        (, IHypermap hypermap, bytes32 entry) = terms();
        if (msg.sender != address(hypermap) || bytes32(tokenId) != entry) revert NotTheEntry(msg.sender, tokenId);
        return IERC721Receiver.onERC721Received.selector;
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Who may use the entry now; zero for nobody.
    function user() public view returns (address) {
        (address rule, , bytes32 entry) = terms();
        return IUseRule(rule).userOf(entry);
    }

    /// @notice Who decides about the user, where the entry lives, and its namehash.
    function terms() public view returns (address rule, IHypermap hypermap, bytes32 entry) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (address, IHypermap, bytes32));
    }

    /// @notice ERC-1271: whether the user of the moment signed exactly `hash`.
    /// @return magicValue 0x1626ba7e, or 0xffffffff.
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4 magicValue) {
        return
            OwnerSignature.isValid(user(), hash, signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
