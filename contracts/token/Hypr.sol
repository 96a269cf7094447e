// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title HYPR, the utility token: 1,000,000,000 tokens of 18 decimals, all minted at construction.
/// @notice An ERC-20 with approval by signature (ERC-2612) and burning. Nobody can mint, pause or seize.
contract Hypr is ERC20, ERC20Burnable, ERC20Permit {
    /// @notice The supply at construction, in base units; burning is the only change to it.
    uint256 public constant INITIAL_SUPPLY = 1_000_000_000e18;

    /// @param holder Receives the whole supply; zero reverts with ERC20InvalidReceiver.
    constructor(address holder) ERC20("Hyperware", "HYPR") ERC20Permit("Hyperware") {
        _mint(holder, INITIAL_SUPPLY);
    }
}
