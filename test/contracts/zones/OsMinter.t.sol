// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {HyperAccountCommitMinter} from "../../../contracts/accounts/HyperAccountCommitMinter.sol";
import {HyperAccountUpgradable} from "../../../contracts/accounts/HyperAccountUpgradable.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {OsMinter} from "../../../contracts/zones/OsMinter.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

contract OsMinterTest is HypermapTest {
    uint256 private constant START = 1_800_000_000;

    OsMinter private zone;

    function setUp() public override {
        super.setUp();
        bytes memory initialization = abi.encodeCall(HyperAccountUpgradable.initialize, ());
        bytes32 entry = mintTlz("names", address(new OsMinter(ENTRY_POINT)), initialization);
        zone = OsMinter(payable(hypermap.tbaOf(entry)));
        vm.warp(START);
    }

    function commit(bytes memory name, address sender) private returns (bytes32 commitHash) {
        commitHash = zone.getCommitHash(name, sender);
        zone.commit(commitHash);
    }

    function mint(address sender, bytes memory name) private returns (address) {
        vm.prank(sender);
        return zone.mint(ALICE, name, "", address(plain));
    }

    function test_ItsAgesArePublic() public view {
        assertEq(zone.minCommitAge(), 15, "least age");
        assertEq(zone.maxCommitAge(), 1800, "greatest age");
    }

    function test_ACommitmentHidesNameAndCaller() public view {
        bytes32 expected = keccak256(abi.encode(bytes("alice-home"), BOB));
        assertEq(zone.getCommitHash("alice-home", BOB), expected, "hash");
    }

    function test_ACommitmentIsUsableFrom16To1800Seconds() public {
        uint256[2] memory ages = [uint256(16), 1800];
        bytes[2] memory names = [bytes("alice-home"), "robin-home"];
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(START);
            bytes32 commitHash = commit(names[i], BOB);
            assertEq(zone.getCommit(commitHash), START + 1800, "expiry");
            vm.warp(START + ages[i]);
            address tba = mint(BOB, names[i]);
            (, address tokenContract, uint256 id) = plainAt(tba);
            assertEq(tokenContract, address(hypermap), "hypermap");
            assertEq(hypermap.ownerOf(id), ALICE, "the recipient is the caller's to choose");
        }
    }

    function test_ACommitmentOf15SecondsIsTooNew() public {
        commit("alice-home", BOB);
        vm.warp(START + 15);
        vm.expectRevert(HyperAccountCommitMinter.CommitTooNew.selector);
        mint(BOB, "alice-home");
    }

    function test_ACommitmentOf1801SecondsIsTooOldAndMayBeRenewed() public {
        bytes32 commitHash = commit("alice-home", BOB);
        vm.warp(START + 1801);
        vm.expectRevert(HyperAccountCommitMinter.CommitTooOld.selector);
        mint(BOB, "alice-home");
        zone.commit(commitHash);
        vm.warp(START + 1801 + 16);
        mint(BOB, "alice-home");
    }

    function test_AUsableCommitmentIsNotRenewed() public {
        bytes32 commitHash = commit("alice-home", BOB);
        vm.warp(START + 1800);
        vm.expectRevert(HyperAccountCommitMinter.UnexpiredCommitExists.selector);
        zone.commit(commitHash);
    }

    function test_ACommitmentIsTheCallersAlone() public {
        commit("alice-home", BOB);
        vm.warp(START + 16);
        vm.expectRevert(HyperAccountCommitMinter.CommitNotFound.selector);
        mint(ADMIN, "alice-home");
    }

    function test_WithoutCommitmentThereIsNoName() public {
        vm.expectRevert(HyperAccountCommitMinter.CommitNotFound.selector);
        mint(BOB, "alice-home");
    }

    function test_EightCharactersAreTooFewWhateverWasCommitted() public {
        commit("alice-ho", BOB);
        vm.warp(START + 16);
        vm.expectRevert(abi.encodeWithSignature("Error(string)", "Label too short"));
        mint(BOB, "alice-ho");
    }

    function test_NineCharactersAreEnough() public {
        commit("alice-hom", BOB);
        vm.warp(START + 16);
        mint(BOB, "alice-hom");
    }

    function test_TheZonesOwnerMintsShortNamesAtOnce() public {
        bytes memory data = abi.encodeCall(IHypermap.mint, (ALICE, "foo", "", address(plain)));
        vm.prank(ADMIN);
        zone.execute(address(hypermap), 0, data, 0);
    }

    function test_AgesMustLeaveAMinuteToMint() public {
        vm.expectRevert(HyperAccountCommitMinter.SetupMinGreaterThanMaxAge.selector);
        new HyperAccountCommitMinter(ENTRY_POINT, 61, 60);
        vm.expectRevert(HyperAccountCommitMinter.SetupMinMaxAgeGapTooSmall.selector);
        new HyperAccountCommitMinter(ENTRY_POINT, 1, 60);
        new HyperAccountCommitMinter(ENTRY_POINT, 0, 60);
    }

    function testFuzz_OnlyTheWindowIsOpen(uint16 age) public {
        commit("alice-home", BOB);
        vm.warp(START + age);
        if (age <= 15) vm.expectRevert(HyperAccountCommitMinter.CommitTooNew.selector);
        else if (age > 1800) vm.expectRevert(HyperAccountCommitMinter.CommitTooOld.selector);
        mint(BOB, "alice-home");
    }

    function plainAt(address tba) private view returns (uint256, address, uint256) {
        return OsMinter(payable(tba)).token();
    }
}
