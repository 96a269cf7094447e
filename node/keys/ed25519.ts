import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { concatBytes, hexToBytes } from '@hyperware/protocol'
import type { NetKeyPair } from './pkcs8.ts'

/** PKCS#8 version 1 header of an Ed25519 seed: the form Node's crypto reads. */
const PKCS8_V1_HEAD = hexToBytes('0x302e020100300506032b657004220420')

/** The 32-byte public key of a 32-byte Ed25519 seed. */
export function netKeyOfSeed(seed: Uint8Array): Uint8Array {
  const privateKey = createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_V1_HEAD, seed)),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(spki.length - 32))
}

/** A fresh random networking key. */
export function createNetKeyPair(): NetKeyPair {
  const seed = new Uint8Array(randomBytes(32))
  return { seed, publicKey: netKeyOfSeed(seed) }
}
