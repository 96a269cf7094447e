// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {OAppReceiver} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/OAppReceiver.sol";
import {IOAppCore} from "@layerzerolabs/lz-evm-oapp-v2/contracts/oapp/interfaces/IOAppCore.sol";
import {MessagingParams, Origin} from "@layerzerolabs/lz-evm-protocol-v2/contracts/interfaces/ILayerZeroEndpointV2.sol";
import {Errors} from "@layerzerolabs/lz-evm-protocol-v2/contracts/libs/Errors.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnsProofs} from "../../../contracts/zones/EnsProofs.sol";
import {IEnsProofs} from "../../../contracts/zones/IEnsProofs.sol";
import {EnsProof, EnsProofCodec} from "../../../contracts/zones/libraries/EnsProofCodec.sol";
import {LayerZeroTest, Messenger} from "./support/LayerZeroTest.sol";

/// @dev The test is the peer that proofs come from, and says whatever a test needs.
contract EnsProofsTest is LayerZeroTest {
    bytes32 private constant LABEL = keccak256("vitalik");

    EnsProofs private proofs;
    uint48 private now_;

    function setUp() public override {
        super.setUp();
        proofs = new EnsProofs(address(mapEndpoint), ADMIN, ENS_EID);
        setPeer(address(this));
        now_ = 1_800_000_000;
        vm.warp(now_);
    }

    function setPeer(address peer) private {
        vm.prank(ADMIN);
        proofs.setPeer(ENS_EID, toBytes32(peer));
    }

    /// @dev A message on its way.
    function send(bytes memory message) private returns (bytes memory packet) {
        ensEndpoint.send{value: FEE}(
            MessagingParams(MAP_EID, toBytes32(address(proofs)), message, OPTIONS, false),
            address(this)
        );
        (packet, ) = lastPacket();
    }

    function proofOf(address owner, uint48 provenAt) private view returns (bytes memory) {
        return EnsProofCodec.encode(EnsProof(LABEL, owner, owner, now_ + 365 days, provenAt));
    }

    function user() private view returns (address) {
        return proofs.userOf(LABEL);
    }

    // -------------------------------------------------------------------------------------------------------- arrival

    function test_AProofIsKept() public {
        bytes memory packet = send(
            EnsProofCodec.encode(EnsProof(LABEL, ALICE, BOB, now_ + 365 days, now_ - 5 minutes))
        );
        verify(packet);
        vm.expectEmit(true, true, true, true, address(proofs));
        emit IEnsProofs.Proven(LABEL, ALICE, BOB, now_ + 365 days, now_ - 5 minutes, 1);
        this.execute(packet);
        IEnsProofs.Known memory known = proofs.knownOf(LABEL);
        assertEq(known.owner, ALICE, "owner");
        assertEq(known.user, BOB, "user");
        assertEq(known.expiresAt, now_ + 365 days, "expiry");
        assertEq(known.provenAt, now_ - 5 minutes, "time");
        assertEq(known.nonce, 1, "nonce");
        assertEq(user(), BOB, "used by whom the owner named");
    }

    function test_AVerifiedMessageIsNothingUntilItIsDelivered() public {
        verify(send(proofOf(ALICE, now_)));
        assertEq(user(), address(0), "nobody yet");
    }

    function test_AnUnverifiedMessageIsNotDelivered() public {
        bytes memory packet = send(proofOf(ALICE, now_));
        vm.expectRevert(abi.encodeWithSelector(Errors.LZ_InvalidNonce.selector, 1));
        this.execute(packet);
    }

    function test_AMessageIsDeliveredOnce() public {
        bytes memory packet = send(proofOf(ALICE, now_));
        deliver(packet);
        (bool again, ) = address(this).call(abi.encodeCall(this.execute, (packet)));
        assertTrue(!again, "its payload is gone");
    }

    function testFuzz_EveryProofIsReadAsItWasWritten(EnsProof memory proof) public {
        deliver(send(EnsProofCodec.encode(proof)));
        IEnsProofs.Known memory known = proofs.knownOf(proof.labelhash);
        assertEq(
            abi.encode(known),
            abi.encode(proof.owner, proof.expiresAt, proof.provenAt, proof.user, uint64(1)),
            "known"
        );
    }

    // ---------------------------------------------------------------------------------------------------------- order

    function test_ALaterProofReplacesAnEarlierOne() public {
        deliver(send(proofOf(ALICE, now_)));
        deliver(send(proofOf(BOB, now_ + 1)));
        assertEq(user(), BOB, "the buyer");
    }

    function test_AnOlderProofThatArrivesLaterChangesNothing() public {
        bytes memory sold = send(proofOf(ALICE, now_));
        bytes memory bought = send(proofOf(BOB, now_ + 1));
        verify(sold);
        verify(bought);
        this.execute(bought);
        vm.expectEmit(true, true, true, true, address(proofs));
        emit IEnsProofs.Outdated(LABEL, now_, 1, now_ + 1, 2);
        this.execute(sold);
        assertEq(user(), BOB, "the buyer");
    }

    function test_OfProofsOfOneSecondTheOneSentLastCounts() public {
        bytes memory sold = send(proofOf(ALICE, now_));
        bytes memory bought = send(proofOf(BOB, now_));
        verify(sold);
        verify(bought);
        this.execute(bought);
        this.execute(sold);
        assertEq(user(), BOB, "the buyer");
    }

    /// @dev A new peer counts its messages from one.
    function test_AnotherPeersProofsGoOnWhereTheLastEnded() public {
        deliver(send(proofOf(ALICE, now_)));
        deliver(send(proofOf(ALICE, now_)));
        Messenger successor = new Messenger();
        setPeer(address(successor));
        successor.send{value: FEE}(ensEndpoint, MAP_EID, address(proofs), proofOf(BOB, now_ + 1));
        (bytes memory packet, ) = lastPacket();
        deliver(packet);
        assertEq(proofs.knownOf(LABEL).nonce, 1, "its first message");
        assertEq(user(), BOB, "counts");
    }

    function testFuzz_TheNewestProofIsKnownWhateverTheOrder(uint48[4] memory times, uint256 seed) public {
        bytes[] memory packets = new bytes[](4);
        uint256 newest = 0;
        for (uint256 i = 0; i < 4; ++i) {
            times[i] = (times[i] % 4) + 1;
            packets[i] = send(proofOf(address(uint160(i + 1)), times[i]));
            if (times[i] >= times[newest]) newest = i;
            verify(packets[i]);
        }
        for (uint256 left = 4; left > 0; --left) {
            uint256 pick = seed % left;
            this.execute(packets[pick]);
            packets[pick] = packets[left - 1];
            seed /= 4;
        }
        assertEq(proofs.knownOf(LABEL).owner, address(uint160(newest + 1)), "the newest");
    }

    // --------------------------------------------------------------------------------------------------------- expiry

    function testFuzz_AProofServesUntilTheVerySecondItExpires(uint48 after_) public {
        deliver(send(proofOf(ALICE, now_)));
        vm.warp(now_ + 365 days - 1);
        assertEq(user(), ALICE, "the last second");
        vm.warp(uint256(now_) + 365 days + after_);
        assertEq(user(), address(0), "lapsed");
        assertEq(proofs.knownOf(LABEL).owner, ALICE, "and still on record");
    }

    function test_ARenewalIsProvenAnew() public {
        deliver(send(proofOf(ALICE, now_)));
        vm.warp(now_ + 366 days);
        deliver(send(EnsProofCodec.encode(EnsProof(LABEL, ALICE, ALICE, now_ + 730 days, now_ + 366 days))));
        assertEq(user(), ALICE, "again");
    }

    function test_OfWhatWasNeverProvenNobodyIsTheUser() public view {
        assertEq(user(), address(0), "user");
        assertEq(proofs.knownOf(LABEL).provenAt, 0, "time");
    }

    // -------------------------------------------------------------------------------------------------------- refusal

    function testFuzz_AMessageOfAnotherLengthIsNoProof(bytes memory message) public {
        vm.assume(message.length != 84);
        bytes memory packet = send(message);
        verify(packet);
        vm.expectRevert(abi.encodeWithSelector(EnsProofCodec.ProofLength.selector, message.length, 84));
        this.execute(packet);
    }

    function test_WhatIsDeliveredWithTooLittleGasCanBeDeliveredAgain() public {
        bytes memory packet = send(proofOf(ALICE, now_));
        verify(packet);
        (bool starved, ) = address(this).call{gas: 80_000}(abi.encodeCall(this.execute, (packet)));
        assertTrue(!starved, "too little gas");
        assertEq(user(), address(0), "nothing half done");
        vm.prank(BOB);
        this.execute(packet);
        assertEq(user(), ALICE, "delivered by anybody");
    }

    function test_ADeliveryCarriesNoEth() public {
        bytes memory packet = send(proofOf(ALICE, now_));
        verify(packet);
        vm.expectRevert(abi.encodeWithSelector(IEnsProofs.ValueNotAllowed.selector, 7));
        this.execute{value: 7}(packet);
        this.execute(packet);
        assertEq(user(), ALICE, "delivered without it");
    }

    function test_OnlyTheEndpointDelivers() public {
        vm.expectRevert(abi.encodeWithSelector(OAppReceiver.OnlyEndpoint.selector, BOB));
        vm.prank(BOB);
        proofs.lzReceive(Origin(ENS_EID, toBytes32(address(this)), 1), 0, proofOf(BOB, now_), BOB, "");
    }

    function test_OnlyThePeerIsBelieved() public {
        bytes memory packet = send(proofOf(ALICE, now_));
        verify(packet);
        setPeer(BOB);
        vm.expectRevert(abi.encodeWithSelector(IOAppCore.OnlyPeer.selector, ENS_EID, toBytes32(address(this))));
        this.execute(packet);
    }

    function test_WhatAStrangerSendsIsNotEvenVerified() public {
        Messenger stranger = new Messenger();
        stranger.send{value: FEE}(ensEndpoint, MAP_EID, address(proofs), proofOf(BOB, now_));
        (bytes memory packet, ) = lastPacket();
        vm.expectRevert(Errors.LZ_PathNotInitializable.selector);
        this.verifyOutside(packet);
    }

    function verifyOutside(bytes memory packet) external {
        verify(packet);
    }

    // ------------------------------------------------------------------------------------------------------- the owner

    function test_OnlyTheOwnerOfTheProofsSetsThePeer() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB));
        vm.prank(BOB);
        proofs.setPeer(ENS_EID, toBytes32(BOB));
    }

    function test_OnlyTheChainOfEnsIsBelieved() public {
        vm.expectRevert(abi.encodeWithSelector(IEnsProofs.NotEnsChain.selector, MAP_EID, ENS_EID));
        vm.prank(ADMIN);
        proofs.setPeer(MAP_EID, toBytes32(address(this)));
        assertEq(proofs.ensEid(), ENS_EID, "eid");
    }

    function test_WhoOwnsTheProofsIsTheirDelegate() public {
        assertEq(delegate(), ADMIN, "from the beginning");
        vm.prank(ADMIN);
        proofs.transferOwnership(BOB);
        assertEq(delegate(), BOB, "handed over");
        vm.prank(BOB);
        proofs.renounceOwnership();
        assertEq(delegate(), address(0), "renounced");
        deliver(send(proofOf(ALICE, now_)));
        assertEq(user(), ALICE, "and it goes on");
    }

    /// @dev The delegate could have a library of its own believe anything.
    function test_AFormerOwnerChoosesNoVerifiers() public {
        (address lib, ) = mapEndpoint.getReceiveLibrary(address(proofs), ENS_EID);
        vm.prank(ADMIN);
        proofs.renounceOwnership();
        vm.expectRevert(Errors.LZ_Unauthorized.selector);
        vm.prank(ADMIN);
        mapEndpoint.setReceiveLibrary(address(proofs), ENS_EID, lib, 0);
    }

    function test_ItOnlyReceives() public view {
        (uint64 sender, uint64 receiver) = proofs.oAppVersion();
        assertTrue(sender == 0 && receiver == 2, "versions");
    }

    function delegate() private view returns (address) {
        return delegateOf(mapEndpoint, address(proofs));
    }

    receive() external payable {}
}
