// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {HyperAccount} from "./HyperAccount.sol";

/// @title An account whose owner may exchange its code.
/// @dev The implementation contract itself needs no lock: it has no ERC-6551 footer, so nobody owns it.
contract HyperAccountUpgradable is HyperAccount, Initializable, UUPSUpgradeable {
    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccount(entryPoint_) {}

    /// @notice Marks the account as set up; once, by anyone, usually as the initialization of its mint.
    function initialize() external initializer {}

    function _authorizeUpgrade(address) internal view override onlyOperator {}
}
