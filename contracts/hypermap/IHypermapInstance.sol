// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title What a Hypermap says when the namespace is spread over several of them.
/// @notice The first instance has the empty path as its root. A further one, usually on another chain, has an entry of the
/// first (or of another further one) as its root, and everything in it is beneath that entry. The entry points to it with
/// two facts, see `InstancePointer`. Accounts, genes and owners of the two instances know nothing of each other: who owns
/// the entry in the first instance, and who owns the root of the further one, is for whoever deploys it to agree upon.
///
///     first instance                            further instance, rootEntry = namehash("far.os")
///     (root) - os - far - !chain-id, !address -->  (root = far.os) - alice - ~net-key
///                                                  namehash("~net-key.alice.far.os")
interface IHypermapInstance {
    /// @notice As `IHypermap.initialize(admin)`, for a further instance. Once, and instead of it.
    /// @dev The same logs as for the first instance, `Zero` included, with `root` as token id.
    /// @param admin Owner of the root entry and holder of `DEFAULT_ADMIN_ROLE`.
    /// @param root Namehash of the entry that is the root here; zero is what `initialize(admin)` uses.
    function initialize(address admin, bytes32 root) external;

    /// @notice Namehash of the root entry: zero in the first instance.
    function rootEntry() external view returns (bytes32);
}
