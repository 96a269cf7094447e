// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";

/// @title gHYPR: the votes of locked HYPR, as a Governor reads them.
/// @notice Balance is HYPR locked, in base units of 18 decimals. Votes grow with amount and remaining time (see
/// ITokenRegistry, votesAt) and decay block by block, so they are neither the balance nor the units of
/// DelegateVotesChanged, which are values before the multiplier. It cannot be transferred.
/// @dev The clock is the block number. Each account is its own delegate until it names another.
interface IGovernanceHypr is IERC20Metadata, IERC5805 {
    /// @notice gHYPR belongs to a lock: it is neither transferred nor approved.
    error NotTransferable();

    /// @notice Votes of this block are not final yet.
    /// @param timepoint Block asked for.
    /// @param clock Block now; earlier ones can be asked for.
    error ERC5805FutureLookup(uint256 timepoint, uint48 clock);

    /// @notice Only the token registry may call this.
    error OnlyRegistryCanCall(address caller, address registry);

    /// @notice Emits the events for a lock that changed. Only the token registry may call.
    /// @param account Whose lock.
    /// @param amountBefore HYPR locked before.
    /// @param amountAfter HYPR locked now.
    /// @param valueBefore Value its delegate voted with before.
    /// @param valueAfter Value its delegate votes with now.
    /// @param first Whether this is the account's first lock; it then delegates to itself, unless it ever chose a delegate.
    function lockChanged(
        address account,
        uint256 amountBefore,
        uint256 amountAfter,
        uint256 valueBefore,
        uint256 valueAfter,
        bool first
    ) external;

    /// @notice Who voted with an account's lock at the end of a past block, and with how much of it.
    /// @dev Reverts with ERC5805FutureLookup for other blocks.
    /// @return delegatee The account itself when it had not delegated.
    /// @return votes What the lock added to the delegate's votes; zero when it had not delegated.
    function pastDelegation(
        address account,
        uint256 timepoint
    ) external view returns (address delegatee, uint256 votes);

    /// @notice The locks and all accounting of votes.
    function registry() external view returns (address);
}
