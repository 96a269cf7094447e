// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {Labels} from "../../../contracts/hypermap/libraries/Labels.sol";
import {Test} from "../support/Test.sol";

contract LabelsTest is Test {
    bytes private constant SIXTY_TWO = "abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxy";

    function requireName(bytes calldata label) external pure {
        Labels.requireName(label);
    }

    function requireNote(bytes calldata label) external pure {
        Labels.requireNote(label);
    }

    function requireFact(bytes calldata label) external pure {
        Labels.requireFact(label);
    }

    function test_NamesOf1To63LegalBytesAreAccepted() public view {
        bytes[7] memory labels = [bytes("a"), "0", "-", "--", "-a-", "alice-home", bytes.concat(SIXTY_TWO, "9")];
        for (uint256 i = 0; i < labels.length; ++i) this.requireName(labels[i]);
    }

    function test_AnEmptyNameIsTooShort() public {
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        this.requireName("");
    }

    function test_ANameOf64BytesIsTooLong() public {
        vm.expectRevert(IHypermap.LabelTooLong.selector);
        this.requireName(bytes.concat(SIXTY_TWO, "zz"));
    }

    function test_NotesAndFactsOf2To63BytesAreAccepted() public view {
        this.requireNote("~a");
        this.requireNote(bytes.concat("~", SIXTY_TWO));
        this.requireFact("!a");
        this.requireFact(bytes.concat("!", SIXTY_TWO));
    }

    function test_APrefixAloneIsTooShort() public {
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        this.requireNote("~");
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        this.requireFact("!");
    }

    function test_AnEmptyNoteOrFactIsTooShort() public {
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        this.requireNote("");
        vm.expectRevert(IHypermap.LabelTooShort.selector);
        this.requireFact("");
    }

    function test_ANoteOrFactOf64BytesIsTooLong() public {
        vm.expectRevert(IHypermap.LabelTooLong.selector);
        this.requireNote(bytes.concat("~", SIXTY_TWO, "z"));
        vm.expectRevert(IHypermap.LabelTooLong.selector);
        this.requireFact(bytes.concat("!", SIXTY_TWO, "z"));
    }

    function test_AWrongPrefixIsReportedBeforeABadCharacter() public {
        vm.expectRevert(IHypermap.NoteMustBeginWithTilde.selector);
        this.requireNote("!IP");
        vm.expectRevert(IHypermap.FactMustBeginWithBang.selector);
        this.requireFact("~IP");
    }

    function test_ASecondPrefixIsABadCharacter() public {
        vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
        this.requireNote("~~ip");
        vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
        this.requireFact("!!ip");
    }

    function test_ExactlyTheLegalBytesAreAccepted() public {
        for (uint256 b = 0; b < 256; ++b) {
            bool legal = (b >= 0x30 && b <= 0x39) || (b >= 0x61 && b <= 0x7a) || b == 0x2d;
            if (!legal) vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
            this.requireName(abi.encodePacked("a", uint8(b), "z"));
        }
    }

    function testFuzz_ABadByteAnywhereIsRefused(uint8 position, uint8 length, bytes1 bad) public {
        length = 1 + (length % 63);
        bool legal = (bad >= "0" && bad <= "9") || (bad >= "a" && bad <= "z") || bad == "-";
        vm.assume(!legal);
        bytes memory label = new bytes(length);
        for (uint256 i = 0; i < length; ++i) label[i] = "x";
        label[position % length] = bad;
        vm.expectRevert(IHypermap.InvalidLabelCharacter.selector);
        this.requireName(label);
    }
}
