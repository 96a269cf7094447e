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
    mapping(uint256 id => uint256) public nameExpires;

    function register(string calldata label, address owner, uint256 duration) external {
        uint256 id = uint256(keccak256(bytes(label)));
        (_owners[id], nameExpires[id]) = (owner, block.timestamp + duration);
    }

    function ownerOf(uint256 id) external view returns (address) {
        if (nameExpires[id] <= block.timestamp) revert Lapsed();
        return _owners[id];
    }
}

contract EnsNameWrapper {
    struct Wrapped {
        address owner;
        uint64 expiry;
    }

    mapping(uint256 id => Wrapped) private _wrapped;

    function wrap(bytes32 node, address owner) external {
        wrapUntil(node, owner, type(uint64).max);
    }

    function wrapUntil(bytes32 node, address owner, uint64 expiry) public {
        _wrapped[uint256(node)] = Wrapped(owner, expiry);
    }

    function ownerOf(uint256 id) external view returns (address owner) {
        (owner, , ) = getData(id);
    }

    function getData(uint256 id) public view returns (address owner, uint32 fuses, uint64 expiry) {
        expiry = _wrapped[id].expiry;
        if (expiry >= block.timestamp) owner = _wrapped[id].owner;
        fuses = 0;
    }
}
