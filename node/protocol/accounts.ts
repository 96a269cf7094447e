import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from './bytes.ts'
import type { Namehash } from './names.ts'

/** The ERC-6551 registry, at the same address on every chain. */
export const ERC6551_REGISTRY: Hex = '0x000000006551c19487814612e58FE06813775758'

/**
 * The address of an entry's token-bound account, whether or not it exists yet: the ERC-6551 registry's account for the
 * implementation `dispatcher`, with the namehash as both salt and token id (onchain.md section 3.1). Checksummed.
 * Addresses are 20 bytes.
 */
export function tokenBoundAccount(input: { hypermap: Hex; dispatcher: Hex; chainId: number; entry: Namehash }): Hex {
  const entry = hexToBytes(input.entry)
  const creationCode = concatBytes(
    hexToBytes('0x3d60ad80600a3d3981f3363d3d373d3d3d363d73'),
    hexToBytes(input.dispatcher),
    hexToBytes('0x5af43d82803e903d91602b57fd5bf3'),
    entry,
    uint256(BigInt(input.chainId)),
    new Uint8Array(12),
    hexToBytes(input.hypermap),
    entry,
  )
  return create2Address({ deployer: ERC6551_REGISTRY, salt: entry, creationCode })
}

/** The address that CREATE2 gives to `creationCode`. Checksummed. */
export function create2Address(input: { deployer: Hex; salt: Uint8Array; creationCode: Uint8Array }): Hex {
  const { deployer, salt, creationCode } = input
  const hash = keccak_256(concatBytes(Uint8Array.of(0xff), hexToBytes(deployer), salt, keccak_256(creationCode)))
  return checksumAddress(bytesToHex(hash.subarray(12)))
}

/** Writes a 20-byte address with the capital letters of EIP-55. */
export function checksumAddress(address: Hex): Hex {
  const digits = address.slice(2).toLowerCase()
  const hash = keccak_256(utf8ToBytes(digits))
  let text = '0x'
  for (let index = 0; index < digits.length; index++) {
    const nibble = ((hash[index >> 1] ?? 0) >> (index % 2 === 0 ? 4 : 0)) & 15
    text += nibble >= 8 ? digits.charAt(index).toUpperCase() : digits.charAt(index)
  }
  return text as Hex
}

function uint256(value: bigint): Uint8Array {
  return hexToBytes(`0x${value.toString(16).padStart(64, '0')}`)
}
