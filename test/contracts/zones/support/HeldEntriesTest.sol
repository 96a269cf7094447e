// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccount} from "../../../../contracts/accounts/HyperAccount.sol";
import {EntryHolder} from "../../../../contracts/zones/EntryHolder.sol";
import {HeldEntries} from "../../../../contracts/zones/libraries/HeldEntries.sol";
import {HypermapTest} from "../../support/HypermapTest.sol";

/// @dev A Hypermap, and what zones that keep their entries in holders are built with.
abstract contract HeldEntriesTest is HypermapTest {
    HyperAccount internal heldAccount;
    HeldEntries.Template internal template;

    function setUp() public virtual override {
        super.setUp();
        heldAccount = new HyperAccount(address(0));
        template = HeldEntries.Template(address(new EntryHolder()), address(heldAccount));
        vm.deal(ALICE, 1_000 ether);
        vm.deal(BOB, 1_000 ether);
    }

    function expectEntryPointRefused() internal {
        template.account = address(plain);
        vm.expectRevert(abi.encodeWithSelector(HeldEntries.EntryPointNotAllowed.selector, ENTRY_POINT));
    }

    function expectNotUser(address caller, address user) internal {
        vm.expectRevert(abi.encodeWithSelector(EntryHolder.NotUser.selector, caller, user));
    }
}
