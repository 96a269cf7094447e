// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Hypermap: a namespace of entries, notes and facts.
/// @notice A key is a dotted path such as `~ip.foo.os`, read right to left. Name entries (`foo.os`) are ERC-721 tokens
/// whose token id is their namehash; each has a token-bound account (its TBA) at a counterfactual ERC-6551 address.
/// Beneath a name entry its TBA may mint sub-entries, write notes (`~`, mutable) and inscribe facts (`!`, immutable).
/// The root entry has the empty path and namehash zero.
/// @dev Assumptions that keep it safe:
/// - an account address commits to the dispatcher, chain, Hypermap and namehash (CREATE2), so nobody can place other code there;
/// - an account that Hypermap has not initialized cannot call anything (see AccountDispatcher);
/// - the account dispatcher never changes under a proxy: `upgradeToAndCall` refuses an implementation with another one.
/// - an upgrade keeps `shelvedData` and the creation code of shelves (see Shelf): where long data is follows from them.
interface IHypermap {
    /// @notice A sub-entry was minted. Emitted before the ERC-721 and account events of the same mint.
    /// @param parenthash Namehash of the parent entry.
    /// @param namehash Namehash of the new entry, also its token id.
    /// @param labelhash The label; its topic is `keccak256(label)`.
    /// @param label The label's bytes, 1 to 63 of `0-9 a-z -`.
    event Mint(bytes32 indexed parenthash, bytes32 indexed namehash, bytes indexed labelhash, bytes label);

    /// @notice A note was written, overwritten, or (with empty data) cleared.
    /// @param parenthash Namehash of the entry that holds the note.
    /// @param namehash Namehash of the note itself.
    /// @param labelhash The label; its topic is `keccak256(label)`.
    /// @param label The label's bytes, beginning with `~`.
    /// @param data The note's new data, any bytes.
    event Note(bytes32 indexed parenthash, bytes32 indexed namehash, bytes indexed labelhash, bytes label, bytes data);

    /// @notice A fact was inscribed. It never changes.
    /// @param parenthash Namehash of the entry that holds the fact.
    /// @param namehash Namehash of the fact itself.
    /// @param labelhash The label; its topic is `keccak256(label)`.
    /// @param label The label's bytes, beginning with `!`.
    /// @param data The fact's data, at least one byte.
    event Fact(bytes32 indexed parenthash, bytes32 indexed namehash, bytes indexed labelhash, bytes label, bytes data);

    /// @notice An entry chose the account code that its later children inherit.
    /// @param entry Namehash of the entry.
    /// @param gene The account implementation; zero means the call had no effect.
    event Gene(bytes32 indexed entry, address indexed gene);

    /// @notice The root entry was created. There is no `Mint` for it.
    /// @param zeroTba The root's token-bound account.
    event Zero(address indexed zeroTba);

    /// @notice A note's label does not begin with `~`.
    error NoteMustBeginWithTilde();

    /// @notice A fact's label does not begin with `!`.
    error FactMustBeginWithBang();

    /// @notice A label has a byte other than `0-9`, `a-z` or `-` (after a note's or fact's prefix).
    error InvalidLabelCharacter();

    /// @notice A name has no byte, or a note or fact has none after its prefix.
    error LabelTooShort();

    /// @notice A label, prefix included, has more than 63 bytes.
    error LabelTooLong();

    /// @notice The caller is not the token-bound account of an entry.
    error NotParent();

    /// @notice The entry to be minted exists.
    error NameAlreadyExists();

    /// @notice The fact to be inscribed exists.
    error FactAlreadyExists();

    /// @notice A fact needs at least one byte of data.
    error EmptyFact();

    /// @notice The entry has a gene already, its own or inherited.
    error GeneAlreadySet();

    /// @notice The new entry's account refused its implementation or its initialization call.
    error FailedToInitializeTBA();

    /// @notice An entry may not be owned by its own account, directly or through other entries: nobody could use it again.
    /// Nor may it be given to the end of a chain of more than 64 accounts that own each other's entries.
    error OwnershipCycle();

    /// @notice An upgrade would change the account dispatcher, and with it the address of every account.
    /// @param offered Dispatcher of the offered implementation.
    /// @param expected Dispatcher in use.
    error AccountDispatcherChanged(address offered, address expected);

