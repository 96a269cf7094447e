// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {OAppCore} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppCore.sol";
import {OAppReceiver, Origin} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppReceiver.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IEnsProofs} from "./IEnsProofs.sol";
import {OwnerIsDelegate} from "./OwnerIsDelegate.sol";
import {EnsProof, EnsProofCodec} from "./libraries/EnsProofCodec.sol";

/// @title Receives proofs of who owns a name in ENS. `IEnsProofs` is the manual.
contract EnsProofs is IEnsProofs, OwnerIsDelegate, OAppReceiver {
    /// @inheritdoc IEnsProofs
    uint32 public immutable ensEid;

    mapping(bytes32 labelhash => Known) private _known;

    /// @param endpoint_ The LayerZero endpoint of this chain.
    /// @param owner_ See IEnsProofs.
    /// @param ensEid_ LayerZero's id of the chain of ENS.
    constructor(address endpoint_, address owner_, uint32 ensEid_) OAppCore(endpoint_, owner_) Ownable(owner_) {
        ensEid = ensEid_;
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEnsProofs
    function userOf(bytes32 labelhash) external view returns (address) {
        Known storage known = _known[labelhash];
        return block.timestamp < known.expiresAt ? known.user : address(0);
    }

    /// @inheritdoc IEnsProofs
    function knownOf(bytes32 labelhash) external view returns (Known memory) {
        return _known[labelhash];
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev OAppReceiver has seen that the endpoint calls, and that the message is from the peer.
    function _lzReceive(
        Origin calldata origin,
        bytes32,
        bytes calldata message,
        address,
        bytes calldata
    ) internal override {
        if (msg.value != 0) revert ValueNotAllowed(msg.value);
        EnsProof memory proof = EnsProofCodec.decode(message);
        Known storage known = _known[proof.labelhash];
        if (_isNewer(proof.provenAt, origin.nonce, known)) _record(proof, origin.nonce);
        else emit Outdated(proof.labelhash, proof.provenAt, origin.nonce, known.provenAt, known.nonce);
    }

    /// @dev Time comes first, since a new peer counts its messages from one again.
    function _isNewer(uint48 provenAt, uint64 nonce, Known storage known) private view returns (bool) {
        return provenAt == known.provenAt ? nonce > known.nonce : provenAt > known.provenAt;
    }

    function _record(EnsProof memory proof, uint64 nonce) private {
        _known[proof.labelhash] = Known(proof.owner, proof.expiresAt, proof.provenAt, proof.user, nonce);
        emit Proven(proof.labelhash, proof.owner, proof.user, proof.expiresAt, proof.provenAt, nonce);
    }

    /// @dev A second source could contradict the first.
    function _setPeer(uint32 eid, bytes32 peer) internal override {
        if (eid != ensEid) revert NotEnsChain(eid, ensEid);
        super._setPeer(eid, peer);
    }

    function _transferOwnership(address newOwner) internal override(Ownable, OwnerIsDelegate) {
        super._transferOwnership(newOwner);
    }
}
