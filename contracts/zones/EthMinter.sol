// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EthZone} from "./EthZone.sol";
import {EnsNames, IEnsRegistry, IEnsToken} from "./libraries/EnsNames.sol";
import {HeldEntries} from "./libraries/HeldEntries.sol";

/// @title The account of `eth` where ENS is on the same chain; it reads ENS itself, wrapped names or not.
/// @notice So a name that is sold takes its entry along at once, and one that lapses can be used by nobody until somebody
/// registers it again.
contract EthMinter is EthZone {
    /// @notice The ENS registry, which knows the registrar of `.eth`.
    IEnsRegistry public immutable ensRegistry;

    /// @notice The ENS name wrapper.
    IEnsToken public immutable nameWrapper;

    /// @param entryPoint_ See HyperAccount.
    /// @param ensRegistry_ The ENS registry of this chain.
    /// @param nameWrapper_ The ENS name wrapper of this chain.
    /// @param template What entries are minted into; see HeldEntries.
    constructor(
        address entryPoint_,
        IEnsRegistry ensRegistry_,
        IEnsToken nameWrapper_,
        HeldEntries.Template memory template
    ) EthZone(entryPoint_, template) {
        ensRegistry = ensRegistry_;
        nameWrapper = nameWrapper_;
    }

    /// @inheritdoc EthZone
    function ensOwnerOf(bytes32 labelhash) public view override returns (address) {
        return EnsNames.ownerOf(ensRegistry, nameWrapper, labelhash);
    }
}
