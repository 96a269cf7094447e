import { getContractAddress, pad } from 'viem'
import type { Hex } from 'viem'

/** The deterministic deployer: sent a salt and creation code, it does CREATE2. */
export const CREATE2_DEPLOYER: Hex = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** Runtime code of the deterministic deployer, byte for byte. */
export const CREATE2_DEPLOYER_CODE: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'

/**
 * How anybody brings the deployer onto a chain: its only transaction, signed for every chain alike, and by nobody's key, with
 * the account that has to have 0.01 ETH for it.
 */
export const CREATE2_DEPLOYER_BIRTH = {
  signer: '0x3fAB184622Dc19b6109349B94811493BF2a45362',
  transaction: `0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe${CREATE2_DEPLOYER_CODE.slice(2)}1ba0${'22'.repeat(32)}a0${'22'.repeat(32)}`,
} as const satisfies { signer: Hex; transaction: Hex }

/** All our contracts are deployed with this salt. */
export const SALT: Hex = pad('0x', { size: 32 })

/** Where the deterministic deployer puts `creationCode` (32-byte constructor arguments included). Checksummed. Pure. */
export function create2Address(creationCode: Hex): Hex {
  return getContractAddress({ opcode: 'CREATE2', from: CREATE2_DEPLOYER, salt: SALT, bytecode: creationCode })
}

/** An address as a constructor argument, in small letters. */
export function word(address: Hex): Hex {
  return pad(address.toLowerCase() as Hex, { size: 32 })
}
