// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAuction} from "../../../../contracts/auctions/IAuction.sol";
import {LeaseAuction} from "../../../../contracts/auctions/LeaseAuction.sol";
import {SealedAuction} from "../../../../contracts/auctions/SealedAuction.sol";
import {ZoneLease} from "../../../../contracts/auctions/ZoneLease.sol";
import {IPhases} from "../../../../contracts/governance/IPhases.sol";

/// @title Creates contracts from any code, passing on why one could not be created.
contract Maker {
    function make(bytes memory code) external returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}

/// @title Reads at once where an auction, a lease or the phases stand, and what an account has there.
contract Observer {
    uint256 private constant SEALED = 2;
    uint256 private constant LEASE = 3;

    function lookAtAuction(
        IAuction auction,
        uint256 kind,
        address account
    ) external view returns (uint256[14] memory seen) {
        seen[0] = uint256(auction.state());
        seen[1] = auction.minimumBid();
        seen[2] = auction.owedTo(account);
        seen[3] = uint160(auction.winner());
        seen[4] = auction.price();
        seen[5] = auction.closesAt();
        seen[6] = uint160(auction.lotRecipient());
        IERC20 token = auction.token();
        seen[7] = token.balanceOf(address(auction));
        seen[8] = token.balanceOf(account);
        seen[9] = token.totalSupply();
        if (kind == SEALED) {
            SealedAuction hidden = SealedAuction(address(auction));
            seen[10] = hidden.depositOf(account);
            seen[11] = uint256(hidden.sealOf(account));
            seen[12] = hidden.highestBid();
        }
        if (kind == LEASE) seen[13] = uint160(address(LeaseAuction(address(auction)).lease()));
    }

    function lookAtLease(ZoneLease lease, address account) external view returns (uint256[8] memory seen) {
        seen[0] = uint256(lease.state());
        seen[1] = uint160(lease.tenant());
        seen[2] = lease.paidUntil();
        seen[3] = lease.endsAt();
        seen[4] = lease.owedTo(account);
        seen[5] = lease.rent();
        seen[6] = lease.token().balanceOf(address(lease));
        seen[7] = lease.token().balanceOf(account);
    }

    function lookAtPhases(IPhases phases, address account) external view returns (uint256[7] memory seen) {
        seen[0] = phases.phase();
        seen[1] = uint160(phases.treasury());
        seen[2] = phases.listLength();
        seen[3] = phases.listRemoved() ? 1 : 0;
        seen[4] = phases.isListed(account) ? 1 : 0;
        seen[5] = phases.mayPropose(account) ? 1 : 0;
        seen[6] = uint160(phases.keeper());
    }
}
