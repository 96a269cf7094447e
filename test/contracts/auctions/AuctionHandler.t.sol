// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAuction} from "../../../contracts/auctions/IAuction.sol";
import {SealedAuction} from "../../../contracts/auctions/SealedAuction.sol";
import {Test} from "../support/Test.sol";
import {HostileBidder, TestPhase} from "./support/Actors.sol";
import {PlainToken} from "./support/Tokens.sol";

/// @dev Does anything that anybody may do to an auction, in any order, and keeps its own books.
contract AuctionHandler is Test {
    uint256 private constant MAX_BID = 1_000 ether;
    bytes32 private constant SALT = "salt";

    IAuction public immutable auction;
    PlainToken public immutable token;
    TestPhase private immutable PHASES;
    address private immutable TREASURY;

    address[4] public actors;
    mapping(address actor => uint256) public paidIn;
    mapping(address actor => uint256) public paidOut;
    mapping(address actor => uint256) private _offered;

    constructor(IAuction auction_, PlainToken token_, TestPhase phases) {
        (auction, token, PHASES) = (auction_, token_, phases);
        TREASURY = phases.treasury();
        actors = [address(0xa1), address(0xa2), address(0xa3), address(new HostileBidder())];
        for (uint256 i = 0; i < actors.length; ++i) {
            token_.mint(actors[i], 1_000_000 ether);
            vm.prank(actors[i]);
            token_.approve(address(auction_), type(uint256).max);
        }
    }

    function bid(uint256 who, uint256 amount, bool isSealed, uint256 hidden) external {
        address actor = actors[who % actors.length];
        amount = amount % MAX_BID;
        _offered[actor] = hidden % MAX_BID;
        uint256 before = token.balanceOf(actor);
        bytes32 seal = isSealed ? _sealFor(actor, _offered[actor]) : bytes32(0);
        vm.prank(actor);
        auction.bid(amount, seal);
        paidIn[actor] += before - token.balanceOf(actor);
    }

    function reveal(uint256 who) external {
        address actor = actors[who % actors.length];
        SealedAuction(address(auction)).reveal(actor, _offered[actor], SALT);
    }

    function withdraw(uint256 who) external {
        address account = who % 5 == 4 ? TREASURY : actors[who % 5];
        uint256 before = token.balanceOf(account);
        auction.withdraw(account);
        paidOut[account] += token.balanceOf(account) - before;
    }

    function settle() external {
        auction.settle();
    }

    function collect(uint256 who) external {
        address actor = actors[who % actors.length];
        vm.prank(actor);
        auction.collect(actor);
    }

    function wait(uint256 duration) external {
        vm.warp(block.timestamp + (duration % 1 days));
    }

    function turnPhase(bool burns) external {
        PHASES.turn(burns ? 3 : 2, TREASURY);
    }

    function _sealFor(address actor, uint256 amount) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(auction), actor, amount, SALT));
    }
}
