// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountMinter} from "./HyperAccountMinter.sol";

/// @title A minter for whoever pays its price, in ETH.
/// @notice Set up with `initialize(uint256)`. After a plain `initialize()` it has no price and mints nothing until the
/// owner sets one.
contract HyperAccountPaidMinter is HyperAccountMinter {
    /// @custom:storage-location erc7201:hyperware.storage.HyperAccountPaidMinter
    struct PaidStorage {
        /// @dev Wei; zero until it is set.
        uint256 price;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("hyperware.storage.HyperAccountPaidMinter")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant PAID_SLOT = 0xa8bdf491590d52ea140743c5a537a794529955087def610ae890e9428c7c9200;

    /// @notice The price changed; both in wei.
    event PriceUpdated(uint256 oldPrice, uint256 newPrice);

    /// @notice A payment must be exact.
    /// @param offered Wei sent.
    /// @param expected Wei due.
    error IncorrectPayment(uint256 offered, uint256 expected);

    /// @notice The owner did not take the money, or there is none.
    /// @param to The owner.
    /// @param amount Wei.
    error WithdrawFailed(address to, uint256 amount);

    /// @notice A price may not be zero, and nothing is minted before there is one.
    error InvalidPrice();

    /// @param entryPoint_ See HyperAccount.
    constructor(address entryPoint_) HyperAccountMinter(entryPoint_) {}

    /// @notice Sets the account up with a price in wei; once, by anyone, usually as the initialization of its mint.
    function initialize(uint256 initialPrice) external initializer {
        _setPrice(initialPrice);
    }

    /// @notice Changes the price, in wei, for later mints. Only for the owner; else NotOperator.
    function setPrice(uint256 newPrice) external onlyOperator {
        _setPrice(newPrice);
    }

    /// @notice Sends the account's whole balance to the owner. Only for the owner; else NotOperator.
    function withdraw() external onlyOperator {
        uint256 amount = address(this).balance;
        if (amount == 0) revert WithdrawFailed(msg.sender, 0);
        (bool paid, ) = msg.sender.call{value: amount}("");
        if (!paid) revert WithdrawFailed(msg.sender, amount);
    }

    /// @notice What a mint costs, in wei; zero while nothing can be minted.
    function currentPrice() public view returns (uint256) {
        return _paid().price;
    }

    /// @inheritdoc HyperAccountMinter
    function _beforeMint(bytes calldata) internal view override {
        uint256 price = currentPrice();
        if (price == 0) revert InvalidPrice();
        _requirePayment(price);
    }

    /// @dev Refuses a call that does not carry exactly `expected` wei.
    function _requirePayment(uint256 expected) internal view {
        if (msg.value != expected) revert IncorrectPayment(msg.value, expected);
    }

    function _setPrice(uint256 newPrice) private {
        if (newPrice == 0) revert InvalidPrice();
        uint256 oldPrice = _paid().price;
        _paid().price = newPrice;
        emit PriceUpdated(oldPrice, newPrice);
    }

    function _paid() private pure returns (PaidStorage storage $) {
        assembly {
            $.slot := PAID_SLOT
        }
    }
}
