// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title Two functions that some published clients call by mistake; they do what was meant.
interface IHypermapAliases {
    /// @notice `IHypermap.mint`, from an interface that was never live.
    /// @param erc721Data Ignored.
    function mint(
        address to,
        bytes calldata label,
        bytes calldata initialization,
        bytes calldata erc721Data,
        address implementation
    ) external returns (address tba);

    /// @notice `IHypermap.tbaOf`, for a token id.
    function tbaOf(uint256 entry) external view returns (address);
}
