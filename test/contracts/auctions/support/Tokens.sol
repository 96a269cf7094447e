// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev An ERC-20 that anybody may mint, and that does not know how to burn.
contract PlainToken is ERC20("Plain", "PLAIN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Burns like HYPR.
contract BurnableToken is PlainToken {
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }
}

/// @dev Answers every call, `burn` too, and does nothing for those it does not know.
contract SilentToken is PlainToken {
    fallback() external {}
}

/// @dev Keeps a hundredth of every transfer between accounts.
contract FeeToken is PlainToken {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee), amount / 100);
    }
}

/// @dev Tells chosen receivers, as ERC-777 does, and fails when they do.
contract TellingToken is PlainToken {
    mapping(address account => bool) private _told;

    function tell(address account) external {
        _told[account] = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_told[to]) IListener(to).onToken();
    }
}

/// @dev Tells chosen receivers, and burns like HYPR.
contract TellingBurnableToken is TellingToken {
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }
}

interface IListener {
    function onToken() external;
}
