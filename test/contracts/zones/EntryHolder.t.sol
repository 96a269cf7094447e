// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {IHyperAccount} from "../../../contracts/accounts/IHyperAccount.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {EntryHolder} from "../../../contracts/zones/EntryHolder.sol";
import {IUseRule} from "../../../contracts/zones/IUseRule.sol";
import {EntryCalls} from "../../../contracts/zones/libraries/EntryCalls.sol";
import {HeldEntriesTest} from "./support/HeldEntriesTest.sol";

/// @dev The test is the rule: it names the user.
contract EntryHolderTest is HeldEntriesTest, IUseRule {
    mapping(bytes32 entry => address) public userOf;

    bytes32 private entry;
    EntryHolder private holder;
    HyperAccount private account;

    function setUp() public override {
        super.setUp();
        entry = hypermap.leaf(os, "held");
        bytes memory terms = abi.encode(address(this), hypermap, entry);
        holder = EntryHolder(Clones.cloneWithImmutableArgs(template.holder, terms));
        vm.prank(hypermap.tbaOf(os));
        hypermap.mint(address(holder), "held", "", address(heldAccount));
        account = accountOf(entry);
        userOf[entry] = ALICE;
    }

    function noteData(bytes memory data) private pure returns (bytes memory) {
        return abi.encodeCall(IHypermap.note, ("~motto", data));
    }

    function test_ItSaysWhomItHoldsWhatFor() public view {
        (address rule, IHypermap map, bytes32 held) = holder.terms();
        assertEq(rule, address(this), "rule");
        assertEq(address(map), address(hypermap), "hypermap");
        assertEq(held, entry, "entry");
        assertEq(holder.user(), ALICE, "user");
    }

    function test_TheUserActsThroughIt() public {
        vm.prank(ALICE);
        bytes memory result = holder.execute(address(hypermap), 0, noteData("mine"));
        assertEq(result, abi.encode(hypermap.leaf(entry, "~motto")), "what Hypermap returned");
        assertEq(dataOf(hypermap.leaf(entry, "~motto")), "mine", "note");
    }

    function test_NobodyElseDoesNotEvenTheRule() public {
        expectNotUser(BOB, ALICE);
        vm.prank(BOB);
        holder.execute(address(hypermap), 0, noteData("mine"));
        expectNotUser(address(this), ALICE);
        holder.executeBatch(new IHyperAccount.Call[](0));
        userOf[entry] = BOB;
        expectNotUser(ALICE, BOB);
        vm.prank(ALICE);
        holder.execute(address(hypermap), 0, noteData("mine"));
    }

    function test_EthSentAlongIsTheAccounts() public {
        vm.prank(ALICE);
        holder.execute{value: 3 ether}(BOB, 1 ether, "");
        assertEq(BOB.balance, 1_001 ether, "passed on");
        assertEq(address(account).balance, 2 ether, "the rest stays with the entry");
    }

    function test_SeveralCallsAreAllOrNothing() public {
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](2);
        calls[0] = IHyperAccount.Call(address(hypermap), 0, noteData("first"));
        calls[1] = IHyperAccount.Call(address(hypermap), 0, noteData("second"));
        vm.prank(ALICE);
        holder.executeBatch(calls);
        assertEq(dataOf(hypermap.leaf(entry, "~motto")), "second", "in order");
        calls[0].data = noteData("third");
        calls[1].data = abi.encodeCall(IHypermap.note, ("motto", "fourth"));
        vm.expectRevert(IHypermap.NoteMustBeginWithTilde.selector);
        vm.prank(ALICE);
        holder.executeBatch(calls);
        assertEq(dataOf(hypermap.leaf(entry, "~motto")), "second", "undone");
    }

    function test_TheUserSetsNoGene() public {
        bytes memory gene = abi.encodeCall(IHypermap.gene, (address(plain)));
        vm.expectRevert(abi.encodeWithSelector(EntryCalls.GeneNotAllowed.selector, entry));
        vm.prank(ALICE);
        holder.execute(address(hypermap), 0, gene);
        IHyperAccount.Call[] memory calls = new IHyperAccount.Call[](1);
        calls[0] = IHyperAccount.Call(address(hypermap), 0, gene);
        vm.expectRevert(abi.encodeWithSelector(EntryCalls.GeneNotAllowed.selector, entry));
        vm.prank(ALICE);
        holder.executeBatch(calls);
    }

    function test_TheUserCannotReachAroundIt() public {
        // Through the account itself, which is not its own operator.
        bytes memory gene = abi.encodeCall(IHypermap.gene, (address(plain)));
        bytes memory inner = abi.encodeWithSignature(
            "execute(address,uint256,bytes,uint8)",
            address(hypermap),
            0,
            gene,
            1
        );
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        vm.prank(ALICE);
        holder.execute(address(account), 0, inner);
        // By moving the token, which the account does not own.
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, account, uint256(entry))
        );
        vm.prank(ALICE);
        holder.execute(
            address(hypermap),
            0,
            abi.encodeCall(hypermap.transferFrom, (address(holder), ALICE, uint256(entry)))
        );
        // As operator: that is the holder.
        vm.expectRevert(IHyperAccount.NotOperatorOrEntryPoint.selector);
        vm.prank(ALICE);
        account.execute(address(hypermap), 0, gene, 0);
    }

    function test_ItAnswersForTheUsersSignature() public {
        bytes32 hash = keccak256("boot");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, hash);
        bytes memory signature = abi.encodePacked(r, s, v);
        assertEq(holder.isValidSignature(hash, signature), bytes4(0x1626ba7e), "the holder says yes");
        assertEq(account.isValidSignature(hash, signature), bytes4(0x1626ba7e), "and so does the account");
        userOf[entry] = BOB;
        assertEq(holder.isValidSignature(hash, signature), bytes4(0xffffffff), "no longer the user");
        userOf[entry] = address(0);
        assertEq(holder.isValidSignature(hash, signature), bytes4(0xffffffff), "nobody is");
    }

    function test_ItTakesNothingButItsEntry() public {
        vm.expectRevert(abi.encodeWithSelector(EntryHolder.NotTheEntry.selector, address(hypermap), uint256(foo)));
        vm.prank(ALICE);
        hypermap.safeTransferFrom(ALICE, address(holder), uint256(foo));
        vm.expectRevert(abi.encodeWithSelector(EntryHolder.NotTheEntry.selector, BOB, uint256(entry)));
        vm.prank(BOB);
        holder.onERC721Received(BOB, BOB, uint256(entry), "");
    }

    function test_OnlyTheRuleReleasesTheEntry() public {
        vm.expectRevert(abi.encodeWithSelector(EntryHolder.NotRule.selector, ALICE, address(this)));
        vm.prank(ALICE);
        holder.release(ALICE);
        holder.release(BOB);
        assertEq(hypermap.ownerOf(uint256(entry)), BOB, "released");
    }
}
