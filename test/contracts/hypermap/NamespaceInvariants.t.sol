// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";
import {HyperAccount} from "../../../contracts/accounts/HyperAccount.sol";
import {Hypermap} from "../../../contracts/hypermap/Hypermap.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";
import {Test} from "../support/Test.sol";

/// @dev What a test runner calls at random: whoever there is tries whatever there is, and what must have come of it is
/// written down here, from nothing but who asked for what.
contract NamespaceActor is Test {
    uint256 private constant NAMES_MAX = 20;
    uint256 private constant DATA_MAX = 40;
    uint256 private constant FORGERIES_MAX = 8;

    Hypermap private immutable HYPERMAP;
    IERC6551Registry private immutable REGISTRY;
    address private immutable DISPATCHER;

    address[3] private people;
    address[2] private implementations;

    /// @dev Lengths of data: none, a byte, the most beside its length, a word, in slots, the most there, on a shelf.
    uint16[7] private lengths = [0, 1, 27, 32, 33, 128, 129];

    /// @dev Contracts that say in their code that they are the account of an entry, and are not.
    address[] private forgeries;

    /// @dev Every name there is, the root first, and what must be so of it.
    bytes32[] public names;
    mapping(bytes32 name => bytes32) public parentOf;
    mapping(bytes32 name => bytes) public labelOf;
    mapping(bytes32 name => address) public ownerOf;
    mapping(bytes32 name => address) public geneOf;

    /// @dev The name whose account an address is; `isAccount` because the root's is zero.
    mapping(address account => bytes32 name) private nameOf;
    mapping(address account => bool) private isAccount;

    /// @dev Every note and fact there is, and what it must say. Facts are written here once.
    bytes32[] public data;
    mapping(bytes32 entry => bytes) public dataOf;
    mapping(bytes32 entry => bool) public isFact;
    mapping(bytes32 entry => bool) private isKnown;

    /// @dev The first thing that went otherwise than it must. A revert would be taken back, and so go unseen.
    string public wrong;

    /// @dev How many calls of each kind were done, and how many were refused.
    mapping(string kind => uint256) public count;

    /// @param people_ Alice, who owns `foo.os`, bob, who owns nothing yet, and the owner of root and `os`.
    constructor(
        Hypermap hypermap,
        IERC6551Registry registry,
        address dispatcher,
        address[3] memory people_,
        address[2] memory implementations_
    ) {
        (HYPERMAP, REGISTRY, DISPATCHER) = (hypermap, registry, dispatcher);
        (people, implementations) = (people_, implementations_);
        know(0, "", 0, people[2]);
        bytes32 os = hypermap.leaf(0, "os");
        know(0, "os", os, people[2]);
        know(os, "foo", hypermap.leaf(os, "foo"), people[0]);
    }

    // ------------------------------------------------------------------------------------------------ what they try

    function mint(uint256 who, uint256 label, uint256 to, uint256 code) external {
        if (names.length == NAMES_MAX) return;
        (address caller, bytes32 parent) = anyone(who);
        (bytes memory text, bool legal) = labelAt("", label);
        bytes32 name = HYPERMAP.leaf(parent, text);
        address owner = to % 3 == 0 ? HYPERMAP.tbaOf(names[to % names.length]) : people[to % 3];
        address implementation = implementations[code % 2];
        bytes memory call = abi.encodeCall(IHypermap.mint, (owner, text, "", implementation));
        if (!attempt("mint", caller, call, isAccount[caller] && legal && ownerOf[name] == address(0))) return;
        know(parent, text, name, owner);
        address gene_ = geneOf[parent];
        geneOf[name] = gene_;
        if (implementationOf(name) != (gene_ == address(0) ? implementation : gene_)) wrong = "code of a new account";
    }

    function note(uint256 who, uint256 label, uint256 length, bytes32 filling) external {
        (address caller, bytes32 parent) = anyone(who);
        (bytes memory text, bool legal) = labelAt("~", label);
        bytes32 entry = HYPERMAP.leaf(parent, text);
        if (isFull(entry)) return;
        bytes memory said = filled(length, filling);
        bool done = attempt("note", caller, abi.encodeCall(IHypermap.note, (text, said)), isAccount[caller] && legal);
        if (done) record(entry, said, false);
    }

    function fact(uint256 who, uint256 label, uint256 length, bytes32 filling) external {
        (address caller, bytes32 parent) = anyone(who);
        (bytes memory text, bool legal) = labelAt("!", label);
        bytes32 entry = HYPERMAP.leaf(parent, text);
        if (isFull(entry)) return;
        bytes memory said = filled(length, filling);
        bool allowed = isAccount[caller] && legal && !isFact[entry] && said.length > 0;
        if (attempt("fact", caller, abi.encodeCall(IHypermap.fact, (text, said)), allowed)) record(entry, said, true);
    }

    function gene(uint256 who, uint256 code) external {
        (address caller, bytes32 name) = anyone(who);
        address chosen = code % 3 == 2 ? address(0) : implementations[code % 3];
        bool allowed = isAccount[caller] && geneOf[name] == address(0);
        if (attempt("gene", caller, abi.encodeCall(IHypermap.gene, (chosen)), allowed)) geneOf[name] = chosen;
    }

    function transfer(uint256 who, uint256 which, uint256 to) external {
        bytes32 name = names[which % names.length];
        address owner = ownerOf[name];
        (address caller, ) = anyone(who / 2);
        if (who % 2 == 0) caller = owner;
        (address next, ) = anyone(to);
        bytes memory call = abi.encodeCall(IERC721.transferFrom, (owner, next, uint256(name)));
        if (attempt("transfer", caller, call, caller == owner && !ownsThrough(next, name))) ownerOf[name] = next;
    }

    /// @dev Has an account write a note, through the account and not in its place.
    function command(uint256 who, uint256 which, uint256 label, bytes32 filling) external {
        address person = people[who % 3];
        bytes32 name = names[which % names.length];
        (bytes memory text, bool legal) = labelAt("~", label);
        bytes32 entry = HYPERMAP.leaf(name, text);
        if (isFull(entry)) return;
        HyperAccount account = HyperAccount(payable(HYPERMAP.tbaOf(name)));
        bytes memory call = abi.encodeCall(IHypermap.note, (text, abi.encode(filling)));
        vm.prank(person);
        try account.execute(address(HYPERMAP), 0, call, 0) {
            judge("command", true, ownerOf[name] == person && legal);
            record(entry, abi.encode(filling), false);
        } catch {
            judge("command", false, ownerOf[name] == person && legal);
        }
    }

    /// @dev Anybody may have the registry make contracts that claim to be anything. No salt but one makes an account.
    function forge(uint256 which, bytes32 salt, bool otherCode) external {
        bytes32 name = names[which % names.length];
        if (forgeries.length == FORGERIES_MAX || salt == name) return;
        address code = otherCode ? implementations[0] : DISPATCHER;
        forgeries.push(REGISTRY.createAccount(code, salt, block.chainid, address(HYPERMAP), uint256(name)));
        count["forgery"]++;
    }

    // ---------------------------------------------------------------------------------------------------- book-keeping

    function know(bytes32 parent, bytes memory label, bytes32 name, address owner) private {
        names.push(name);
        (parentOf[name], labelOf[name], ownerOf[name]) = (parent, label, owner);
        address account = HYPERMAP.tbaOf(name);
        (nameOf[account], isAccount[account]) = (name, true);
    }

    /// @return Whether it was done, and rightly so.
    function attempt(string memory kind, address caller, bytes memory call, bool allowed) private returns (bool) {
        vm.prank(caller);
        (bool done, ) = address(HYPERMAP).call(call);
        judge(kind, done, allowed);
        return done && allowed;
    }

    function judge(string memory kind, bool done, bool allowed) private {
        if (done != allowed)
            wrong = string.concat(kind, done ? " was done, and must not" : " was refused, and must not");
        count[done ? kind : "refusal"]++;
    }

    function record(bytes32 entry, bytes memory said, bool forEver) private {
        if (!isKnown[entry]) data.push(entry);
        isKnown[entry] = true;
        if (!isFact[entry]) (dataOf[entry], isFact[entry]) = (said, forEver);
    }

    function isFull(bytes32 entry) private view returns (bool) {
        return data.length == DATA_MAX && !isKnown[entry];
    }

    /// @dev A person, a forgery or an account, and the entry it is, or says it is, the account of.
    function anyone(uint256 who) private view returns (address caller, bytes32 name) {
        uint256 index = who / 8;
        if (who % 8 == 0) return (people[index % 3], 0);
        if (who % 8 == 1 && forgeries.length > 0) {
            caller = forgeries[index % forgeries.length];
            bytes memory code = caller.code;
            assembly {
                name := mload(add(code, mload(code)))
            }
            return (caller, name);
        }
        name = names[index % names.length];
        return (HYPERMAP.tbaOf(name), name);
    }

    function labelAt(bytes memory prefix, uint256 label) private pure returns (bytes memory text, bool legal) {
        legal = label % 16 != 0;
        return (bytes.concat(prefix, legal ? bytes1(uint8(0x61 + (label % 5))) : bytes1("A")), legal);
    }

    function filled(uint256 length, bytes32 filling) private view returns (bytes memory said) {
        said = new bytes(lengths[length % 7]);
        for (uint256 i = 0; i < said.length; ++i) said[i] = filling[i % 32];
    }

    /// @dev Whether `owner` is the account of `name`, or of an entry that is owned so.
    function ownsThrough(address owner, bytes32 name) private view returns (bool) {
        for (; isAccount[owner]; owner = ownerOf[nameOf[owner]]) if (nameOf[owner] == name) return true;
        return false;
    }

    function implementationOf(bytes32 name) private view returns (address) {
        return address(uint160(uint256(vm.load(HYPERMAP.tbaOf(name), ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function namesCount() external view returns (uint256) {
        return names.length;
    }

    function dataCount() external view returns (uint256) {
        return data.length;
    }
}

/// @dev What holds of the namespace after any sequence of calls by anybody.
contract NamespaceInvariantsTest is HypermapTest {
    NamespaceActor private actor;
    string[7] private kinds = ["mint", "note", "fact", "gene", "transfer", "command", "forgery"];

    function setUp() public override {
        super.setUp();
        address[2] memory implementations = [address(plain), address(upgradable)];
        IERC6551Registry registry = IERC6551Registry(REGISTRY);
        actor = new NamespaceActor(hypermap, registry, dispatcher, [ALICE, BOB, ADMIN], implementations);
    }

    function targetContracts() public view returns (address[] memory contracts) {
        contracts = new address[](1);
        contracts[0] = address(actor);
    }

    /// @dev Only the account of an entry writes, mints and sets genes beneath it, and only an owner moves an entry or has
    /// its account act; and nothing that is theirs to do is refused.
    function invariant_WhoeverMayActsAndNobodyElse() public view {
        assertEq(bytes(actor.wrong()), "", "wrong");
    }

    function invariant_FactsNeverChange() public view {
        for (uint256 i = 0; i < actor.dataCount(); ++i) {
            bytes32 entry = actor.data(i);
            if (actor.isFact(entry)) assertEq(dataOf(entry), actor.dataOf(entry), "what a fact said first");
        }
    }

    function invariant_NotesSayWhatTheirParentsAccountWroteLast() public view {
        for (uint256 i = 0; i < actor.dataCount(); ++i) {
            bytes32 entry = actor.data(i);
            if (!actor.isFact(entry)) assertEq(dataOf(entry), actor.dataOf(entry), "what a note was last told");
        }
    }

    function invariant_EveryEntryHasItsParentAndItsGene() public view {
        for (uint256 i = 0; i < actor.namesCount(); ++i) {
            bytes32 name = actor.names(i);
            bytes32 parent = actor.parentOf(name);
            (address parentsAccount, address parentsOwner, ) = hypermap.get(parent);
            assertTrue(parentsOwner != address(0) && parentsAccount.code.length != 0, "the parent exists");
            if (name != ROOT) assertEq(hypermap.leaf(parent, actor.labelOf(name)), name, "beneath the parent");
            (, address gene, ) = hypermap.map(name);
            assertEq(gene, actor.geneOf(name), "gene");
        }
    }

    function invariant_EveryEntryHasOneOwnerAndBalancesAddUp() public view {
        for (uint256 i = 0; i < actor.namesCount(); ++i) {
            bytes32 name = actor.names(i);
            address owner = hypermap.ownerOf(uint256(name));
            assertEq(owner, actor.ownerOf(name), "owner");
            uint256 owned = 0;
            for (uint256 j = 0; j < actor.namesCount(); ++j) if (actor.ownerOf(actor.names(j)) == owner) ++owned;
            assertEq(hypermap.balanceOf(owner), owned, "balance");
        }
        assertEq(hypermap.balanceOf(address(hypermap)), 0, "none stays with Hypermap");
    }

    function invariant_AnAccountIsWhereTheRegistryWouldPutIt() public view {
        for (uint256 i = 0; i < actor.namesCount(); ++i) {
            bytes32 name = actor.names(i);
            IERC6551Registry registry = IERC6551Registry(REGISTRY);
            address expected = registry.account(dispatcher, name, block.chainid, address(hypermap), uint256(name));
            assertEq(hypermap.tbaOf(name), expected, "address");
            (uint256 chainId, address tokenContract, uint256 id) = HyperAccount(payable(expected)).token();
            assertTrue(chainId == block.chainid && tokenContract == address(hypermap), "chain and Hypermap");
            assertEq(id, uint256(name), "token");
        }
    }

    /// @dev Whoever walks from owner to owner ends at somebody who is no account, in no more steps than there are entries.
    function invariant_EveryEntryIsInSomebodysReach() public view {
        for (uint256 i = 0; i < actor.namesCount(); ++i) {
            address owner = hypermap.ownerOf(uint256(actor.names(i)));
            for (uint256 steps = 0; nameOfAccount(owner) != type(uint256).max; ++steps) {
                assertTrue(steps < actor.namesCount(), "owners in a circle");
                owner = hypermap.ownerOf(nameOfAccount(owner));
            }
        }
    }

    /// @dev A sequence in which nothing is done would prove nothing.
    function afterInvariant() public view {
        uint256 done = 0;
        for (uint256 i = 0; i < kinds.length; ++i) done += actor.count(kinds[i]);
        assertTrue(done >= 8 && actor.count("refusal") > 0, "some is done, and some refused");
    }

    function test_EveryKindOfCallIsDoneAndRefused() public {
        for (uint256 i = 0; i < 400; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            (uint256 a, uint256 b, uint256 c) = (random >> 192, uint64(random >> 128), uint64(random >> 64));
            if (i % 7 == 0) actor.mint(a, b, c, random);
            if (i % 7 == 1) actor.note(a, b, c, bytes32(random));
            if (i % 7 == 2) actor.fact(a, b, c, bytes32(random));
            if (i % 7 == 3) actor.gene(a, b);
            if (i % 7 == 4) actor.transfer(a, b, c);
            if (i % 7 == 5) actor.command(a, b, c, bytes32(random));
            if (i % 7 == 6) actor.forge(a, bytes32(b), c % 2 == 0);
        }
        for (uint256 i = 0; i < kinds.length; ++i) assertTrue(actor.count(kinds[i]) > 3, kinds[i]);
        assertTrue(actor.count("refusal") > 40, "refusals");
        invariant_WhoeverMayActsAndNobodyElse();
        invariant_FactsNeverChange();
        invariant_NotesSayWhatTheirParentsAccountWroteLast();
        invariant_EveryEntryHasItsParentAndItsGene();
        invariant_EveryEntryHasOneOwnerAndBalancesAddUp();
        invariant_AnAccountIsWhereTheRegistryWouldPutIt();
        invariant_EveryEntryIsInSomebodysReach();
    }

    /// @dev The token id of the entry whose account it is, by Hypermap's word; the largest number when it is none.
    function nameOfAccount(address account) private view returns (uint256) {
        for (uint256 i = 0; i < actor.namesCount(); ++i) {
            if (hypermap.tbaOf(actor.names(i)) == account) return uint256(actor.names(i));
        }
        return type(uint256).max;
    }
}
