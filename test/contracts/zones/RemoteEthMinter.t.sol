// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {EnforcedOptionParam} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/interfaces/IOAppOptionsType3.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {EnsProofs} from "../../../contracts/zones/EnsProofs.sol";
import {EnsProver} from "../../../contracts/zones/EnsProver.sol";
import {EntryHolder} from "../../../contracts/zones/EntryHolder.sol";
import {EthZone} from "../../../contracts/zones/EthZone.sol";
import {RemoteEthMinter} from "../../../contracts/zones/RemoteEthMinter.sol";
import {IEnsRegistry, IEnsToken} from "../../../contracts/zones/libraries/EnsNames.sol";
import {EnsNameWrapper, EnsRegistrar, EnsRegistry} from "./support/Ens.sol";
import {LayerZeroTest} from "./support/LayerZeroTest.sol";

/// @dev From a name in ENS to its entry, through both endpoints.
contract RemoteEthMinterTest is LayerZeroTest {
    bytes32 private constant LABEL = keccak256("vitalik");

    EnsRegistrar private registrar;
    EnsNameWrapper private wrapper;
    EnsProver private prover;
    EnsProofs private proofs;
    RemoteEthMinter private zone;
    bytes32 private name;

    function setUp() public override {
        super.setUp();
        EnsRegistry registry = new EnsRegistry();
        (registrar, wrapper) = (new EnsRegistrar(), new EnsNameWrapper());
        prover = new EnsProver(
            address(ensEndpoint),
            ADMIN,
            IEnsRegistry(address(registry)),
            IEnsToken(address(wrapper))
        );
        proofs = new EnsProofs(address(mapEndpoint), ADMIN, ENS_EID);
        bytes32 eth = mintTlz("eth", newMinter(), abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        zone = RemoteEthMinter(payable(hypermap.tbaOf(eth)));
        name = hypermap.leaf(eth, "vitalik");
        connect();
        registry.setOwner(eth, address(registrar));
        registrar.register("vitalik", ALICE, 365 days);
    }

    function newMinter() private returns (address) {
        return address(new RemoteEthMinter(ENTRY_POINT, proofs, template));
    }

    function connect() private {
        EnforcedOptionParam[] memory options = new EnforcedOptionParam[](1);
        options[0] = EnforcedOptionParam(MAP_EID, prover.PROOF(), OPTIONS);
        vm.startPrank(ADMIN);
        prover.setPeer(MAP_EID, toBytes32(address(proofs)));
        prover.setEnforcedOptions(options);
        proofs.setPeer(ENS_EID, toBytes32(address(prover)));
        vm.stopPrank();
    }

    function sendProof() private returns (bytes memory packet) {
        prover.prove{value: FEE}(MAP_EID, LABEL);
        (packet, ) = lastPacket();
    }

    function prove() private {
        deliver(sendProof());
    }

    function mintAs(address caller) private returns (address) {
        vm.prank(caller);
        return zone.mint(caller, "vitalik", "", address(0));
    }

    function holder() private view returns (EntryHolder) {
        return EntryHolder(zone.holderOf(name));
    }

    function writeAs(address user) private {
        EntryHolder holder_ = holder();
        vm.prank(user);
        holder_.execute(address(hypermap), 0, abi.encodeCall(IHypermap.note, ("~net-key", abi.encode(user))));
    }

    function expectNotOwner(address offered, address owner) private {
        vm.expectRevert(abi.encodeWithSelector(EthZone.NotEnsOwner.selector, offered, owner));
    }

    // ------------------------------------------------------------------------------------------------------------ mint

    function test_TheProvenOwnerMintsTheName() public {
        prove();
        address tba = mintAs(ALICE);
        assertEq(hypermap.tbaOf(name), tba, "account");
        assertEq(hypermap.ownerOf(uint256(name)), address(holder()), "held");
        assertEq(holder().user(), ALICE, "used by its owner");
        assertEq(address(zone.proofs()), address(proofs), "on record whom it believes");
    }

    function test_WithoutAProofNobodyMints() public {
        expectNotOwner(ALICE, address(0));
        mintAs(ALICE);
    }

    function test_WhoeverSendsTheProofNobodyElseMints() public {
        vm.prank(BOB);
        prover.prove{value: FEE}(MAP_EID, LABEL);
        (bytes memory packet, ) = lastPacket();
        deliver(packet);
        expectNotOwner(BOB, ALICE);
        mintAs(BOB);
        expectNotOwner(BOB, ALICE);
        vm.prank(ALICE);
        zone.mint(BOB, "vitalik", "", address(0));
    }

    function test_AProofOfOneNameMintsNoOther() public {
        prove();
        expectNotOwner(ALICE, address(0));
        vm.prank(ALICE);
        zone.mint(ALICE, "vitalik2", "", address(0));
    }

    function test_AHeldAccountHasNoEntryPoint() public {
        expectEntryPointRefused();
        newMinter();
    }

    // ------------------------------------------------------------------------------------------------- changing hands

    function test_ANameThatIsSoldTakesItsEntryAlongWithTheNextProof() public {
        prove();
        mintAs(ALICE);
        writeAs(ALICE);
        registrar.register("vitalik", BOB, 365 days);
        assertEq(zone.userOf(name), ALICE, "the sale is not known here yet");
        prove();
        assertEq(zone.userOf(name), BOB, "used by its new owner");
        writeAs(BOB);
        assertEq(dataOf(hypermap.leaf(name, "~net-key")), abi.encode(BOB), "note");
        EntryHolder holder_ = holder();
        expectNotUser(ALICE, BOB);
        vm.prank(ALICE);
        holder_.execute(address(hypermap), 0, "");
    }

    function test_AProofKeptBackBringsTheSellerNothing() public {
        bytes memory keptBack = sendProof();
        registrar.register("vitalik", address(wrapper), 365 days);
        wrapper.wrap(name, BOB);
        bytes memory bought = sendProof();
        verify(keptBack);
        deliver(bought);
        mintAs(BOB);
        this.execute(keptBack);
        assertEq(zone.userOf(name), BOB, "the buyer");
        expectNotOwner(ALICE, BOB);
        mintAs(ALICE);
    }

    function test_ANameThatLapsedIsUsedByNobody() public {
        prove();
        mintAs(ALICE);
        EntryHolder holder_ = holder();
        vm.warp(block.timestamp + 365 days);
        expectNotUser(ALICE, address(0));
        vm.prank(ALICE);
        holder_.execute(address(hypermap), 0, "");
    }

    function test_AContractUsesItsNameThroughWhomItNamed() public {
        address safe = address(new EnsRegistry());
        registrar.register("vitalik", safe, 365 days);
        prove();
        assertEq(proofs.knownOf(LABEL).owner, safe, "its owner");
        expectNotOwner(safe, address(0));
        mintAs(safe);
        vm.prank(safe);
        prover.setUser(MAP_EID, BOB);
        prove();
        mintAs(BOB);
        writeAs(BOB);
    }

    function test_AnEntryItNeverMintedHasNoUser() public {
        prove();
        assertEq(zone.userOf(name), address(0), "none before the mint");
    }

    receive() external payable {}
}
