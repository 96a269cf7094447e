// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @dev The part of the ENS registry used here.
interface IEnsRegistry {
    function owner(bytes32 node) external view returns (address);
}

/// @dev What the registrar of `.eth` and the name wrapper have in common.
interface IEnsToken {
    function ownerOf(uint256 tokenId) external view returns (address);
}

/// @title Who owns a name directly beneath `.eth` in ENS.
/// @notice That is the holder of its registration, or, when the registration is wrapped, of the wrapped token; never the
/// registry's record, which the owner may give to a manager and which outlives the registration.
///
///     registry --owner of eth--> registrar --holder of the label--> owner, or the name wrapper --holder of the name--> owner
library EnsNames {
    /// @dev namehash("eth"), the same in ENS as in Hypermap.
    bytes32 internal constant ETH_NODE = 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae;

    /// @notice Owner of `<label>.eth`; zero when nobody has it, or its registration has lapsed.
    /// @param labelhash keccak256 of the label.
    function ownerOf(
        IEnsRegistry registry,
        IEnsToken wrapper,
        bytes32 labelhash
    ) internal view returns (address owner) {
        owner = _holder(registry.owner(ETH_NODE), uint256(labelhash));
        if (owner != address(wrapper) || owner == address(0)) return owner;
        return _holder(address(wrapper), uint256(keccak256(abi.encode(ETH_NODE, labelhash))));
    }

    /// @dev The registrar reverts for names that are free or have lapsed; the wrapper answers zero.
    function _holder(address token, uint256 id) private view returns (address) {
        if (token.code.length == 0) return address(0);
        try IEnsToken(token).ownerOf(id) returns (address owner) {
            return owner;
        } catch {
            return address(0);
        }
    }
}
