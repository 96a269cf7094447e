import { hypermapAbi } from '@hyperware/deployments/abi'
import {
  accountDispatcherBytecode,
  erc1967ProxyBytecode,
  erc6551RegistryBytecode,
  hyperAccountBytecode,
  hyperAccountMinterBytecode,
  hyperAccountStrictBytecode,
  hyperAccountUpgradableBytecode,
  hypermapBytecode,
  multicall3Bytecode,
  osMinterBytecode,
} from '@hyperware/deployments/bytecode'
import { concatHex, encodeAbiParameters, encodeFunctionData } from 'viem'
import type { Hex } from 'viem'
import { CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE, create2Address, word } from './create2.ts'

/** The chain id of development chains, where code can be put at any address. */
export const DEV_CHAIN_ID = 31337

/** Where a proxy keeps the address of its code: keccak256('eip1967.proxy.implementation') - 1. */
export const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

/** The ERC-4337 EntryPoint, version 0.8, at the same address on every chain. */
export const ENTRY_POINT: Hex = '0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108'

/** Where live clients look for these contracts. */
export const CANONICAL = {
  Hypermap: '0x000000000044C6B8Cb4d8f0F889a3E47664EAeda',
  Erc6551Registry: '0x000000006551c19487814612e58FE06813775758',
  Multicall3: '0xcA11bde05977b3631167028862bE2a173976CA11',
  HyperAccount: '0x0000000000EDAd72076CBe7b9Cfa3751D5a85C97',
  HyperAccountUpgradable: '0x0000000000691b70A051CFAF82F9622E150369f3',
} as const satisfies Record<string, Hex>

/**
 * How a contract gets to its address: `code` is put there as it is; `constructed` is what the constructor in `creationCode`
 * leaves when run at that address; `create2` goes through the deterministic deployer with salt zero.
 */
export type Placement =
  | { kind: 'code'; contract: string; address: Hex; code: Hex }
  | { kind: 'constructed'; contract: string; address: Hex; creationCode: Hex }
  | { kind: 'create2'; contract: string; address: Hex; creationCode: Hex }

/** Every contract of a development chain, in an order in which each finds those that it refers to. Pure. */
export function planDevChain(): readonly Placement[] {
  const entryPoint = word(ENTRY_POINT)
  const dispatcher = create2('AccountDispatcher', concatHex([accountDispatcherBytecode, word(CANONICAL.HyperAccount)]))
  const implementation = create2(
    'HypermapImplementation',
    concatHex([hypermapBytecode, word(dispatcher.address), word(CANONICAL.HyperAccount)]),
  )
  // The proxy's constructor insists on a call. A view changes nothing: `initialize` is a step of its own.
  const call = encodeFunctionData({ abi: hypermapAbi, functionName: 'ACCOUNT_DISPATCHER' })
  const proxyArguments = encodeAbiParameters([{ type: 'address' }, { type: 'bytes' }], [implementation.address, call])
  return [
    { kind: 'code', contract: 'Create2Deployer', address: CREATE2_DEPLOYER, code: CREATE2_DEPLOYER_CODE },
    constructed('Erc6551Registry', erc6551RegistryBytecode),
    constructed('Multicall3', multicall3Bytecode),
    constructed('HyperAccount', concatHex([hyperAccountBytecode, entryPoint])),
    constructed('HyperAccountUpgradable', concatHex([hyperAccountUpgradableBytecode, entryPoint])),
    dispatcher,
    implementation,
    constructed('Hypermap', concatHex([erc1967ProxyBytecode, proxyArguments])),
    create2('HyperAccountMinter', concatHex([hyperAccountMinterBytecode, entryPoint])),
    create2('HyperAccountStrict', concatHex([hyperAccountStrictBytecode, entryPoint])),
    create2('OsMinter', concatHex([osMinterBytecode, entryPoint])),
  ]
}

function constructed(contract: keyof typeof CANONICAL, creationCode: Hex): Placement {
  return { kind: 'constructed', contract, address: CANONICAL[contract], creationCode }
}

function create2(contract: string, creationCode: Hex): Placement {
  return { kind: 'create2', contract, address: create2Address(creationCode), creationCode }
}
