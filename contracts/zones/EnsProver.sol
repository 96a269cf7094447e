// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {OAppCore} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppCore.sol";
import {MessagingFee, OAppSender} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppSender.sol";
import {OAppOptionsType3} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/libs/OAppOptionsType3.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IEnsProver} from "./IEnsProver.sol";
import {OwnerIsDelegate} from "./OwnerIsDelegate.sol";
import {EnsNames, IEnsRegistry, IEnsToken} from "./libraries/EnsNames.sol";
import {EnsProof, EnsProofCodec} from "./libraries/EnsProofCodec.sol";
import {Keys} from "./libraries/Keys.sol";

/// @title Sends proofs of who owns a name in ENS. `IEnsProver` is the manual.
contract EnsProver is IEnsProver, OwnerIsDelegate, OAppSender, OAppOptionsType3 {
    /// @notice The one kind of message, in LayerZero's terms.
    uint16 public constant PROOF = 1;

    /// @notice The ENS registry, which knows the registrar of `.eth`.
    IEnsRegistry public immutable ensRegistry;

    /// @notice The ENS name wrapper.
    IEnsToken public immutable nameWrapper;

    mapping(uint32 eid => mapping(address owner => address)) private _users;

    /// @param endpoint_ The LayerZero endpoint of this chain.
    /// @param owner_ See IEnsProver.
    /// @param ensRegistry_ The ENS registry of this chain.
    /// @param nameWrapper_ The ENS name wrapper of this chain.
    constructor(
        address endpoint_,
        address owner_,
        IEnsRegistry ensRegistry_,
        IEnsToken nameWrapper_
    ) OAppCore(endpoint_, owner_) Ownable(owner_) {
        ensRegistry = ensRegistry_;
        nameWrapper = nameWrapper_;
    }

    // ----------------------------------------------------------------------------------------------------- actions

    /// @inheritdoc IEnsProver
    function prove(uint32 eid, bytes32 labelhash) external payable returns (bytes32 guid) {
        EnsProof memory proof = _proofOf(eid, labelhash);
        MessagingFee memory fee = MessagingFee(msg.value, 0);
        guid = _lzSend(eid, EnsProofCodec.encode(proof), _optionsOf(eid), fee, msg.sender).guid;
        emit ProofSent(labelhash, proof.owner, proof.user, proof.expiresAt, eid, guid);
    }

    /// @inheritdoc IEnsProver
    function setUser(uint32 eid, address user) external {
        _users[eid][msg.sender] = user;
        emit UserSet(msg.sender, eid, user);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEnsProver
    function quote(uint32 eid, bytes32 labelhash) external view returns (uint256 fee) {
        return _quote(eid, EnsProofCodec.encode(_proofOf(eid, labelhash)), _optionsOf(eid), false).nativeFee;
    }

    /// @inheritdoc IEnsProver
    function userOf(uint32 eid, address owner) public view returns (address) {
        address user = _users[eid][owner];
        if (user != address(0)) return user;
        return Keys.isKey(owner) ? owner : address(0);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _proofOf(uint32 eid, bytes32 labelhash) private view returns (EnsProof memory) {
        address owner = EnsNames.ownerOf(ensRegistry, nameWrapper, labelhash);
        if (owner == address(0)) revert NotOwned(labelhash);
        uint48 expiresAt = EnsNames.expiryOf(ensRegistry, nameWrapper, labelhash);
        return EnsProof(labelhash, owner, userOf(eid, owner), expiresAt, uint48(block.timestamp));
    }

    function _optionsOf(uint32 eid) private view returns (bytes memory options) {
        options = enforcedOptions[eid][PROOF];
        if (options.length == 0) revert OptionsMissing(eid);
    }

    function _transferOwnership(address newOwner) internal override(Ownable, OwnerIsDelegate) {
        super._transferOwnership(newOwner);
    }
}
