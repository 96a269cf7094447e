// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Hypermap} from "../../../contracts/hypermap/Hypermap.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev From a namespace that one key can change, by way of one that changes only after a delay in public, to one that
/// nobody can change. BOB stands for the governor: he alone proposes to the timelock.
contract HypermapImmutabilityTest is HypermapTest {
    uint256 private constant DELAY = 2 days;
    bytes32 private constant ADMIN_ROLE = bytes32(0);

    TimelockController private timelock;
    Hypermap private next;

    function setUp() public override {
        super.setUp();
        address[] memory proposers = new address[](1);
        proposers[0] = BOB;
        timelock = new TimelockController(DELAY, proposers, new address[](1), address(0));
        next = new Hypermap(dispatcher, address(plain));

        vm.startPrank(ADMIN);
        hypermap.safeTransferFrom(ADMIN, address(timelock), 0);
        hypermap.grantRole(ADMIN_ROLE, address(timelock));
        hypermap.renounceRole(ADMIN_ROLE, ADMIN);
        vm.stopPrank();
    }

    function throughTimelock(address target, bytes memory data) private {
        vm.prank(BOB);
        timelock.schedule(target, 0, data, "", "", DELAY);
        bytes32 id = timelock.hashOperation(target, 0, data, "", "");
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector,
                id,
                bytes32(1 << uint8(TimelockController.OperationState.Ready))
            )
        );
        timelock.execute(target, 0, data, "", "");
        vm.warp(block.timestamp + DELAY);
        timelock.execute(target, 0, data, "", "");
    }

    function upgrade() private view returns (bytes memory) {
        return abi.encodeCall(hypermap.upgradeToAndCall, (address(next), ""));
    }

    function renounce() private {
        throughTimelock(
            address(hypermap),
            abi.encodeCall(IAccessControl.renounceRole, (ADMIN_ROLE, address(timelock)))
        );
    }

    function mintZone(bytes memory label) private {
        bytes memory mint = abi.encodeCall(IHypermap.mint, (ALICE, label, "", address(plain)));
        bytes memory execute = abi.encodeWithSignature("execute(address,uint256,bytes,uint8)", hypermap, 0, mint, 0);
        throughTimelock(hypermap.tbaOf(ROOT), execute);
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(ROOT, label))), ALICE, "the zone exists");
    }

    function expectUnauthorized(address caller) private {
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, ADMIN_ROLE)
        );
        vm.prank(caller);
    }

    function test_TheFirstAdminKeepsNothing() public {
        expectUnauthorized(ADMIN);
        hypermap.upgradeToAndCall(address(next), "");
        expectUnauthorized(ADMIN);
        hypermap.grantRole(ADMIN_ROLE, ADMIN);
        assertTrue(!accountOf(ROOT).isOperator(ADMIN), "nor the root");
    }

    function test_TheTimelockMintsZonesAndUpgradesAfterItsDelay() public {
        mintZone("news");
        throughTimelock(address(hypermap), upgrade());
        assertEq(hypermap.tbaOf(foo), address(fooAccount), "accounts stay");
    }

    function test_OnceRenouncedNobodyUpgradesForEver() public {
        renounce();
        address[4] memory callers = [ADMIN, ALICE, BOB, address(timelock)];
        for (uint256 i = 0; i < callers.length; ++i) {
            expectUnauthorized(callers[i]);
            hypermap.upgradeToAndCall(address(next), "");
            expectUnauthorized(callers[i]);
            hypermap.grantRole(ADMIN_ROLE, callers[i]);
        }
        assertEq(hypermap.getRoleAdmin(ADMIN_ROLE), ADMIN_ROLE, "no other role could give it back");
    }

    function test_OnceRenouncedTheNamespaceStillGrows() public {
        renounce();
        mintZone("news");
        note("~ip", hex"7f000001");
        mintPublic(BOB, "bar");
    }
}
