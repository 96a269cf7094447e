// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {AccessControlUpgradeable} from "@openzeppelin/contracts-upgradeable/access/AccessControlUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";
import {ERC721Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC721/ERC721Upgradeable.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {AccountDispatcher} from "../accounts/AccountDispatcher.sol";
import {IHypermap} from "./IHypermap.sol";
import {IHypermapAliases} from "./IHypermapAliases.sol";
import {IHypermapInstance} from "./IHypermapInstance.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {EntryData} from "./libraries/EntryData.sol";
import {Labels} from "./libraries/Labels.sol";
import {Namehash, Namehashes} from "./libraries/Namehash.sol";
import {Shelf} from "./libraries/Shelf.sol";

/// @title The namespace. Knows nothing of node identities, packages or money; `IHypermap` is its manual.
contract Hypermap is
    IHypermap,
    IHypermapInstance,
    IHypermapAliases,
    ERC721Upgradeable,
    ERC721Holder,
    AccessControlUpgradeable,
    UUPSUpgradeable
{
    using EntryData for EntryData.Data;
    using Labels for bytes;
    using Namehashes for Namehash;

    /// @dev An entry exists as a name when its token has an owner; names are never burned. Its account address is
    /// computed, not stored.
    struct Entry {
        address gene;
        EntryData.Data data;
    }

    // ----------------------------------------------------------------------------------------------------- storage

    /// @inheritdoc IHypermap
    address public constant ERC6551_REGISTRY = Accounts.REGISTRY;

    /// @inheritdoc IHypermap
    bytes public constant METADATA_NOTE_KEY = "~metadata-uri";

    /// @dev Longest chain of accounts that own each other's entries, counted from a new owner upwards.
    uint256 private constant OWNERS_MAX = 64;

    /// @inheritdoc IHypermap
    address public immutable ACCOUNT_DISPATCHER;

    /// @dev Code of the root entry's account.
    address private immutable ROOT_IMPLEMENTATION;

    mapping(Namehash entry => Entry) private _entries;

    Namehash private _root;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param dispatcher The AccountDispatcher that accounts are clones of.
    /// @param rootImplementation Code of the root entry's account, a plain HyperAccount.
    constructor(address dispatcher, address rootImplementation) {
        ACCOUNT_DISPATCHER = dispatcher;
        ROOT_IMPLEMENTATION = rootImplementation;
        _disableInitializers();
    }

    // ------------------------------------------------------------------------------------------------------- admin

    /// @inheritdoc IHypermap
    function initialize(address admin) external initializer {
        _initialize(admin, Namehash.wrap(0));
    }

    /// @inheritdoc IHypermapInstance
    function initialize(address admin, bytes32 root) external initializer {
        _initialize(admin, Namehash.wrap(root));
    }

    function _initialize(address admin, Namehash root) private {
        __ERC721_init("Hypermap", "HYPERMAP");
        _root = root;
        address rootTba = _createEntry(root, "", ROOT_IMPLEMENTATION);
        _safeTransfer(address(this), admin, root.tokenId());
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        emit Zero(rootTba);
    }

    /// @dev Every account address is computed from the dispatcher: an implementation with another one would strand them.
    function _authorizeUpgrade(address newImplementation) internal view override onlyRole(DEFAULT_ADMIN_ROLE) {
        address offered = IHypermap(newImplementation).ACCOUNT_DISPATCHER();
        if (offered != ACCOUNT_DISPATCHER) revert AccountDispatcherChanged(offered, ACCOUNT_DISPATCHER);
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc IHypermap
    function mint(
        address to,
        bytes calldata label,
        bytes calldata initialization,
        address implementation
    ) external returns (address tba) {
        return _mintEntry(to, label, initialization, implementation);
    }

    /// @inheritdoc IHypermapAliases
    function mint(
        address to,
        bytes calldata label,
        bytes calldata initialization,
        bytes calldata,
        address implementation
    ) external returns (address tba) {
        return _mintEntry(to, label, initialization, implementation);
    }

    /// @inheritdoc IHypermap
    function note(bytes calldata _note, bytes calldata _data) external returns (bytes32 namehash) {
        _note.requireNote();
        Namehash parent = _callingEntry();
        bytes32 labelhash = keccak256(_note);
        Namehash entry = parent.join(labelhash);
        namehash = Namehash.unwrap(entry);

        _entries[entry].data.write(entry, _data, EntryData.NOTE_SLOTS_MAX);
        _emitData(Note.selector, parent, entry, labelhash, _note, _data);
    }

    /// @inheritdoc IHypermap
    function fact(bytes calldata _fact, bytes calldata _data) external returns (bytes32 namehash) {
        _fact.requireFact();
        Namehash parent = _callingEntry();
        bytes32 labelhash = keccak256(_fact);
        Namehash entry = parent.join(labelhash);
        namehash = Namehash.unwrap(entry);
        if (!_entries[entry].data.isEmpty(entry)) revert FactAlreadyExists();
        if (_data.length == 0) revert EmptyFact();

        _entries[entry].data.write(entry, _data, EntryData.FACT_SLOTS_MAX);
        _emitData(Fact.selector, parent, entry, labelhash, _fact, _data);
    }

    /// @inheritdoc IHypermap
    function gene(address _gene) external {
        Namehash entry = _callingEntry();
        if (_entries[entry].gene != address(0)) revert GeneAlreadySet();

        if (_gene != address(0)) _entries[entry].gene = _gene;
        emit Gene(Namehash.unwrap(entry), _gene);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IHypermap
    function get(bytes32 namehash) external view returns (address tba, address owner, bytes memory data) {
        Namehash entry = Namehash.wrap(namehash);
        return (_tbaOf(entry), _ownerOf(entry.tokenId()), _entries[entry].data.read(entry));
    }

    /// @inheritdoc IHypermap
    function map(bytes32 namehash) external view returns (address tba, address gene_, bytes memory data) {
        Namehash entry = Namehash.wrap(namehash);
        return (_tbaOf(entry), _entries[entry].gene, _entries[entry].data.read(entry));
    }

    /// @inheritdoc IHypermap
    function tbaOf(bytes32 entry) external view returns (address) {
        return _tbaOf(Namehash.wrap(entry));
    }

    /// @inheritdoc IHypermapAliases
    function tbaOf(uint256 entry) external view returns (address) {
        return _tbaOf(Namehash.wrap(bytes32(entry)));
    }

    /// @inheritdoc IHypermapInstance
    function rootEntry() external view returns (bytes32) {
        return Namehash.unwrap(_root);
    }

    /// @inheritdoc IHypermap
    function leaf(bytes32 parenthash, bytes calldata label) external pure returns (bytes32 namehash) {
        return Namehash.unwrap(Namehash.wrap(parenthash).child(label));
    }

    /// @inheritdoc IHypermap
    function leafl(
        bytes32 parenthash,
        bytes calldata label
    ) external pure returns (bytes32 namehash, bytes32 labelhash) {
        labelhash = keccak256(label);
        namehash = Namehash.unwrap(Namehash.wrap(parenthash).join(labelhash));
    }

    /// @notice Text of the `~metadata-uri` note beneath the entry; empty when there is none.
    /// @param id Namehash of a name entry; reverts with ERC721NonexistentToken for anything else.
    function tokenURI(uint256 id) public view override returns (string memory) {
        _requireOwned(id);
        Namehash entry = Namehash.wrap(bytes32(id)).child(METADATA_NOTE_KEY);
        return string(_entries[entry].data.read(entry));
    }

    /// @notice ERC-165: ERC-721, its metadata, access control.
    function supportsInterface(
        bytes4 interfaceId
    ) public view override(ERC721Upgradeable, AccessControlUpgradeable) returns (bool) {
        return super.supportsInterface(interfaceId);
    }

    /// @inheritdoc IHypermap
    function shelvedData() external view {
        Shelf.answer();
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _mintEntry(
        address to,
        bytes calldata label,
        bytes calldata initialization,
        address implementation
    ) private returns (address tba) {
        label.requireName();
        Namehash parent = _callingEntry();
        Namehash entry = parent.join(keccak256(label));
        if (_ownerOf(entry.tokenId()) != address(0)) revert NameAlreadyExists();

        address gene_ = _entries[parent].gene;
        if (gene_ != address(0)) {
            implementation = gene_;
            _entries[entry].gene = gene_;
        }

        emit Mint(Namehash.unwrap(parent), Namehash.unwrap(entry), label, label);
        tba = _createEntry(entry, initialization, implementation);
        _safeTransfer(address(this), to, entry.tokenId());
    }

    /// @dev Creates account and token, the latter owned by Hypermap, and initializes the account in that state. Anyone
    /// may have created the account before, and sent assets to it; only here does it get code to run.
    function _createEntry(
        Namehash entry,
        bytes memory initialization,
        address implementation
    ) private returns (address tba) {
        uint256 id = entry.tokenId();
        tba = IERC6551Registry(ERC6551_REGISTRY).createAccount(
            ACCOUNT_DISPATCHER,
            Namehash.unwrap(entry),
            block.chainid,
            address(this),
            id
        );
        _mint(address(this), id);
        try AccountDispatcher(payable(tba)).initialize(implementation, initialization) {} catch {
            revert FailedToInitializeTBA();
        }
    }

    /// @dev Emits Note or Fact, whose arguments are the same, with a label hash that is known already.
    function _emitData(
        bytes32 selector,
        Namehash parent,
        Namehash entry,
        bytes32 labelhash,
        bytes calldata label,
        bytes calldata data
    ) private {
        bytes memory args = abi.encode(label, data);
        assembly ("memory-safe") {
            log4(add(args, 0x20), mload(args), selector, parent, entry, labelhash)
        }
    }

    /// @dev The entry whose account is calling. The account names its token in its own code; the address proves it.
    function _callingEntry() private view returns (Namehash entry) {
        entry = Accounts.claimedEntry(msg.sender);
        address tba = _tbaOf(entry);
        if (tba != msg.sender || tba == address(0)) revert NotParent();
    }

    function _tbaOf(Namehash entry) private view returns (address) {
        if (_ownerOf(entry.tokenId()) == address(0)) return address(0);
        return Accounts.addressOf(ACCOUNT_DISPATCHER, entry);
    }

    /// @dev Every change of ownership passes here. An entry owned by its own account, directly or through the accounts of
    /// other entries, could never act again, so walk up from the new owner. Owners form no cycle before this change, but
    /// for accounts whose code had gone while they were given away; the bound ends the walk there too.
    function _update(address to, uint256 id, address auth) internal override returns (address from) {
        address owner = to;
        for (uint256 steps = 0; owner.code.length == Accounts.CODE_LENGTH; ++steps) {
            if (steps == OWNERS_MAX) revert OwnershipCycle();
            Namehash entry = Accounts.claimedEntry(owner);
            if (Accounts.addressOf(ACCOUNT_DISPATCHER, entry) != owner) break;
            if (entry.tokenId() == id) revert OwnershipCycle();
            owner = _ownerOf(entry.tokenId());
        }
        return super._update(to, id, auth);
    }
}
