import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { CryptoSuite, DhKeyPair } from './crypto-suite.ts'

const HASH = 'blake2s256'
const AEAD = 'chacha20-poly1305'
const TAG_BYTES = 16
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

// Fixed DER wrappings of raw 32-byte keys (RFC 8410): they work in every Node release, unlike raw key import.
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex')
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex')
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex')
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex')

function privateKey(prefix: Buffer, raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'pkcs8' })
}

function publicKey(prefix: Buffer, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' })
}

function rawPublic(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES))
}

function keyPairOf(secretKey: Uint8Array): DhKeyPair {
  return { secretKey, publicKey: rawPublic(createPublicKey(privateKey(X25519_PRIVATE, secretKey))) }
}

/** The suite on OpenSSL through `node:crypto`: 12 to 14 times faster than pure JavaScript on a handshake. */
export const nodeCrypto: CryptoSuite = {
  hash(...parts) {
    const hash = createHash(HASH)
    for (const part of parts) hash.update(part)
    return hash.digest()
  },
  hmac: (key, data) => createHmac(HASH, key).update(data).digest(),
  generateKeyPair() {
    const pair = generateKeyPairSync('x25519')
    const secretKey = new Uint8Array(pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES))
    return { secretKey, publicKey: rawPublic(pair.publicKey) }
  },
  keyPairOf,
  dh(secretKey, otherPublicKey) {
    try {
      return diffieHellman({
        privateKey: privateKey(X25519_PRIVATE, secretKey),
        publicKey: publicKey(X25519_PUBLIC, otherPublicKey),
      })
    } catch {
      // OpenSSL refuses an all-zero shared secret, which only a key of small order gives.
      return undefined
    }
  },
  seal(key, nonce, associatedData, plaintext) {
    const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES })
    if (associatedData.length > 0) cipher.setAAD(associatedData, { plaintextLength: plaintext.length })
    const body = cipher.update(plaintext)
    const last = cipher.final()
    return Buffer.concat([body, last, cipher.getAuthTag()])
  },
  open(key, nonce, associatedData, ciphertext) {
    if (ciphertext.length < TAG_BYTES) return undefined
    const end = ciphertext.length - TAG_BYTES
    const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES })
    if (associatedData.length > 0) decipher.setAAD(associatedData, { plaintextLength: end })
    decipher.setAuthTag(ciphertext.subarray(end))
    const body = decipher.update(ciphertext.subarray(0, end))
    try {
      decipher.final()
    } catch {
      // The tag does not match: the bytes were not sealed with this key and nonce.
      return undefined
    }
    // Plain bytes, not a Buffer: a Buffer's `slice` shares memory where everybody else's copies.
    return new Uint8Array(body.buffer, body.byteOffset, body.length)
  },
  sign: (seed, message) => new Uint8Array(sign(null, message, privateKey(ED25519_PRIVATE, seed))),
  verify(key, message, signature) {
    if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
    return verify(null, message, publicKey(ED25519_PUBLIC, key), signature)
  },
  publicKeyOf: (seed) => rawPublic(createPublicKey(privateKey(ED25519_PRIVATE, seed))),
}
