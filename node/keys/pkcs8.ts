import { concatBytes, type Decoded, equalBytes, hexToBytes } from '@hyperware/protocol'

/**
 * The networking key as the key file holds it: an Ed25519 PKCS#8 version 2 document, which carries the public key
 * too (modules.md section 14). Node's own crypto refuses this form, so the few bytes around the keys are matched here.
 */
const HEAD = hexToBytes('0x3051020101300506032b657004220420')
const LEGACY_HEAD = hexToBytes('0x3053020101300506032b657004220420')
const MIDDLE = hexToBytes('0x812100')
const LEGACY_MIDDLE = hexToBytes('0xa123032100')
/** `HEAD`, seed, `MIDDLE`, public key. */
export const PKCS8_BYTES = 83
/** The form of older files, with the public key tagged differently. */
export const PKCS8_LEGACY_BYTES = 85

/** An Ed25519 key pair in bytes, 32 each. */
export type NetKeyPair = { seed: Uint8Array; publicKey: Uint8Array }

/** The 83-byte document of a key pair. */
export function encodePkcs8({ seed, publicKey }: NetKeyPair): Uint8Array {
  return concatBytes(HEAD, seed, MIDDLE, publicKey)
}

/** Reads the 83-byte form and the 85-byte one of older files. A problem never quotes the document's bytes. */
export function decodePkcs8(document: Uint8Array): Decoded<NetKeyPair> {
  if (document.length === PKCS8_BYTES) return matchPkcs8(document, HEAD, MIDDLE)
  if (document.length === PKCS8_LEGACY_BYTES) return matchPkcs8(document, LEGACY_HEAD, LEGACY_MIDDLE)
  if (document.length === 48) return { ok: false, problem: 'is a PKCS#8 version 1 document, which has no public key' }
  return { ok: false, problem: `is ${document.length} bytes long, expected ${PKCS8_BYTES} or ${PKCS8_LEGACY_BYTES}` }
}

function matchPkcs8(document: Uint8Array, head: Uint8Array, middle: Uint8Array): Decoded<NetKeyPair> {
  const seedAt = head.length
  const middleAt = seedAt + 32
  const publicKeyAt = middleAt + middle.length
  if (!equalBytes(document.subarray(0, seedAt), head)) {
    return { ok: false, problem: 'does not start as an Ed25519 PKCS#8 version 2 document' }
  }
  if (!equalBytes(document.subarray(middleAt, publicKeyAt), middle)) {
    return { ok: false, problem: 'has no Ed25519 public key behind its seed' }
  }
  return {
    ok: true,
    value: { seed: document.slice(seedAt, middleAt), publicKey: document.slice(publicKeyAt, publicKeyAt + 32) },
  }
}
