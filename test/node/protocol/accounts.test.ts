import { keccak_256 } from '@noble/hashes/sha3.js'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import {
  type Hex,
  bytesToHex,
  checksumAddress,
  concatBytes,
  hexToBytes,
  namehash,
  parseName,
  tokenBoundAccount,
} from '@hyperware/protocol'
import vectors from '../../conformance/accounts.json' with { type: 'json' }

/** The live network makes one proxy per entry, and the registry's implementation is that proxy. */
function proxyOf(entry: Hex): Hex {
  const parts = [Uint8Array.of(0xff), vectors.hypermap, entry, vectors.proxyInitCodeHash]
  const bytes = parts.map((part) => (typeof part === 'string' ? hexToBytes(part) : part))
  return bytesToHex(keccak_256(concatBytes(...bytes)).subarray(12))
}

describe('tokenBoundAccount', () => {
  test.each(vectors.accounts)('of "$name" is the address the registry gives it on both chains', (account) => {
    const entry = namehash(parseName(account.name))
    const input = { hypermap: vectors.hypermap as Hex, dispatcher: proxyOf(entry), entry }
    expect(tokenBoundAccount({ ...input, chainId: 8453 })).toBe(account[8453])
    expect(tokenBoundAccount({ ...input, chainId: 31_337 })).toBe(account[31_337])
  })

  test('addresses carry the checksum that wallets expect', () => {
    for (const { 8453: address } of vectors.accounts) {
      expect(checksumAddress(address.toLowerCase() as Hex)).toBe(getAddress(address))
    }
  })
})
