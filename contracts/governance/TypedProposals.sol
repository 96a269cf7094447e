// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IAuction} from "../auctions/IAuction.sol";
import {IHypermap} from "../hypermap/IHypermap.sol";
import {Labels} from "../hypermap/libraries/Labels.sol";
import {ITypedProposals} from "./ITypedProposals.sol";
import {IPhases} from "./IPhases.sol";
import {Actions} from "./libraries/Actions.sol";

/// @title The three kinds of proposal. `ITypedProposals` is its manual.
/// @dev The Governor creates it, and takes the last 20 bytes of its calls for the proposer, as in ERC-2771.
contract TypedProposals is ITypedProposals {
    using Address for address;
    using Labels for bytes;

    // ----------------------------------------------------------------------------------------------------- storage

    uint256 private constant MAX_ZONES = 32;

    /// @inheritdoc ITypedProposals
    IHypermap public immutable hypermap;

    /// @inheritdoc ITypedProposals
    IPhases public immutable phases;

    /// @inheritdoc ITypedProposals
    bytes32 public immutable rootEntry;

    /// @inheritdoc ITypedProposals
    bytes32 public immutable governanceEntry;

    /// @inheritdoc ITypedProposals
    address public immutable hypr;

    /// @inheritdoc ITypedProposals
    address public immutable governor;

    // ------------------------------------------------------------------------------------------------- constructor

    /// @param hypermap_ The namespace.
    /// @param phases_ The phases that an auction must go by.
    /// @param rootEntry_ Entry under which zones are minted.
    /// @param governanceEntry_ Entry under which adopted documents are inscribed.
    /// @param hypr_ The token that an auction must be paid in.
    constructor(IHypermap hypermap_, IPhases phases_, bytes32 rootEntry_, bytes32 governanceEntry_, address hypr_) {
        governor = msg.sender;
        hypermap = hypermap_;
        phases = phases_;
        rootEntry = rootEntry_;
        governanceEntry = governanceEntry_;
        hypr = hypr_;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc ITypedProposals
    function proposeZones(
        Zone[] calldata zones,
        IAuction auction,
        string calldata description
    ) external returns (uint256 proposalId) {
        if (zones.length == 0 || zones.length > MAX_ZONES) revert ZonesOutOfRange(zones.length, MAX_ZONES);
        address account = _accountOf(rootEntry);
        bytes32[] memory lot = _requireLot(auction, zones.length);
        bytes[] memory calls = new bytes[](zones.length);
        for (uint256 i = 0; i < zones.length; ++i) {
            _requireNewZone(i, lot[i], zones[i].label);
            calls[i] = _mintCall(address(auction), zones[i]);
        }
        proposalId = _proposeCalls(account, calls, description);
        emit ZonesProposed(proposalId, address(auction), lot);
    }

    /// @inheritdoc ITypedProposals
    function proposeHip(
        uint256 number,
        bytes32 hash,
        string calldata description
    ) external returns (uint256 proposalId) {
        proposalId = _proposeDocument("hip", number, hash, description);
        emit HipProposed(proposalId, number, hash);
    }

    /// @inheritdoc ITypedProposals
    function proposeSpecification(
        uint256 number,
        bytes32 hash,
        string calldata description
    ) external returns (uint256 proposalId) {
        proposalId = _proposeDocument("specification", number, hash, description);
        emit SpecificationProposed(proposalId, number, hash);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITypedProposals
    function adoptedHip(uint256 number) external view returns (bytes32) {
        return bytes32(_adopted(_factOf(Actions.factLabel("hip", number))));
    }

    /// @inheritdoc ITypedProposals
    function adoptedSpecification(uint256 number) external view returns (bytes32) {
        return bytes32(_adopted(_factOf(Actions.factLabel("specification", number))));
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _proposeDocument(
        string memory kind,
        uint256 number,
        bytes32 hash,
        string calldata description
    ) private returns (uint256) {
        if (number == 0 || hash == 0) revert DocumentIncomplete(number, hash);
        bytes memory label = Actions.factLabel(kind, number);
        bytes memory adopted = _adopted(_factOf(label));
        if (adopted.length != 0) revert AlreadyAdopted(_factOf(label), adopted);
        bytes[] memory calls = new bytes[](1);
        calls[0] = Actions.fact(hypermap, label, hash);
        return _proposeCalls(_accountOf(governanceEntry), calls, description);
    }

    /// @dev Proposes that the timelock make these calls, in order, to the account of an entry.
    function _proposeCalls(
        address account,
        bytes[] memory calls,
        string calldata description
    ) private returns (uint256) {
        address[] memory targets = new address[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) targets[i] = account;
        bytes memory call = abi.encodeCall(
            IGovernor.propose,
            (targets, new uint256[](calls.length), calls, description)
        );
        return abi.decode(governor.functionCall(abi.encodePacked(call, msg.sender)), (uint256));
    }

    function _mintCall(address auction, Zone calldata zone) private view returns (bytes memory) {
        return Actions.mint(hypermap, auction, zone.label, zone.initialization, zone.implementation);
    }

    /// @dev The auction's lot, if the auction is one that governance may hand zones to.
    function _requireLot(IAuction auction, uint256 length) private view returns (bytes32[] memory lot) {
        _requireTerm("hypermap", uint160(address(auction.hypermap())), uint160(address(hypermap)));
        _requireTerm("token", uint160(address(auction.token())), uint160(hypr));
        _requireTerm("phases", uint160(address(auction.phases())), uint160(address(phases)));
        _requireTerm("returnTo", uint160(auction.returnTo()), uint160(_timelock()));
        _requireTerm("state", uint8(auction.state()), uint8(IAuction.State.Awaiting));
        lot = auction.lot();
        _requireTerm("lot.length", lot.length, length);
    }

    function _requireTerm(string memory term, uint256 actual, uint256 expected) private pure {
        if (actual != expected) revert AuctionTermDiffers(term, actual, expected);
    }

    function _requireNewZone(uint256 index, bytes32 inLot, bytes calldata label) private view {
        label.requireName();
        bytes32 zone = hypermap.leaf(rootEntry, label);
        if (inLot != zone) revert LotDiffers(index, inLot, zone);
        if (hypermap.tbaOf(zone) != address(0)) revert ZoneExists(zone);
    }

    /// @dev Account of an entry, if the timelock can act for it.
    function _accountOf(bytes32 entry) private view returns (address tba) {
        address owner;
        (tba, owner, ) = hypermap.get(entry);
        if (owner != _timelock()) revert EntryNotOwned(entry, owner, _timelock());
    }

    function _timelock() private view returns (address) {
        return GovernorTimelockControl(payable(governor)).timelock();
    }

    function _factOf(bytes memory label) private view returns (bytes32) {
        return hypermap.leaf(governanceEntry, label);
    }

    function _adopted(bytes32 fact) private view returns (bytes memory data) {
        (, , data) = hypermap.get(fact);
    }
}
