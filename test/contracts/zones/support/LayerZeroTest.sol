// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {
    ILayerZeroEndpointV2,
    MessagingParams,
    Origin
} from "@layerzerolabs/lz-evm-protocol-v2/contracts/interfaces/ILayerZeroEndpointV2.sol";
import {PacketV1Codec} from "@layerzerolabs/lz-evm-protocol-v2/contracts/messagelib/libs/PacketV1Codec.sol";
import {Vm} from "../../support/Vm.sol";
import {HeldEntriesTest} from "./HeldEntriesTest.sol";

/// @dev As much of LayerZero's SimpleMessageLib as is used here: it believes whoever shows it a packet.
interface ISimpleMessageLib {
    function validatePacket(bytes calldata packet) external;
}

/// @dev Its record of who may configure an application, which its interface leaves out.
interface IDelegates {
    function delegates(address oapp) external view returns (address);
}

/// @dev Somebody else who sends messages.
contract Messenger {
    function send(ILayerZeroEndpointV2 endpoint, uint32 eid, address to, bytes calldata message) external payable {
        bytes32 receiver = bytes32(uint256(uint160(to)));
        endpoint.send{value: msg.value}(MessagingParams(eid, receiver, message, "", false), msg.sender);
    }
}

/// @dev Two of LayerZero's own endpoints, as published in its packages, each with its own message library; they stand for
/// two chains. What LayerZero's workers do between chains, the test does: see `deliver`.
abstract contract LayerZeroTest is HeldEntriesTest {
    using PacketV1Codec for bytes;

    uint32 internal constant ENS_EID = 30101;
    uint32 internal constant MAP_EID = 30184;
    /// @dev What SimpleMessageLib charges for a message, in wei.
    uint256 internal constant FEE = 100;
    /// @dev Type 3, executor, option of 17 bytes: 200,000 gas for lzReceive.
    bytes internal constant OPTIONS = hex"00030100110100000000000000000000000000030d40";

    ILayerZeroEndpointV2 internal ensEndpoint;
    ILayerZeroEndpointV2 internal mapEndpoint;

    function setUp() public virtual override {
        super.setUp();
        ensEndpoint = deployEndpoint(ENS_EID, MAP_EID);
        mapEndpoint = deployEndpoint(MAP_EID, ENS_EID);
        vm.recordLogs();
    }

    /// @dev What left the endpoint of ENS last.
    function lastPacket() internal returns (bytes memory packet, bytes memory options) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(ensEndpoint)) continue;
            if (logs[i].topics[0] != ILayerZeroEndpointV2.PacketSent.selector) continue;
            (packet, options, ) = abi.decode(logs[i].data, (bytes, bytes, address));
        }
        assertTrue(packet.length != 0, "a packet was sent");
    }

    /// @dev The work of LayerZero's verifiers.
    function verify(bytes memory packet) internal {
        (address lib, ) = mapEndpoint.getReceiveLibrary(this.receiverOf(packet), ENS_EID);
        ISimpleMessageLib(lib).validatePacket(packet);
    }

    /// @dev The work of LayerZero's executors, or of anybody in their stead.
    function execute(bytes calldata packet) external payable {
        mapEndpoint.lzReceive{value: msg.value}(
            originOf(packet),
            packet.receiverB20(),
            packet.guid(),
            packet.message(),
            ""
        );
    }

    function deliver(bytes memory packet) internal {
        verify(packet);
        this.execute(packet);
    }

    function receiverOf(bytes calldata packet) external pure returns (address) {
        return packet.receiverB20();
    }

    function originOf(bytes calldata packet) public pure returns (Origin memory) {
        return Origin(packet.srcEid(), packet.sender(), packet.nonce());
    }

    function delegateOf(ILayerZeroEndpointV2 endpoint, address oapp) internal view returns (address) {
        return IDelegates(address(endpoint)).delegates(oapp);
    }

    function toBytes32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    // ------------------------------------------------------------------------------------------------------ deployment

    function deployEndpoint(uint32 eid, uint32 other) private returns (ILayerZeroEndpointV2 endpoint) {
        endpoint = ILayerZeroEndpointV2(
            deployPublished("EndpointV2.sol/EndpointV2.json", abi.encode(eid, address(this)))
        );
        address lib = deployPublished(
            "messagelib/SimpleMessageLib.sol/SimpleMessageLib.json",
            abi.encode(endpoint, address(this))
        );
        endpoint.registerLibrary(lib);
        endpoint.setDefaultSendLibrary(other, lib);
        endpoint.setDefaultReceiveLibrary(other, lib, 0);
    }

    function deployPublished(string memory artifact, bytes memory arguments) private returns (address deployed) {
        string memory folder = "node_modules/@layerzerolabs/lz-evm-protocol-v2/artifacts/contracts/";
        bytes memory code = vm.parseJsonBytes(vm.readFile(string.concat(folder, artifact)), ".bytecode");
        code = bytes.concat(code, arguments);
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(deployed != address(0), artifact);
    }
}
