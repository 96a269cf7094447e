// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IOAppCore} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/interfaces/IOAppCore.sol";
import {EnforcedOptionParam} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/interfaces/IOAppOptionsType3.sol";
import {PacketV1Codec} from "@layerzerolabs/lz-evm-protocol-v2/contracts/messagelib/libs/PacketV1Codec.sol";
import {Errors} from "@layerzerolabs/lz-evm-protocol-v2/contracts/libs/Errors.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnsProver} from "../../../contracts/zones/EnsProver.sol";
import {IEnsProver} from "../../../contracts/zones/IEnsProver.sol";
import {IEnsRegistry, IEnsToken} from "../../../contracts/zones/libraries/EnsNames.sol";
import {EnsProof, EnsProofCodec} from "../../../contracts/zones/libraries/EnsProofCodec.sol";
import {EnsNameWrapper, EnsRegistrar, EnsRegistry} from "./support/Ens.sol";
import {LayerZeroTest} from "./support/LayerZeroTest.sol";

contract EnsProverTest is LayerZeroTest {
    using PacketV1Codec for bytes;

    bytes32 private constant ETH = 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae;
    bytes32 private constant LABEL = keccak256("vitalik");
    /// @dev Pays and sends, and owns nothing.
    address private constant CAROL = address(0xca401);
    /// @dev Where proofs are received; here nobody reads them.
    address private constant PEER = address(0x9ee4);

    EnsRegistry private registry;
    EnsRegistrar private registrar;
    EnsNameWrapper private wrapper;
    EnsProver private prover;
    bytes32 private name;

    function setUp() public override {
        super.setUp();
        (registry, registrar, wrapper) = (new EnsRegistry(), new EnsRegistrar(), new EnsNameWrapper());
        prover = new EnsProver(
            address(ensEndpoint),
            ADMIN,
            IEnsRegistry(address(registry)),
            IEnsToken(address(wrapper))
        );
        vm.startPrank(ADMIN);
        prover.setPeer(MAP_EID, toBytes32(PEER));
        prover.setEnforcedOptions(optionsFor(MAP_EID));
        vm.stopPrank();

        name = hypermap.leaf(ETH, "vitalik");
        registry.setOwner(ETH, address(registrar));
        registrar.register("vitalik", ALICE, 365 days);
        vm.deal(CAROL, 1 ether);
    }

    function optionsFor(uint32 eid) private pure returns (EnforcedOptionParam[] memory params) {
        params = new EnforcedOptionParam[](1);
        params[0] = EnforcedOptionParam(eid, 1, OPTIONS);
    }

    function decode(bytes calldata packet) external pure returns (EnsProof memory) {
        return EnsProofCodec.decode(packet.message());
    }

    /// @dev Has carol prove the name, and reads what left.
    function proven() private returns (EnsProof memory proof) {
        vm.prank(CAROL);
        prover.prove{value: FEE}(MAP_EID, LABEL);
        (bytes memory packet, ) = lastPacket();
        return this.decode(packet);
    }

    function expectNotOwned() private {
        vm.expectRevert(abi.encodeWithSelector(IEnsProver.NotOwned.selector, LABEL));
    }

    function delegate() private view returns (address) {
        return delegateOf(ensEndpoint, address(prover));
    }

    // ----------------------------------------------------------------------------------------------------------- prove

    function test_AnybodyProvesWhoOwnsAName() public {
        EnsProof memory proof = proven();
        assertEq(proof.labelhash, LABEL, "labelhash");
        assertEq(proof.owner, ALICE, "owner");
        assertEq(proof.user, ALICE, "user");
        assertEq(proof.expiresAt, block.timestamp + 365 days, "expiry");
        assertEq(proof.provenAt, block.timestamp, "time");
    }

    function test_ThePacketGoesToThePeerWithTheGasThatIsSet() public {
        vm.prank(CAROL);
        bytes32 guid = prover.prove{value: FEE}(MAP_EID, LABEL);
        (bytes memory packet, bytes memory options) = lastPacket();
        assertEq(this.receiverOf(packet), PEER, "receiver");
        assertEq(this.originOf(packet).sender, toBytes32(address(prover)), "sender");
        assertEq(this.guidOf(packet), guid, "guid");
        assertEq(options, OPTIONS, "options");
    }

    function guidOf(bytes calldata packet) external pure returns (bytes32) {
        return packet.guid();
    }

    function test_AProofIsAnnounced() public {
        bytes32 guid = ensEndpoint.nextGuid(address(prover), MAP_EID, toBytes32(PEER));
        vm.expectEmit(true, true, true, true, address(prover));
        emit IEnsProver.ProofSent(LABEL, ALICE, ALICE, uint48(block.timestamp + 365 days), MAP_EID, guid);
        vm.prank(CAROL);
        prover.prove{value: FEE}(MAP_EID, LABEL);
    }

    function test_TheOwnerOfAWrappedNameIsProven() public {
        registrar.register("vitalik", address(wrapper), 365 days);
        wrapper.wrap(name, BOB);
        EnsProof memory proof = proven();
        assertEq(proof.owner, BOB, "owner");
        assertEq(proof.expiresAt, block.timestamp + 365 days, "expiry of the registration");
    }

    function test_AWrappingThatEndsFirstEndsTheProof() public {
        registrar.register("vitalik", address(wrapper), 365 days);
        wrapper.wrapUntil(name, BOB, uint64(block.timestamp + 30 days));
        assertEq(proven().expiresAt, block.timestamp + 30 days, "expiry of the wrapping");
    }

    function test_AnExpiryBeyondAllTimeIsKeptAsFarAsItFits() public {
        registrar.register("vitalik", ALICE, type(uint256).max - block.timestamp);
        assertEq(proven().expiresAt, type(uint48).max, "expiry");
    }

    function test_ANameThatNobodyOwnsIsNotProven() public {
        vm.warp(block.timestamp + 365 days);
        expectNotOwned();
        prover.prove{value: FEE}(MAP_EID, LABEL);
        expectNotOwned();
        prover.quote(MAP_EID, LABEL);
    }

    function test_WithoutEnsNothingIsProven() public {
        registry.setOwner(ETH, address(0));
        expectNotOwned();
        prover.prove{value: FEE}(MAP_EID, LABEL);
    }

    // ------------------------------------------------------------------------------------------------------------ fees

    function test_TheQuoteIsWhatItCosts() public {
        assertEq(prover.quote(MAP_EID, LABEL), FEE, "fee");
        proven();
        assertEq(CAROL.balance, 1 ether - FEE, "paid");
    }

    function testFuzz_WhatIsPaidTooMuchReturns(uint256 excess) public {
        uint256 value = FEE + (excess % 0.5 ether);
        vm.prank(CAROL);
        prover.prove{value: value}(MAP_EID, LABEL);
        assertEq(CAROL.balance, 1 ether - FEE, "paid");
        assertEq(address(prover).balance, 0, "nothing stays");
    }

    function test_TooLittleIsRefusedWithWhatIsMissing() public {
        vm.expectRevert(abi.encodeWithSelector(Errors.LZ_InsufficientFee.selector, FEE, FEE - 1, 0, 0));
        vm.prank(CAROL);
        prover.prove{value: FEE - 1}(MAP_EID, LABEL);
    }

    // ------------------------------------------------------------------------------------------------------- the user

    function test_AContractNamesWhoActsForItElsewhere() public {
        registrar.register("vitalik", address(wrapper), 365 days);
        address safe = address(new EnsRegistry());
        wrapper.wrap(name, safe);
        EnsProof memory proof = proven();
        assertEq(proof.owner, safe, "owner");
        assertEq(proof.user, address(0), "whose address elsewhere may be anybody's");

        vm.expectEmit(true, true, true, true, address(prover));
        emit IEnsProver.UserSet(safe, MAP_EID, BOB);
        vm.prank(safe);
        prover.setUser(MAP_EID, BOB);
        assertEq(proven().user, BOB, "named by its owner");
        assertEq(prover.userOf(MAP_EID + 1, safe), address(0), "for one chain only");
    }

    function test_AnOwnerTakesItsWordBack() public {
        vm.startPrank(ALICE);
        prover.setUser(MAP_EID, BOB);
        assertEq(prover.userOf(MAP_EID, ALICE), BOB, "named");
        prover.setUser(MAP_EID, address(0));
        vm.stopPrank();
        assertEq(prover.userOf(MAP_EID, ALICE), ALICE, "herself");
    }

    function test_TheChoiceOfOneOwnerIsNotThatOfTheNext() public {
        vm.prank(ALICE);
        prover.setUser(MAP_EID, BOB);
        registrar.register("vitalik", CAROL, 365 days);
        assertEq(proven().user, CAROL, "the new owner herself");
    }

    /// @dev EIP-7702: such a key has 23 bytes of code, and is a key all the same.
    function test_AKeyWithADelegationIsAKey() public {
        vm.etch(BOB, abi.encodePacked(hex"ef0100", address(registry)));
        assertEq(prover.userOf(MAP_EID, BOB), BOB, "a key");
        vm.etch(CAROL, abi.encodePacked(hex"5f0100", address(registry)));
        assertEq(prover.userOf(MAP_EID, CAROL), address(0), "23 bytes of anything else");
    }

    // ------------------------------------------------------------------------------------------------------- the owner

    function test_WithoutAPeerNothingIsSent() public {
        vm.prank(ADMIN);
        prover.setEnforcedOptions(optionsFor(1));
        vm.expectRevert(abi.encodeWithSelector(IOAppCore.NoPeer.selector, 1));
        prover.prove{value: FEE}(1, LABEL);
    }

    function test_WithoutGasNothingIsSent() public {
        vm.expectRevert(abi.encodeWithSelector(IEnsProver.OptionsMissing.selector, 1));
        prover.prove{value: FEE}(1, LABEL);
        vm.expectRevert(abi.encodeWithSelector(IEnsProver.OptionsMissing.selector, 1));
        prover.quote(1, LABEL);
    }

    function test_OnlyTheOwnerOfTheProverSetsPeersAndGas() public {
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB));
        prover.setPeer(MAP_EID, toBytes32(BOB));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB));
        prover.setEnforcedOptions(optionsFor(MAP_EID));
        vm.stopPrank();
    }

    function test_WhoOwnsTheProverIsItsDelegate() public {
        assertEq(delegate(), ADMIN, "from the beginning");
        vm.prank(ADMIN);
        prover.transferOwnership(BOB);
        assertEq(delegate(), BOB, "handed over");
        vm.prank(BOB);
        prover.renounceOwnership();
        assertEq(prover.owner(), address(0), "owner");
        assertEq(delegate(), address(0), "renounced");
        assertEq(proven().owner, ALICE, "and it goes on");
    }

    function test_ItIsOnRecordWhereItReads() public view {
        assertEq(address(prover.ensRegistry()), address(registry), "registry");
        assertEq(address(prover.nameWrapper()), address(wrapper), "wrapper");
        (uint64 sender, uint64 receiver) = prover.oAppVersion();
        assertTrue(sender == 1 && receiver == 0, "it only sends");
    }
}
