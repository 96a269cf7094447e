// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IHyperAccount} from "../../accounts/IHyperAccount.sol";
import {IHypermap} from "../../hypermap/IHypermap.sol";

/// @title Minting entries into holders, for minters that keep a say in who uses what they minted.
/// @notice Every held entry has the same account code, and nothing is run while it is minted, so that no user can leave
/// something behind in the account of the next.
library HeldEntries {
    /// @dev What a zone mints with.
    /// @param holder The EntryHolder that holders are clones of.
    /// @param account Code of held entries' accounts: a HyperAccount without EntryPoint.
    struct Template {
        address holder;
        address account;
    }

    /// @notice Held accounts may not obey an EntryPoint.
    error EntryPointNotAllowed(address entryPoint);

    /// @notice Nothing may be run on a held account while it is minted.
    error InitializationNotAllowed(uint256 length);

    /// @notice Held accounts all have the same code; `expected` or zero may be asked for.
    error ImplementationNotAllowed(address offered, address expected);

    /// @notice Refuses account code that obeys an EntryPoint.
    function requireNoEntryPoint(address account) internal view {
        address entryPoint = IHyperAccount(account).entryPoint();
        if (entryPoint != address(0)) revert EntryPointNotAllowed(entryPoint);
    }

    /// @notice Refuses what a minter of held entries cannot grant.
    function requirePlain(Template memory self, bytes calldata initialization, address implementation) internal pure {
        if (initialization.length != 0) revert InitializationNotAllowed(initialization.length);
        if (implementation == address(0) || implementation == self.account) return;
        revert ImplementationNotAllowed(implementation, self.account);
    }

    /// @notice Mints `label` beneath the calling account's entry, into a new holder whose rule the caller is.
    /// @param entry Namehash of the new entry.
    function mint(
        Template memory self,
        IHypermap hypermap,
        bytes32 entry,
        bytes calldata label
    ) internal returns (address tba) {
        address holder = Clones.cloneDeterministicWithImmutableArgs(self.holder, _terms(hypermap, entry), entry);
        return hypermap.mint(holder, label, "", self.account);
    }

    /// @notice Where the holder of `entry` is, minted or not.
    function holderOf(Template memory self, IHypermap hypermap, bytes32 entry) internal view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(self.holder, _terms(hypermap, entry), entry);
    }

    function _terms(IHypermap hypermap, bytes32 entry) private view returns (bytes memory) {
        return abi.encode(address(this), hypermap, entry);
    }
}
