// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ILayerZeroExecutor} from "@layerzerolabs/lz-evm-messagelib-v2/contracts/interfaces/ILayerZeroExecutor.sol";
import {ILayerZeroDVN} from "@layerzerolabs/lz-evm-messagelib-v2/contracts/uln/interfaces/ILayerZeroDVN.sol";

/// @dev Verifier and executor of the sending chain, as far as SendUln302 knows them: they take a job and name their price.
contract Workers is ILayerZeroDVN, ILayerZeroExecutor {
    uint256 public constant PRICE = 1 gwei;

    function assignJob(AssignJobParam calldata, bytes calldata) external payable returns (uint256) {
        return PRICE;
    }

    function getFee(uint32, uint64, address, bytes calldata) external pure returns (uint256) {
        return PRICE;
    }

    function assignJob(uint32, address, uint256, bytes calldata) external pure returns (uint256) {
        return PRICE;
    }

    function getFee(uint32, address, uint256, bytes calldata) external pure returns (uint256) {
        return PRICE;
    }
}
