// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../IHypermap.sol";

/// @title The two facts beneath an entry that say where the instance is whose root that entry is.
/// @notice `!chain-id` is 32 bytes, big-endian; `!address` is the 20 bytes of that chain's Hypermap. Being facts, they
/// never change: whoever follows them once may remember where they lead.
library InstancePointer {
    bytes internal constant CHAIN_ID = "!chain-id";
    bytes internal constant ADDRESS = "!address";

    /// @notice Calls to Hypermap that write the pointer; the entry's account is to make them.
    function encodeCalls(uint256 chainId, address instance) internal pure returns (bytes[2] memory) {
        return
            [
                abi.encodeCall(IHypermap.fact, (CHAIN_ID, abi.encode(chainId))),
                abi.encodeCall(IHypermap.fact, (ADDRESS, abi.encodePacked(instance)))
            ];
    }

    /// @notice Where the entry points; `exists` is false when a fact is missing or has another length.
    function read(
        IHypermap hypermap,
        bytes32 entry
    ) internal view returns (bool exists, uint256 chainId, address instance) {
        (, , bytes memory chain) = hypermap.get(hypermap.leaf(entry, CHAIN_ID));
        (, , bytes memory place) = hypermap.get(hypermap.leaf(entry, ADDRESS));
        if (chain.length != 32 || place.length != 20) return (false, 0, address(0));
        return (true, uint256(bytes32(chain)), address(bytes20(place)));
    }
}
