// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPhase} from "../../../contracts/auctions/IPhase.sol";
import {Ledger} from "../../../contracts/auctions/libraries/Ledger.sol";

/// @title What a contract took, paid and burned, next to what it owes. The proofs put Ledger's functions on accounts here.
/// @dev A token that moves what it is told to, no more and no less, and by nobody's will, is an assumption of IAuction;
/// so is a phase contract that answers.
abstract contract Till {
    uint256 internal taken;
    uint256 internal paidOut;
    uint256 internal burned;
    uint8 internal _phase;
    address internal _treasury;
    bytes32 internal _hash;
    Ledger.Accounts internal _ledger;

    function _take(address, uint256 amount) internal {
        taken += amount;
    }

    function _send(address, uint256 amount) internal {
        paidOut += amount;
    }

    function _burn(uint256 amount) internal {
        burned += amount;
    }
}
