import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex, concatHex, hexToBytes, keccak256, toHex } from 'viem'
import type { Hex } from 'viem'
import { publicKeyToAddress } from 'viem/accounts'
import { encodeParts, word } from './abi.ts'

export type Signature = { v: bigint; r: Hex; s: Hex }

/** Half of the order of the curve: an `s` above it stands for a copy of a signature. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

export function addressOf(key: Hex): Hex {
  return publicKeyToAddress(bytesToHex(secp256k1.getPublicKey(hexToBytes(key), false))).toLowerCase() as Hex
}

export function signDigest(digest: Hex, key: Hex): Signature {
  const signed = secp256k1.sign(hexToBytes(digest), hexToBytes(key), { prehash: false, format: 'recovered' })
  const [parity = 0] = signed
  return { v: BigInt(27 + parity), r: toHex(signed.slice(1, 33)), s: toHex(signed.slice(33, 65)) }
}

/** Who signed, or why nobody can have. */
export function recoverSigner(digest: Hex, { v, r, s }: Signature): Hex | 'invalid' | 'high' {
  if (BigInt(s) > HALF_ORDER) return 'high'
  if (v !== 27n && v !== 28n) return 'invalid'
  try {
    const bytes = hexToBytes(concatHex([toHex(Number(v) - 27, { size: 1 }), r, s]))
    const key = secp256k1.recoverPublicKey(bytes, hexToBytes(digest), { prehash: false })
    const full = secp256k1.Point.fromBytes(key).toBytes(false)
    return publicKeyToAddress(bytesToHex(full)).toLowerCase() as Hex
  } catch {
    return 'invalid'
  }
}

export type Domain = { name: string; contract: Hex; chainId: number }

const text = (value: string): Hex => keccak256(toHex(value))

/** EIP-712: what is signed for a struct of words. */
export function typedDigest(domain: Domain, type: string, values: readonly (bigint | Hex)[]): Hex {
  const { name, contract, chainId } = domain
  const separator = keccak256(
    `0x${encodeParts([
      word(text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')),
      word(text(name)),
      word(text('1')),
      word(chainId),
      word(contract),
    ])}`,
  )
  const struct = keccak256(`0x${encodeParts([word(text(type)), ...values.map((value) => word(value))])}`)
  return keccak256(concatHex(['0x1901', separator, struct]))
}
