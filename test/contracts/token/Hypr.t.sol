// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Hypr} from "../../../contracts/token/Hypr.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract HyprTest is TokenTest {
    bytes32 private constant PERMIT = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    function test_TheSupplyIsABillionTokensOfEighteenDecimals() public {
        Hypr fresh = new Hypr(BOB);
        assertEq(fresh.totalSupply(), 1_000_000_000 * 10 ** 18, "supply");
        assertEq(fresh.balanceOf(BOB), fresh.INITIAL_SUPPLY(), "all with the holder");
        assertEq(fresh.decimals(), 18, "decimals");
        assertEq(bytes(fresh.symbol()), "HYPR", "symbol");
        assertEq(bytes(fresh.name()), "Hyperware", "name");
    }

    function test_NobodyCanHoldTheSupplyOfZero() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        new Hypr(address(0));
    }

    function test_BurningLowersTheSupplyForEver() public {
        vm.prank(ALICE);
        hypr.burn(1e18);
        assertEq(hypr.totalSupply(), SUPPLY - 1e18, "supply");
        assertEq(hypr.balanceOf(ALICE), RICHES - 1e18, "balance");
        vm.prank(ALICE);
        hypr.approve(BOB, 2e18);
        vm.prank(BOB);
        hypr.burnFrom(ALICE, 2e18);
        assertEq(hypr.totalSupply(), SUPPLY - 3e18, "supply after burning for another");
    }

    function test_APermitApprovesOnce() public {
        (uint8 v, bytes32 r, bytes32 s) = sign(ALICE_KEY, BOB, 5e18, time());
        hypr.permit(ALICE, BOB, 5e18, time(), v, r, s);
        assertEq(hypr.allowance(ALICE, BOB), 5e18, "allowance");
        bytes32 again = keccak256(abi.encode(PERMIT, ALICE, BOB, 5e18, 1, time()));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", hypr.DOMAIN_SEPARATOR(), again));
        // For the next permit the same signature is that of somebody else.
        vm.expectRevert(
            abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, ecrecover(digest, v, r, s), ALICE)
        );
        hypr.permit(ALICE, BOB, 5e18, time(), v, r, s);
    }

    function test_APermitEndsAtItsDeadline() public {
        uint256 deadline = time();
        (uint8 v, bytes32 r, bytes32 s) = sign(ALICE_KEY, BOB, 5e18, deadline);
        pass(2);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, deadline));
        hypr.permit(ALICE, BOB, 5e18, deadline, v, r, s);
    }

    function sign(
        uint256 key,
        address spender,
        uint256 value,
        uint256 deadline
    ) private view returns (uint8 v, bytes32 r, bytes32 s) {
        address owner = vm.addr(key);
        bytes32 permit = keccak256(abi.encode(PERMIT, owner, spender, value, hypr.nonces(owner), deadline));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", hypr.DOMAIN_SEPARATOR(), permit)));
    }
}
