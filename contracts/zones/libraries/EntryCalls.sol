// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHyperAccount} from "../../accounts/IHyperAccount.sol";
import {IHypermap} from "../../hypermap/IHypermap.sol";

/// @title Calls by the account of an entry that the calling contract owns, for a user who has it for a time.
/// @notice The user can not change what the account is, nor bind whoever uses the entry next:
/// - only plain calls, so the account's code and storage stay what they are;
/// - no gene, which would rule over all later sub-entries for ever.
/// Sub-entries, facts, and approvals given to others do outlive the user, as they outlive the sale of any entry.
library EntryCalls {
    uint8 private constant CALL = 0;

    /// @notice A gene lasts for ever; whoever has the entry for a time may not set it.
    error GeneNotAllowed(bytes32 entry);

    /// @notice Has the account of `entry` call `to`, passing on what ETH came with this call.
    /// @return Data returned by `to`; its failure is returned unchanged.
    function perform(
        IHypermap hypermap,
        bytes32 entry,
        address to,
        uint256 value,
        bytes memory data
    ) internal returns (bytes memory) {
        if (to == address(hypermap) && bytes4(data) == IHypermap.gene.selector) revert GeneNotAllowed(entry);
        return IHyperAccount(hypermap.tbaOf(entry)).execute{value: msg.value}(to, value, data, CALL);
    }
}
