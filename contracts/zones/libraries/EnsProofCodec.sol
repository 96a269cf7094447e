// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @dev What the chain of ENS says of a name directly beneath `.eth`.
/// @param labelhash keccak256 of the label.
/// @param owner Who owned the name there.
/// @param user Who uses the entry here in the owner's stead, mostly the same address; zero for nobody.
/// @param expiresAt When the ownership lapses unless it is renewed, in seconds since 1970.
/// @param provenAt When ENS said so, in seconds since 1970.
struct EnsProof {
    bytes32 labelhash;
    address owner;
    address user;
    uint48 expiresAt;
    uint48 provenAt;
}

/// @title The message that carries a proof: five fields one after the other, big-endian, 84 bytes.
library EnsProofCodec {
    uint256 internal constant LENGTH = 84;

    /// @notice A message of another length is no proof.
    error ProofLength(uint256 given, uint256 expected);

    function encode(EnsProof memory proof) internal pure returns (bytes memory) {
        return abi.encodePacked(proof.labelhash, proof.owner, proof.user, proof.expiresAt, proof.provenAt);
    }

    function decode(bytes calldata message) internal pure returns (EnsProof memory) {
        if (message.length != LENGTH) revert ProofLength(message.length, LENGTH);
        return
            EnsProof({
                labelhash: bytes32(message[:32]),
                owner: address(bytes20(message[32:52])),
                user: address(bytes20(message[52:72])),
                expiresAt: uint48(bytes6(message[72:78])),
                provenAt: uint48(bytes6(message[78:84]))
            });
    }
}
