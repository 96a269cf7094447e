// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {IHypermap} from "../../hypermap/IHypermap.sol";

/// @title Calls that the timelock makes to the account of an entry it owns, and that the account makes to Hypermap.
library Actions {
    uint8 private constant CALL = 0;

    /// @notice Call data that mints `label` to `to`.
    function mint(
        IHypermap hypermap,
        address to,
        bytes calldata label,
        bytes calldata initialization,
        address implementation
    ) internal pure returns (bytes memory) {
        return _execute(hypermap, abi.encodeCall(IHypermap.mint, (to, label, initialization, implementation)));
    }

    /// @notice Call data that inscribes a hash of 32 bytes as a fact.
    function fact(IHypermap hypermap, bytes memory label, bytes32 hash) internal pure returns (bytes memory) {
        return _execute(hypermap, abi.encodeCall(IHypermap.fact, (label, abi.encode(hash))));
    }

    /// @notice Label of a numbered fact: `!hip-7`.
    function factLabel(string memory kind, uint256 number) internal pure returns (bytes memory) {
        return abi.encodePacked("!", kind, "-", Strings.toString(number));
    }

    function _execute(IHypermap hypermap, bytes memory data) private pure returns (bytes memory) {
        return abi.encodeCall(IERC6551Executable.execute, (address(hypermap), 0, data, CALL));
    }
}
