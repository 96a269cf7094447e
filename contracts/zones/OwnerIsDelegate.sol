// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {OAppCore} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppCore.sol";

/// @title An OApp whose owner is also its delegate at the endpoint.
/// @notice The delegate chooses who verifies messages, so it can forge them. Whoever hands the OApp over or renounces it
/// gives that up in the same breath.
abstract contract OwnerIsDelegate is OAppCore {
    /// @dev While the contract is constructed it knows no endpoint yet; OAppCore's constructor then sets the delegate.
    function _transferOwnership(address newOwner) internal virtual override {
        super._transferOwnership(newOwner);
        if (address(endpoint) != address(0)) endpoint.setDelegate(newOwner);
    }
}