    /// @notice There was too little gas to keep the data of a long note or fact: 206 per byte.
    /// @param length Bytes of data.
    error DataNotStored(uint256 length);

    /// @notice Part of the published interface; never raised.
    error CannotCreate2Proxy();

    /// @notice Part of the published interface; never raised.
    error OnlyZero();

    /// @notice Creates the root entry and hands it, and the right to upgrade, to `admin`. Once.
    /// @param admin Owner of the root entry and holder of `DEFAULT_ADMIN_ROLE`; the two move independently afterwards.
    function initialize(address admin) external;

    /// @notice Mints a sub-entry of the caller's entry and hands it to `to`.
    /// @dev Only the parent's TBA may call. While `initialization` runs, the new account sees Hypermap as its caller and
    /// owner, so an `execute(...)` blob is authorised. Reverts with any of the label errors, NotParent,
    /// NameAlreadyExists, FailedToInitializeTBA, OwnershipCycle or ERC721InvalidReceiver, labels first.
    /// @param to Owner of the new entry; a contract must accept ERC-721 tokens.
    /// @param label 1 to 63 bytes of `0-9 a-z -`.
    /// @param initialization Call data run on the new account, or empty.
    /// @param implementation Code of the new account; ignored when the parent has a gene.
    /// @return tba Address of the new entry's account.
    function mint(
        address to,
        bytes calldata label,
        bytes calldata initialization,
        address implementation
    ) external returns (address tba);

    /// @notice Writes a note beneath the caller's entry. Empty data clears it.
    /// @param _note Label, `~` and 1 to 62 bytes of `0-9 a-z -`.
    /// @param _data Any bytes.
    /// @return namehash Namehash of the note.
    function note(bytes calldata _note, bytes calldata _data) external returns (bytes32 namehash);

    /// @notice Inscribes a fact beneath the caller's entry, for ever.
    /// @param _fact Label, `!` and 1 to 62 bytes of `0-9 a-z -`.
    /// @param _data At least one byte.
    /// @return namehash Namehash of the fact.
    function fact(bytes calldata _fact, bytes calldata _data) external returns (bytes32 namehash);

    /// @notice Sets, once, the account code that later children of the caller's entry are born with, and pass on.
    /// @param _gene Account implementation; zero has no effect beyond the event.
    function gene(address _gene) external;

    /// @notice What an entry holds. Absent entries give zeros and no data.
    /// @param namehash Namehash of a name, note or fact.
    /// @return tba Account of a name entry; zero for notes and facts.
    /// @return owner Owner of a name entry; zero for notes and facts.
    /// @return data Data of a note or fact; empty for names, and for cleared notes.
    function get(bytes32 namehash) external view returns (address tba, address owner, bytes memory data);

    /// @notice Account, gene and data of an entry.
    /// @param namehash Namehash of a name, note or fact.
    /// @return tba Account of a name entry; zero for notes and facts.
    /// @return gene Account code that the children of a name entry inherit; zero for none.
    /// @return data Data of a note or fact.
    function map(bytes32 namehash) external view returns (address tba, address gene, bytes memory data);

    /// @notice Account of a name entry; zero for anything else.
    /// @param entry Namehash.
    function tbaOf(bytes32 entry) external view returns (address);

    /// @notice Namehash of `label` beneath `parenthash`: `keccak256(parenthash . keccak256(label))`. Checks nothing.
    function leaf(bytes32 parenthash, bytes calldata label) external pure returns (bytes32 namehash);

    /// @notice As `leaf`, with the label's own hash beside it.
    function leafl(
        bytes32 parenthash,
        bytes calldata label
    ) external pure returns (bytes32 namehash, bytes32 labelhash);

    /// @notice For the contracts that keep long data: while one is being created, the bytes it is to keep, bare; else nothing.
    function shelvedData() external view;

    /// @notice Label of the note whose text is an entry's `tokenURI`: `~metadata-uri`.
    function METADATA_NOTE_KEY() external view returns (bytes memory);

    /// @notice The ERC-6551 registry that creates accounts.
    function ERC6551_REGISTRY() external view returns (address);

    /// @notice The ERC-6551 implementation that every account of this namespace is a clone of.
    function ACCOUNT_DISPATCHER() external view returns (address);
}
