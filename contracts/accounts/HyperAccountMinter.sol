// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../hypermap/IHypermap.sol";
import {HyperAccountUpgradable} from "./HyperAccountUpgradable.sol";

/// @title An account that mints sub-entries for whoever asks; the base of accounts that ask for something first.
/// @notice The owner can pass every rule by executing Hypermap's `mint` from the account.
contract HyperAccountMinter is HyperAccountUpgradable {
    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccountUpgradable(entryPoint_) {}

    /// @notice The Hypermap this account's entry is part of.
    function hypermap() public view returns (address tokenContract) {
        (, tokenContract, ) = token();
    }

    /// @notice Mints `name` beneath this account's entry; arguments and failures are those of `IHypermap.mint`.
    function mint(
        address to,
        bytes calldata name,
        bytes calldata initialization,
        address implementation
    ) external payable virtual returns (address tba) {
        _beforeMint(name);
        return IHypermap(hypermap()).mint(to, name, initialization, implementation);
    }

    /// @dev Reverts when `msg.sender` may not mint `name`. Here everybody may.
    function _beforeMint(bytes calldata name) internal virtual {}
}
