// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev The part of the ENS registry used here.
interface IEnsRegistry {
    function owner(bytes32 node) external view returns (address);
}

/// @dev What the registrar of `.eth` and the name wrapper have in common.
interface IEnsToken {
    function ownerOf(uint256 tokenId) external view returns (address);
}

/// @dev What else the registrar knows.
interface IEnsRegistrar is IEnsToken {
    function nameExpires(uint256 tokenId) external view returns (uint256);
}

/// @dev What else the name wrapper knows.
interface IEnsWrapper is IEnsToken {
    function getData(uint256 tokenId) external view returns (address owner, uint32 fuses, uint64 expiry);
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
        return _holder(address(wrapper), _wrappedId(labelhash));
    }

    /// @notice When the ownership of a name that is owned lapses unless it is renewed, in seconds since 1970.
    /// @dev Wrapper and registrar each let it lapse by a clock of their own, so the earlier one counts.
    function expiryOf(IEnsRegistry registry, IEnsToken wrapper, bytes32 labelhash) internal view returns (uint48) {
        address registrar = registry.owner(ETH_NODE);
        uint256 expiry = IEnsRegistrar(registrar).nameExpires(uint256(labelhash));
        if (_holder(registrar, uint256(labelhash)) == address(wrapper)) {
            (, , uint64 wrapped) = IEnsWrapper(address(wrapper)).getData(_wrappedId(labelhash));
            expiry = Math.min(expiry, wrapped);
        }
        return uint48(Math.min(expiry, type(uint48).max));
    }

    function _wrappedId(bytes32 labelhash) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(ETH_NODE, labelhash)));
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
