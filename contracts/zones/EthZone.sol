// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountMinter} from "../accounts/HyperAccountMinter.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IUseRule} from "./IUseRule.sol";
import {HeldEntries} from "./libraries/HeldEntries.sol";

/// @title The account of `eth`: whoever owns `alice.eth` in ENS, and nobody else, mints and uses `alice.eth` here.
/// @notice The entry stays with an `EntryHolder`, which asks with every use who has the name at that moment. Where the answer
/// comes from is what its two kinds differ in: `EthMinter` reads ENS, `RemoteEthMinter` what was proven of ENS elsewhere.
/// @dev Users trust the owner of the zone, who may act as the zone's account, as with every minter.
abstract contract EthZone is HyperAccountMinter, IUseRule {
    using HeldEntries for HeldEntries.Template;

    /// @custom:storage-location erc7201:hyperware.storage.EthMinter
    struct EthStorage {
        mapping(bytes32 entry => bytes32) labelhashes;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("hyperware.storage.EthMinter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant ETH_SLOT = 0x53ede61503c4d204a2d63e9497c74fb1ba2da5eb2c15a2f1d2b97237a15aca00;

    address private immutable HOLDER;
    address private immutable HELD_ACCOUNT;

    /// @notice The caller, or the one it mints for, does not own the name in ENS.
    /// @param offered Who it was tried for.
    /// @param owner Who owns the name; zero for nobody.
    error NotEnsOwner(address offered, address owner);

    /// @param entryPoint_ See HyperAccount.
    /// @param template What entries are minted into; see HeldEntries.
    constructor(address entryPoint_, HeldEntries.Template memory template) HyperAccountMinter(entryPoint_) {
        HeldEntries.requireNoEntryPoint(template.account);
        HOLDER = template.holder;
        HELD_ACCOUNT = template.account;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @notice Mints `name` for its owner in ENS, who must call. Free; ETH sent along stays with the zone, as with every minter.
    /// @dev Reverts with NotEnsOwner, InitializationNotAllowed, ImplementationNotAllowed, or as
    /// `IHypermap.mint`.
    /// @param to The caller.
    /// @param initialization Must be empty.
    /// @param implementation Must be zero, or the code all entries of the zone have.
    function mint(
        address to,
        bytes calldata name,
        bytes calldata initialization,
        address implementation
    ) external payable override returns (address tba) {
        bytes32 labelhash = keccak256(name);
        address owner = ensOwnerOf(labelhash);
        if (msg.sender != owner || owner == address(0)) revert NotEnsOwner(msg.sender, owner);
        if (to != owner) revert NotEnsOwner(to, owner);
        _template().requirePlain(initialization, implementation);

        IHypermap map = IHypermap(hypermap());
        (, , uint256 zone) = token();
        bytes32 entry = map.leaf(bytes32(zone), name);
        _names().labelhashes[entry] = labelhash;
        return _template().mint(map, entry, name);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Who has a name directly beneath `.eth` now; zero for nobody.
    /// @param labelhash keccak256 of the label.
    function ensOwnerOf(bytes32 labelhash) public view virtual returns (address);

    /// @inheritdoc IUseRule
    function userOf(bytes32 entry) external view returns (address) {
        bytes32 labelhash = _names().labelhashes[entry];
        return labelhash == 0 ? address(0) : ensOwnerOf(labelhash);
    }

    /// @notice The EntryHolder through which the owner of the name uses `entry`.
    function holderOf(bytes32 entry) external view returns (address) {
        return _template().holderOf(IHypermap(hypermap()), entry);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _template() private view returns (HeldEntries.Template memory) {
        return HeldEntries.Template(HOLDER, HELD_ACCOUNT);
    }

    function _names() private pure returns (EthStorage storage $) {
        assembly {
            $.slot := ETH_SLOT
        }
    }
}
