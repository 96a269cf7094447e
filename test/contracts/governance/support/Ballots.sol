// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperwareGovernor} from "../../../../contracts/governance/HyperwareGovernor.sol";
import {Test} from "../../support/Test.sol";

/// @dev Signs votes as wallets do.
abstract contract Ballots is Test {
    function signBallot(
        HyperwareGovernor governor,
        uint256 key,
        uint256 proposalId,
        uint8 support,
        uint256 nonce
    ) internal view returns (bytes memory) {
        address voter = vm.addr(key);
        return _sign(governor, key, abi.encode(governor.BALLOT_TYPEHASH(), proposalId, support, voter, nonce));
    }

    function signExtended(
        HyperwareGovernor governor,
        uint256 key,
        uint256 proposalId,
        uint8 support,
        string memory reason,
        bytes memory params,
        uint256 nonce
    ) internal view returns (bytes memory) {
        bytes memory message = abi.encode(
            governor.EXTENDED_BALLOT_TYPEHASH(),
            proposalId,
            support,
            vm.addr(key),
            nonce,
            keccak256(bytes(reason)),
            keccak256(params)
        );
        return _sign(governor, key, message);
    }

    function signOverride(
        HyperwareGovernor governor,
        uint256 key,
        uint256 proposalId,
        uint8 support,
        string memory reason,
        uint256 nonce
    ) internal view returns (bytes memory) {
        bytes memory message = abi.encode(
            governor.OVERRIDE_BALLOT_TYPEHASH(),
            proposalId,
            support,
            vm.addr(key),
            nonce,
            keccak256(bytes(reason))
        );
        return _sign(governor, key, message);
    }

    function _sign(HyperwareGovernor governor, uint256 key, bytes memory message) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("HyperwareGovernor"),
                keccak256("1"),
                block.chainid,
                address(governor)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            key,
            keccak256(abi.encodePacked(hex"1901", domain, keccak256(message)))
        );
        return abi.encodePacked(r, s, v);
    }
}
