// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAuction} from "../auctions/IAuction.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {IPhases} from "./IPhases.sol";

/// @title The three kinds of proposal as functions that check their arguments and call the Governor's plain `propose`.
/// @notice Clients that know nothing of kinds see ordinary proposals of whoever called here. Governance may decide on
/// anything else by plain `propose`.
/// @dev Assumptions that keep it safe:
/// - it decides nothing: what it lets pass is voted on, and what it refuses can be proposed without it;
/// - the timelock owns root and governance entry, and the account of an entry does what its owner says.
interface ITypedProposals {
    /// @notice A zone to be minted.
    /// @param label 1 to 63 bytes of `0-9 a-z -`.
    /// @param implementation Code of its account.
    /// @param initialization Call data run on its account when it is minted, or empty.
    struct Zone {
        bytes label;
        address implementation;
        bytes initialization;
    }

    /// @notice Proposed: zones to mint, and the auction to mint them to. Follows ProposalCreated.
    /// @param zones Their namehashes, ascending.
    event ZonesProposed(uint256 indexed proposalId, address indexed auction, bytes32[] zones);

    /// @notice Proposed: a Hyperware Improvement Proposal. Follows ProposalCreated.
    /// @param number Its number.
    /// @param hash keccak-256 of its text.
    event HipProposed(uint256 indexed proposalId, uint256 indexed number, bytes32 hash);

    /// @notice Proposed: a Specification of Hyperware. Follows ProposalCreated.
    /// @param number Its version.
    /// @param hash keccak-256 of its text.
    event SpecificationProposed(uint256 indexed proposalId, uint256 indexed number, bytes32 hash);

    /// @notice The timelock could not act for the entry.
    error EntryNotOwned(bytes32 entry, address owner, address timelock);

    /// @notice A proposal mints 1 to `most` zones.
    error ZonesOutOfRange(uint256 given, uint256 most);

    /// @notice The zone to be minted exists.
    error ZoneExists(bytes32 zone);

    /// @notice A term of the auction is not what governance requires; addresses and states as numbers.
    error AuctionTermDiffers(string term, uint256 actual, uint256 expected);

    /// @notice The auction's lot has another entry here than the proposal.
    /// @param index Place in the lot, from zero.
    error LotDiffers(uint256 index, bytes32 inLot, bytes32 proposed);

    /// @notice A document needs a number, from 1, and a hash.
    error DocumentIncomplete(uint256 number, bytes32 hash);

    /// @notice A document of this kind and number was adopted before.
    /// @param fact Namehash of the fact that says so.
    /// @param hash Its data.
    error AlreadyAdopted(bytes32 fact, bytes hash);

    /// @notice Proposes to mint one zone, or a bundle of them, to the auction that will sell them.
    /// @dev The auction's token must be HYPR, its phases ours, unsold lots must return to the timelock, its lot must be
    /// exactly the zones, and it must still await them; other sales can be proposed with plain `propose`. Reverts with
    /// EntryNotOwned, ZonesOutOfRange, ZoneExists, AuctionTermDiffers, LotDiffers, Hypermap's label errors, or as
    /// `propose` does.
    /// @param zones 1 to 32, with ascending namehashes.
    /// @param auction An auction that was not used yet.
    /// @param description Text or Markdown; its first line is the title.
    function proposeZones(
        Zone[] calldata zones,
        IAuction auction,
        string calldata description
    ) external returns (uint256 proposalId);

    /// @notice Proposes to adopt a Hyperware Improvement Proposal: to inscribe `!hip-<number>` with its hash.
    /// @dev Reverts with DocumentIncomplete, AlreadyAdopted, EntryNotOwned, or as `propose` does.
    /// @param hash keccak-256 of its text.
    function proposeHip(
        uint256 number,
        bytes32 hash,
        string calldata description
    ) external returns (uint256 proposalId);

    /// @notice Proposes to adopt a Specification: to inscribe `!specification-<number>` with its hash.
    /// @dev Reverts as proposeHip.
    /// @param hash keccak-256 of its text.
    function proposeSpecification(
        uint256 number,
        bytes32 hash,
        string calldata description
    ) external returns (uint256 proposalId);

    /// @notice Hash that was adopted under this number; zero for none.
    function adoptedHip(uint256 number) external view returns (bytes32 hash);

    /// @notice As adoptedHip, for Specifications.
    function adoptedSpecification(uint256 number) external view returns (bytes32 hash);

    /// @notice The Governor it proposes to.
    function governor() external view returns (address);

    /// @notice The phases that an auction must go by.
    function phases() external view returns (IPhases);

    /// @notice The token that an auction must be paid in.
    function hypr() external view returns (address);

    /// @notice The namespace that is governed.
    function hypermap() external view returns (IHypermap);

    /// @notice Entry under which zones are minted.
    function rootEntry() external view returns (bytes32);

    /// @notice Entry under which adopted documents are inscribed.
    function governanceEntry() external view returns (bytes32);
}
