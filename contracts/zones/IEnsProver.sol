// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Tells other chains who owns names directly beneath `.eth` in ENS. Must be on the chain of ENS.
/// @notice Anybody may have the truth told, and pays for it: the proof says what ENS says at that moment, not what the sender
/// wants. Chains are named by their LayerZero endpoint id (`eid`), not by their chain id.
///
/// The owner uses the entry on the other chain from the same address. Only a key is the same person on every chain, so a
/// contract that owns a name must first say with `setUser` who acts for it there; until then nobody does.
/// @dev The owner of this contract decides which contract receives proofs on each chain (`setPeer`), how much gas is paid
/// for there (`setEnforcedOptions`), and who verifies messages, as the endpoint's delegate. It may renounce all of it.
interface IEnsProver {
    /// @notice A proof is on its way.
    /// @param user Who will use the entry there; zero for nobody.
    /// @param expiresAt When the ownership lapses unless it is renewed, in seconds since 1970.
    /// @param eid Where it is sent.
    /// @param guid LayerZero's id of the message.
    event ProofSent(
        bytes32 indexed labelhash,
        address indexed owner,
        address indexed user,
        uint48 expiresAt,
        uint32 eid,
        bytes32 guid
    );

    /// @notice An owner of names chose who acts for it on another chain; zero for the default.
    event UserSet(address indexed owner, uint32 indexed eid, address user);

    /// @notice Nobody owns the name in ENS, or its registration has lapsed.
    error NotOwned(bytes32 labelhash);

    /// @notice No gas is set for the delivery to this chain.
    error OptionsMissing(uint32 eid);

    /// @notice Proves to chain `eid` who owns a name. ETH beyond the fee returns to the caller.
    /// @dev Reverts with NotOwned, OptionsMissing, NoPeer when nobody receives proofs there, or LZ_InsufficientFee.
    /// @param labelhash keccak256 of the label.
    /// @return guid LayerZero's id of the message.
    function prove(uint32 eid, bytes32 labelhash) external payable returns (bytes32 guid);

    /// @notice Chooses who uses the entries of the caller's names on chain `eid`, from the next proof of each name on.
    /// @param user Zero for the default: the caller if it is a key, else nobody.
    function setUser(uint32 eid, address user) external;

    /// @notice What `prove` costs now, in wei.
    /// @dev Reverts as `prove`.
    function quote(uint32 eid, bytes32 labelhash) external view returns (uint256 fee);

    /// @notice Who uses, on chain `eid`, the entries of names that `owner` owns; zero for nobody.
    function userOf(uint32 eid, address owner) external view returns (address);
}
