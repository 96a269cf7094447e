// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {EntryHolder} from "../../../contracts/zones/EntryHolder.sol";
import {EthMinter} from "../../../contracts/zones/EthMinter.sol";
import {EthZone} from "../../../contracts/zones/EthZone.sol";
import {IEnsRegistry, IEnsToken} from "../../../contracts/zones/libraries/EnsNames.sol";
import {HeldEntries} from "../../../contracts/zones/libraries/HeldEntries.sol";
import {EnsNameWrapper, EnsRegistrar, EnsRegistry} from "./support/Ens.sol";
import {HeldEntriesTest} from "./support/HeldEntriesTest.sol";

contract EthMinterTest is HeldEntriesTest {
    EnsRegistry private registry;
    EnsRegistrar private registrar;
    EnsNameWrapper private wrapper;
    EthMinter private zone;
    bytes32 private eth;
    bytes32 private name;

    function setUp() public override {
        super.setUp();
        (registry, registrar, wrapper) = (new EnsRegistry(), new EnsRegistrar(), new EnsNameWrapper());
        eth = mintTlz("eth", newMinter(), abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        zone = EthMinter(payable(hypermap.tbaOf(eth)));
        name = hypermap.leaf(eth, "vitalik");
        registry.setOwner(eth, address(registrar));
        registrar.register("vitalik", ALICE, 365 days);
        // Alice's manager: in the registry, but not the owner.
        registry.setOwner(name, BOB);
    }

    function newMinter() private returns (address) {
        return
            address(new EthMinter(ENTRY_POINT, IEnsRegistry(address(registry)), IEnsToken(address(wrapper)), template));
    }

    function mintAs(address caller) private returns (address) {
        vm.prank(caller);
        return zone.mint(caller, "vitalik", "", address(0));
    }

    function holder() private view returns (EntryHolder) {
        return EntryHolder(zone.holderOf(name));
    }

    function expectNotOwner(address offered, address owner) private {
        vm.expectRevert(abi.encodeWithSelector(EthZone.NotEnsOwner.selector, offered, owner));
    }

    /// @dev Writes a note of vitalik.eth.
    function writeAs(address user) private {
        EntryHolder holder_ = holder();
        vm.prank(user);
        holder_.execute(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~net-key", abi.encode(user))));
    }

    // ------------------------------------------------------------------------------------------------------------ mint

    function test_TheNamehashIsTheOneOfEns() public view {
        assertEq(eth, 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae, "eth");
    }

    function test_TheOwnerOfAnUnwrappedNameMintsIt() public {
        address tba = mintAs(ALICE);
        assertEq(hypermap.tbaOf(name), tba, "account");
        assertEq(hypermap.ownerOf(uint256(name)), address(holder()), "held");
        assertEq(holder().user(), ALICE, "used by its owner");
    }

    function test_TheOwnerOfAWrappedNameMintsIt() public {
        registrar.register("vitalik", address(wrapper), 365 days);
        wrapper.wrap(name, BOB);
        expectNotOwner(ALICE, BOB);
        mintAs(ALICE);
        mintAs(BOB);
        assertEq(holder().user(), BOB, "used by its owner");
    }

    function test_NobodyElseMintsIt() public {
        expectNotOwner(BOB, ALICE);
        mintAs(BOB);
    }

    function test_ItIsMintedForNobodyElse() public {
        expectNotOwner(BOB, ALICE);
        vm.prank(ALICE);
        zone.mint(BOB, "vitalik", "", address(0));
    }

    function test_ANameThatNobodyHasIsNotMinted() public {
        expectNotOwner(ALICE, address(0));
        vm.prank(ALICE);
        zone.mint(ALICE, "nobody", "", address(0));
    }

    function test_ANameThatLapsedIsNotMinted() public {
        vm.warp(block.timestamp + 365 days);
        expectNotOwner(ALICE, address(0));
        mintAs(ALICE);
    }

    function test_AWrappedNameThatLapsedIsNotMinted() public {
        registrar.register("vitalik", address(wrapper), 1 days);
        wrapper.wrap(name, ALICE);
        vm.warp(block.timestamp + 1 days);
        expectNotOwner(ALICE, address(0));
        mintAs(ALICE);
    }

    function test_WhereEnsIsMissingNothingIsMinted() public {
        registry.setOwner(eth, address(0));
        expectNotOwner(ALICE, address(0));
        mintAs(ALICE);
    }

    function test_NobodyIsNoOwner() public {
        vm.warp(block.timestamp + 365 days);
        expectNotOwner(address(0), address(0));
        mintAs(address(0));
    }

    function test_WithoutANameWrapperNamesAreNotWrapped() public {
        EthMinter without = new EthMinter(
            ENTRY_POINT,
            IEnsRegistry(address(registry)),
            IEnsToken(address(0)),
            template
        );
        assertEq(without.ensOwnerOf(keccak256("vitalik")), ALICE, "the registrar's word counts");
        assertEq(without.ensOwnerOf(keccak256("nobody")), address(0), "a free name");
    }

    function test_NothingIsRunAndNoOtherCodeInstalledWhileMinting() public {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(HeldEntries.InitializationNotAllowed.selector, 4));
        zone.mint(ALICE, "vitalik", hex"12345678", address(0));
        vm.expectRevert(
            abi.encodeWithSelector(
                HeldEntries.ImplementationNotAllowed.selector,
                address(upgradable),
                address(heldAccount)
            )
        );
        zone.mint(ALICE, "vitalik", "", address(upgradable));
        zone.mint(ALICE, "vitalik", "", address(heldAccount));
        vm.stopPrank();
    }

    function test_AHeldAccountHasNoEntryPoint() public {
        expectEntryPointRefused();
        newMinter();
    }

    // ------------------------------------------------------------------------------------------------ changing hands

    function test_ANameThatIsSoldTakesItsEntryAlong() public {
        mintAs(ALICE);
        writeAs(ALICE);
        registrar.register("vitalik", BOB, 365 days);
        assertEq(zone.userOf(name), BOB, "used by its new owner");
        writeAs(BOB);
        assertEq(dataOf(hypermap.leaf(name, "~net-key")), abi.encode(BOB), "note");
        EntryHolder holder_ = holder();
        expectNotUser(ALICE, BOB);
        vm.prank(ALICE);
        holder_.execute(address(hypermap), 0, "");
    }

    function test_ANameThatIsWrappedAndSoldTakesItsEntryAlong() public {
        mintAs(ALICE);
        registrar.register("vitalik", address(wrapper), 365 days);
        wrapper.wrap(name, BOB);
        writeAs(BOB);
    }

    function test_ANameThatLapsedIsUsedByNobody() public {
        mintAs(ALICE);
        EntryHolder holder_ = holder();
        vm.warp(block.timestamp + 365 days);
        expectNotUser(ALICE, address(0));
        vm.prank(ALICE);
        holder_.execute(address(hypermap), 0, "");
        expectNotUser(address(0), address(0));
        vm.prank(address(0));
        holder_.execute(address(hypermap), 0, "");
    }

    function test_AnEntryItNeverMintedHasNoUser() public view {
        assertEq(zone.userOf(foo), address(0), "none");
    }
}
