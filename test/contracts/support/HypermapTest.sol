// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC6551Registry} from "erc6551/ERC6551Registry.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {HyperAccountMinter} from "../../../contracts/accounts/HyperAccountMinter.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {Hypermap} from "../../../contracts/hypermap/Hypermap.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {Test} from "./Test.sol";

/// @dev A Hypermap with the zone `os`, in which anybody may mint, and the entry `foo.os` of alice.
abstract contract HypermapTest is Test {
    address internal constant REGISTRY = 0x000000006551c19487814612e58FE06813775758;
    address internal constant ENTRY_POINT = 0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108;
    bytes32 internal constant ROOT = bytes32(0);

    uint256 internal constant ALICE_KEY = 0xa11ce;
    address internal immutable ALICE = vm.addr(ALICE_KEY);
    address internal constant BOB = address(0xb0b);
    address internal constant ADMIN = address(0xad314);

    Hypermap internal hypermap;
    address internal dispatcher;
    HyperAccount internal plain;
    HyperAccountUpgradable internal upgradable;
    HyperAccountMinter internal minter;

    bytes32 internal os;
    bytes32 internal foo;
    HyperAccount internal fooAccount;

    function setUp() public virtual {
        vm.etch(REGISTRY, address(new ERC6551Registry()).code);
        plain = new HyperAccount(ENTRY_POINT);
        dispatcher = deployDispatcher();
        upgradable = new HyperAccountUpgradable(ENTRY_POINT);
        minter = new HyperAccountMinter(ENTRY_POINT);
        hypermap = deployHypermap();

        os = mintTlz("os", address(minter), abi.encodeCall(HyperAccountUpgradable.initialize, ()));
        mintPublic(ALICE, "foo");
        foo = hypermap.leaf(os, "foo");
        fooAccount = accountOf(foo);
    }

    /// @dev The dispatcher as it is deployed: from the frozen code, not from today's compilation.
    function deployDispatcher() internal virtual returns (address deployed) {
        bytes memory code = vm.parseJsonBytes(
            vm.readFile("contracts/accounts/AccountDispatcher.frozen.json"),
            ".bytecode"
        );
        code = bytes.concat(code, abi.encode(plain));
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(deployed != address(0), "the frozen dispatcher deploys");
    }

    function deployHypermap() internal returns (Hypermap) {
        Hypermap implementation = new Hypermap(dispatcher, address(plain));
        bytes memory initialize = abi.encodeCall(IHypermap.initialize, (ADMIN));
        return Hypermap(address(new ERC1967Proxy(address(implementation), initialize)));
    }

    function accountOf(bytes32 entry) internal view returns (HyperAccount) {
        return HyperAccount(payable(hypermap.tbaOf(entry)));
    }

    /// @dev The owner of the root has the root's account mint a zone, owned by ADMIN.
    function mintTlz(
        bytes memory label,
        address implementation,
        bytes memory initialization
    ) internal returns (bytes32) {
        HyperAccount root = accountOf(ROOT);
        bytes memory data = abi.encodeCall(IHypermap.mint, (ADMIN, label, initialization, implementation));
        vm.prank(ADMIN);
        root.execute(address(hypermap), 0, data, 0);
        return hypermap.leaf(ROOT, label);
    }

    /// @dev Anybody mints beneath `os`, with a plain account.
    function mintPublic(address to, bytes memory label) internal returns (address) {
        return HyperAccountMinter(payable(hypermap.tbaOf(os))).mint(to, label, "", address(plain));
    }

    /// @dev As the account of foo.os: the next call to Hypermap is its.
    function asFoo() internal {
        vm.prank(address(fooAccount));
    }

    function note(bytes memory label, bytes memory data) internal returns (bytes32) {
        asFoo();
        return hypermap.note(label, data);
    }

    function dataOf(bytes32 entry) internal view returns (bytes memory data) {
        (, , data) = hypermap.get(entry);
    }
}
