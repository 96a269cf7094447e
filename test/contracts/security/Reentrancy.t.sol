// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {HyperAccountMinter} from "../../../contracts/accounts/HyperAccountMinter.sol";
import {IHypermap} from "../../../contracts/hypermap/IHypermap.sol";
import {HypermapTest} from "../support/HypermapTest.sol";

/// @dev Mints the same name again when it receives one, and keeps what it saw.
contract ReentrantReceiver {
    bytes public refusal;
    address public ownerSeen;

    function onERC721Received(address operator, address, uint256 id, bytes calldata) external returns (bytes4) {
        ownerSeen = IERC721(msg.sender).ownerOf(id);
        try HyperAccountMinter(payable(operator)).mint(address(this), "again", "", address(0)) {} catch (
            bytes memory why
        ) {
            refusal = why;
        }
        return this.onERC721Received.selector;
    }
}

/// @dev Code of an account that, while it is initialized, tries to get hold of what Hypermap owns at that moment.
contract GraspingAccount {
    uint256 public taken;

    function grasp(IHypermap hypermap, address minter) external {
        uint256 id = uint256(hypermap.leaf(bytes32(0), "os"));
        id = uint256(hypermap.leaf(bytes32(id), "grasped"));
        IERC721 token = IERC721(address(hypermap));
        try token.transferFrom(address(hypermap), address(this), id) {
            ++taken;
        } catch {}
        try token.approve(address(this), id) {
            ++taken;
        } catch {}
        try HyperAccountMinter(payable(minter)).mint(address(0xbad), "grasped", "", address(this)) {
            ++taken;
        } catch {}
    }
}

contract ReentrancyTest is HypermapTest {
    function test_AReceiverCalledDuringTheMintFindsItDone() public {
        ReentrantReceiver receiver = new ReentrantReceiver();
        mintPublic(address(receiver), "again");
        assertEq(receiver.ownerSeen(), address(receiver), "the owner it saw");
        assertEq(receiver.refusal(), abi.encodeWithSelector(IHypermap.NameAlreadyExists.selector), "the second mint");
        assertEq(hypermap.balanceOf(address(receiver)), 1, "names it got");
    }

    function test_AnInitializationCannotTakeWhatHypermapHoldsMeanwhile() public {
        GraspingAccount code = new GraspingAccount();
        address zone = hypermap.tbaOf(os);
        bytes memory grasp = abi.encodeCall(GraspingAccount.grasp, (hypermap, zone));
        address tba = HyperAccountMinter(payable(zone)).mint(ALICE, "grasped", grasp, address(code));
        assertEq(GraspingAccount(tba).taken(), 0, "attempts that succeeded");
        assertEq(hypermap.ownerOf(uint256(hypermap.leaf(os, "grasped"))), ALICE, "owner");
    }
}
