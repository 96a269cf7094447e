// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Auction} from "./Auction.sol";
import {EnglishAuction} from "./EnglishAuction.sol";
import {ZoneLease} from "./ZoneLease.sol";

/// @title Open bids for the use of the lot: the highest rent per period wins.
/// @notice Like an English auction, but the lot goes to a `ZoneLease`, created at settlement, which lets the winner use it
/// for at most `periods` periods. The winning bid pays for the first one, which begins at settlement.
contract LeaseAuction is EnglishAuction {
    uint256 private constant MAX_PERIOD = 3650 days;
    uint256 private constant MAX_PERIODS = 1000;

    /// @notice Seconds that one payment of rent lasts.
    uint256 public immutable period;

    /// @notice Most periods the lease lasts.
    uint256 public immutable periods;

    /// @notice Seconds for which unpaid rent can still be paid.
    uint256 public immutable grace;

    /// @notice The lease; zero before settlement, and when nobody bid.
    ZoneLease public lease;

    /// @notice The lease was created.
    event Leased(ZoneLease indexed lease, address indexed tenant, uint256 rent);

    /// @param terms See IAuction; the reserve is that of one period.
    /// @param incrementBps_ See EnglishAuction.
    /// @param timeBuffer_ See EnglishAuction.
    /// @param period_ Seconds, 1 to 315,360,000 (ten years).
    /// @param periods_ 1 to 1,000.
    /// @param grace_ Seconds, 0 to `period_`.
    constructor(
        Terms memory terms,
        uint256 incrementBps_,
        uint256 timeBuffer_,
        uint256 period_,
        uint256 periods_,
        uint256 grace_
    ) EnglishAuction(terms, incrementBps_, timeBuffer_) {
        _requireRange("period", period_, 1, MAX_PERIOD);
        _requireRange("periods", periods_, 1, MAX_PERIODS);
        _requireRange("grace", grace_, 0, period_);
        period = period_;
        periods = periods_;
        grace = grace_;
    }

    /// @dev The lease owns the lot from the first second on, so it is delivered at once; a lease cannot refuse it.
    /// @inheritdoc Auction
    function _recipientOfSale(uint256 rent) internal override returns (address) {
        ZoneLease.Lease memory terms = ZoneLease.Lease({
            hypermap: hypermap,
            token: token,
            phases: phases,
            returnTo: returnTo,
            rent: rent,
            period: period,
            periods: periods,
            grace: grace
        });
        lease = new ZoneLease(terms, lot(), winner);
        emit Leased(lease, winner, rent);
        _deliver(address(lease));
        return address(lease);
    }
}
