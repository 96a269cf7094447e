// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Keeps what the chain of ENS proved about names directly beneath `.eth`, the newest proof of each.
/// @notice Messages may arrive in any order; one that is older than what is known changes nothing. A message that cannot be
/// taken (too little gas, ETH sent along) reverts, stays with the endpoint, and can be delivered again by anybody.
/// @dev The owner of this contract decides whose word counts (`setPeer`), and who verifies messages, as the endpoint's
/// delegate; it can make anybody the owner of any name. It should be who owns the zone `eth`, or nobody.
interface IEnsProofs {
    /// @notice What is known of a name.
    /// @param owner Who owned it in ENS.
    /// @param expiresAt When the ownership lapses unless a later proof says otherwise, in seconds since 1970.
    /// @param provenAt When ENS said so, in seconds since 1970; zero when nothing was proven.
    /// @param user Who uses the entry for the owner; zero for nobody.
    /// @param nonce Place of the message among those of its sender: orders proofs of the same second.
    struct Known {
        address owner;
        uint48 expiresAt;
        uint48 provenAt;
        address user;
        uint64 nonce;
    }

    /// @notice A proof arrived that is newer than what was known; the fields are those of `Known`.
    event Proven(
        bytes32 indexed labelhash,
        address indexed owner,
        address indexed user,
        uint48 expiresAt,
        uint48 provenAt,
        uint64 nonce
    );

    /// @notice A proof arrived that is older than what is known, and changed nothing.
    event Outdated(bytes32 indexed labelhash, uint48 provenAt, uint64 nonce, uint48 knownAt, uint64 knownNonce);

    /// @notice Proofs come from the chain of ENS alone.
    error NotEnsChain(uint32 eid, uint32 expected);

    /// @notice A delivery carries no ETH; it could never leave again.
    error ValueNotAllowed(uint256 value);

    /// @notice LayerZero's id of the chain of ENS.
    function ensEid() external view returns (uint32);

    /// @notice Who uses the entry of a name now; zero for nobody, also after it lapsed.
    /// @param labelhash keccak256 of the label.
    function userOf(bytes32 labelhash) external view returns (address);

    /// @notice The newest proof of a name, lapsed or not.
    function knownOf(bytes32 labelhash) external view returns (Known memory);
}
