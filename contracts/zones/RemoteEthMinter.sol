// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EthZone} from "./EthZone.sol";
import {IEnsProofs} from "./IEnsProofs.sol";
import {HeldEntries} from "./libraries/HeldEntries.sol";

/// @title The account of `eth` where ENS is on another chain; it believes what was proven of ENS to `EnsProofs`.
///
///     chain of ENS                                        this chain
///     anybody -> EnsProver -> endpoint ~~ LayerZero ~~> endpoint -> EnsProofs
///                   | reads                                            ^ asks, with every mint and use
///                  ENS                                    owner -> RemoteEthMinter <- EntryHolder
///
/// @notice A name that is sold takes its entry along with the next proof, which the buyer, or anybody, sends; one that
/// lapses can be used by nobody from that second on.
contract RemoteEthMinter is EthZone {
    /// @notice What was proven of ENS.
    IEnsProofs public immutable proofs;

    /// @param entryPoint_ See HyperAccount.
    /// @param proofs_ Where proofs arrive on this chain.
    /// @param template What entries are minted into; see HeldEntries.
    constructor(
        address entryPoint_,
        IEnsProofs proofs_,
        HeldEntries.Template memory template
    ) EthZone(entryPoint_, template) {
        proofs = proofs_;
    }

    /// @inheritdoc EthZone
    function ensOwnerOf(bytes32 labelhash) public view override returns (address) {
        return proofs.userOf(labelhash);
    }
}
