// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC1967} from "@openzeppelin/contracts/interfaces/IERC1967.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {Hypermap} from "../../../contracts/hypermap/Hypermap.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";
import {Vm} from "../support/Vm.sol";

bytes32 constant ACCOUNT_CREATED = 0x79f19b3655ee38b1ce526556b7731a20c8f218fbda4a3990b6cc4172fdf88722;
bytes32 constant TRANSFER = 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef;
bytes32 constant UPGRADED = 0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b;
bytes32 constant MINT = 0xb59dae5eda69178326b6517bb1aa33e208bf2ac347e30d3a5daf0ecb6249f7b1;
bytes32 constant ZERO = 0xa7dcba07b3032d87953767c0eed546a5eb7e52648856b776ba4ad8a1ff1bf3c0;
bytes32 constant INITIALIZED = 0xc7f505b2f371ae2175ee4913f4499e1f2633a7b5936321eed1cdaeb6115181d2;
bytes32 constant ROLE_GRANTED = 0x2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d;

contract HypermapInitializeTest is HypermapTest {
    function test_GenesisLogsInTheOrderThatIndexersExpect() public {
        vm.recordLogs();
        Hypermap fresh = deployHypermap();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        // The two before are the implementation locking itself, and the proxy taking it.
        bytes32[9] memory expected = [
            INITIALIZED,
            UPGRADED,
            ACCOUNT_CREATED,
            TRANSFER,
            UPGRADED,
            TRANSFER,
            ROLE_GRANTED,
            ZERO,
            INITIALIZED
        ];
        assertEq(logs.length, expected.length, "number of logs");
        for (uint256 i = 0; i < expected.length; ++i) assertEq(logs[i].topics[0], expected[i], vm.toString(i));
        assertEq(logs[7].topics[1], bytes32(uint256(uint160(fresh.tbaOf(ROOT)))), "the root's account");
    }

    function test_AMintLogsInTheOrderThatIndexersExpect() public {
        address os_ = hypermap.tbaOf(os);
        bytes memory initialization = abi.encodeCall(HyperAccountUpgradable.initialize, ());
        vm.recordLogs();
        vm.prank(os_);
        address tba = hypermap.mint(BOB, "bar", initialization, address(upgradable));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32[6] memory expected = [MINT, ACCOUNT_CREATED, TRANSFER, UPGRADED, INITIALIZED, TRANSFER];
        assertEq(logs.length, expected.length, "number of logs");
        for (uint256 i = 0; i < expected.length; ++i) assertEq(logs[i].topics[0], expected[i], vm.toString(i));
        assertEq(logs[0].topics[1], os, "parent");
        assertEq(logs[0].topics[2], hypermap.leaf(os, "bar"), "entry");
        assertEq(logs[0].topics[3], keccak256("bar"), "labelhash");
        assertEq(logs[0].data, abi.encode(bytes("bar")), "label");
        assertEq(logs[3].emitter, tba, "the account reports its implementation");
        assertEq(logs[2].topics[2], bytes32(uint256(uint160(address(hypermap)))), "first to Hypermap");
        assertEq(logs[5].topics[2], bytes32(uint256(uint160(BOB))), "then to the owner");
    }

    function test_TheRootBelongsToTheAdmin() public view {
        assertEq(hypermap.ownerOf(0), ADMIN, "owner");
        assertTrue(hypermap.hasRole(bytes32(0), ADMIN), "admin role");
        assertTrue(hypermap.tbaOf(ROOT) != address(0), "account");
    }

    function test_GenesisHappensOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        hypermap.initialize(BOB);
    }

    function test_TheImplementationIsLocked() public {
        Hypermap implementation = new Hypermap(dispatcher, address(plain));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        implementation.initialize(BOB);
    }

    function test_ItIsCalledHypermap() public view {
        assertEq(bytes(hypermap.name()), "Hypermap", "name");
        assertEq(bytes(hypermap.symbol()), "HYPERMAP", "symbol");
        assertEq(hypermap.ERC6551_REGISTRY(), REGISTRY, "registry");
        assertEq(hypermap.ACCOUNT_DISPATCHER(), dispatcher, "dispatcher");
    }

    function test_ItSupportsErc721AndAccessControlAndNoEnumeration() public view {
        bytes4[4] memory supported = [bytes4(0x01ffc9a7), 0x80ac58cd, 0x5b5e139f, 0x7965db0b];
        for (uint256 i = 0; i < supported.length; ++i) {
            assertTrue(hypermap.supportsInterface(supported[i]), vm.toString(i));
        }
        assertTrue(!hypermap.supportsInterface(0x780e9d63), "no enumeration");
        assertTrue(!hypermap.supportsInterface(0xffffffff), "nor anything");
    }

    function test_ATokensUriIsItsMetadataNote() public {
        assertEq(hypermap.METADATA_NOTE_KEY(), "~metadata-uri", "the note");
        assertEq(bytes(hypermap.tokenURI(uint256(foo))), "", "none yet");
        note("~metadata-uri", "https://example.com/foo.json");
        assertEq(bytes(hypermap.tokenURI(uint256(foo))), "https://example.com/foo.json", "the note's text");
        bytes32 absent = hypermap.leaf(foo, "bar");
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, absent));
        hypermap.tokenURI(uint256(absent));
    }

    function test_NothingIsAtAnAbsentEntry() public view {
        (address tba, address owner, bytes memory data) = hypermap.get(keccak256("absent"));
        assertTrue(tba == address(0) && owner == address(0) && data.length == 0, "get");
        (address account, address gene, bytes memory content) = hypermap.map(keccak256("absent"));
        assertTrue(account == address(0) && gene == address(0) && content.length == 0, "map");
    }
}

contract HypermapUpgradeTest is HypermapTest {
    function test_TheAdminUpgradesAndEverythingStays() public {
        bytes32 hash = note("~ip", hex"7f000001");
        Hypermap next = new Hypermap(dispatcher, address(plain));
        vm.expectEmit(true, true, true, true, address(hypermap));
        emit IERC1967.Upgraded(address(next));
        vm.prank(ADMIN);
        hypermap.upgradeToAndCall(address(next), "");
        assertEq(dataOf(hash), hex"7f000001", "notes stay");
        assertEq(hypermap.tbaOf(foo), address(fooAccount), "accounts stay");
    }

    function test_OwningTheRootGivesNoRightToUpgrade() public {
        Hypermap next = new Hypermap(dispatcher, address(plain));
        vm.prank(ADMIN);
        hypermap.transferFrom(ADMIN, BOB, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, BOB, bytes32(0))
        );
        vm.prank(BOB);
        hypermap.upgradeToAndCall(address(next), "");
    }

    function test_AnUpgradeMayNotMoveTheAccounts() public {
        Hypermap next = new Hypermap(BOB, address(plain));
        vm.expectRevert(abi.encodeWithSelector(IHypermap.AccountDispatcherChanged.selector, BOB, dispatcher));
        vm.prank(ADMIN);
        hypermap.upgradeToAndCall(address(next), "");
    }
}
