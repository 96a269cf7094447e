// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IPhase} from "../IPhase.sol";

/// @dev A token that can destroy the caller's units, as HYPR can.
interface IBurnable {
    function burn(uint256 amount) external;
}

/// @title What a contract owes to whom, in one ERC-20 token; payments are always asked for, never pushed.
library Ledger {
    using SafeERC20 for IERC20;

    struct Accounts {
        mapping(address account => uint256) owed;
    }

    /// @dev From this phase on earnings are burned.
    uint8 internal constant BURN_PHASE = 3;

    /// @dev Takes what a token without `burn` cannot destroy.
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    /// @notice The token did not move exactly what it was told to.
    error IncorrectTransfer(uint256 received, uint256 expected);

    /// @notice Earnings are not burned in this phase, but there is no treasury.
    error NoTreasury(uint8 phase);

    /// @notice Takes exactly `amount` from `from`.
    function take(IERC20 token, address from, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert IncorrectTransfer(received, amount);
    }

    /// @notice Owes `account` another `amount`.
    function credit(Accounts storage self, address account, uint256 amount) internal {
        self.owed[account] += amount;
    }

    /// @notice Pays `account` all it is owed.
    /// @return amount Paid, zero when there was nothing to pay.
    function pay(Accounts storage self, IERC20 token, address account) internal returns (uint256 amount) {
        amount = self.owed[account];
        if (amount == 0) return 0;
        self.owed[account] = 0;
        token.safeTransfer(account, amount);
    }

    /// @notice Sends earnings where the phase says: owed to the treasury, or burned.
    /// @return treasury Who is owed them; zero when they were burned.
    function earn(
        Accounts storage self,
        IERC20 token,
        IPhase phases,
        uint256 amount
    ) internal returns (address treasury) {
        uint8 phase = phases.phase();
        if (phase >= BURN_PHASE) {
            burn(token, amount);
            return address(0);
        }
        treasury = phases.treasury();
        if (treasury == address(0)) revert NoTreasury(phase);
        credit(self, treasury, amount);
    }

    /// @notice Destroys `amount`, or sends it where nobody can use it when the token does not know how to.
    /// @dev The balance decides, because a token may answer a call it does not know with silence.
    function burn(IERC20 token, uint256 amount) internal {
        uint256 expected = token.balanceOf(address(this)) - amount;
        try IBurnable(address(token)).burn(amount) {
            if (token.balanceOf(address(this)) == expected) return;
        } catch {}
        token.safeTransfer(BURN_ADDRESS, amount);
    }
}
