// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @dev As much of ENS as the zone `eth` reads, with the answers that the contracts on mainnet give: the registry keeps its
/// records after a registration lapsed, the registrar then reverts, the wrapper answers zero.
contract EnsRegistry {
    mapping(bytes32 node => address) public owner;

    function setOwner(bytes32 node, address owner_) external {
        owner[node] = owner_;
    }
}

contract EnsRegistrar {
    error Lapsed();

    mapping(uint256 id => address) private _owners;
    mapping(uint256 id => uint256) private _expiries;

    function register(string calldata label, address owner, uint256 duration) external {
        uint256 id = uint256(keccak256(bytes(label)));
        (_owners[id], _expiries[id]) = (owner, block.timestamp + duration);
    }

    function ownerOf(uint256 id) external view returns (address) {
        if (_expiries[id] <= block.timestamp) revert Lapsed();
        return _owners[id];
    }
}

contract EnsNameWrapper {
    mapping(uint256 id => address) public ownerOf;

    function wrap(bytes32 node, address owner) external {
        ownerOf[uint256(node)] = owner;
    }
}
