// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountMinter} from "./HyperAccountMinter.sol";

/// @title A minter for those whom the owner of its entry has allowed a number of names.
contract HyperAccountPermissionedMinter is HyperAccountMinter {
    /// @custom:storage-location erc7201:hyperware.storage.HyperAccountPermissionedMinter
    struct PermissionStorage {
        mapping(address minter => uint256) allowance;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("hyperware.storage.HyperAccountPermissionedMinter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant PERMISSION_SLOT = 0xc10bead76d72b21609d4fe1d33cd8aad131549095213fa17097bb7aac977ab00;

    /// @notice The owner changed how many names `minter` may still mint.
    event AllowanceChanged(address indexed minter, uint256 allowance);

    /// @notice The caller may mint no (more) names; the owner too needs an allowance to call `mint`.
    error InsufficientAllowance(address minter);

    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccountMinter(entryPoint_) {}

    /// @notice Sets, not adds, how many names `minter` may mint. Only for the owner; else NotOperator.
    function auth(address minter, uint256 names) external onlyOperator {
        _setAllowance(minter, names);
    }

    /// @notice Takes the whole allowance of `minter`. Only for the owner; else NotOperator.
    function deauth(address minter) external onlyOperator {
        _setAllowance(minter, 0);
    }

    /// @notice How many names `minter` may still mint.
    function allowance(address minter) external view returns (uint256) {
        return _permissions().allowance[minter];
    }

    /// @dev Uses up one of the caller's names.
    /// @inheritdoc HyperAccountMinter
    function _beforeMint(bytes calldata) internal override {
        uint256 left = _permissions().allowance[msg.sender];
        if (left == 0) revert InsufficientAllowance(msg.sender);
        _permissions().allowance[msg.sender] = left - 1;
    }

    function _setAllowance(address minter, uint256 names) private {
        _permissions().allowance[minter] = names;
        emit AllowanceChanged(minter, names);
    }

    function _permissions() private pure returns (PermissionStorage storage $) {
        assembly {
            $.slot := PERMISSION_SLOT
        }
    }
}
