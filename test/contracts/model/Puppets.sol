// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title A caller on demand. It keeps nothing, so that clones of it act as well as it does.
contract Puppet {
    function act(address target, bytes calldata data) external returns (bool ok, bytes memory result) {
        return target.call(data);
    }
}

/// @title A caller that accepts ERC-721 tokens.
contract ReceivingPuppet is Puppet {
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }
}

/// @title Makes many calls from many callers in one transaction, and logs after each what became of it.
contract Puppeteer {
    struct Call {
        Puppet puppet;
        address target;
        bytes data;
    }

    event Outcome(bool ok, bytes result);

    function play(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok, bytes memory result) = calls[i].puppet.act(calls[i].target, calls[i].data);
            emit Outcome(ok, result);
        }
    }
}
