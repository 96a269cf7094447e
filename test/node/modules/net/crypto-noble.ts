import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { concatBytes } from '@hyperware/protocol'
import type { CryptoSuite } from '../../../../node/modules/net/crypto-suite.ts'

/** A second, independent suite in pure JavaScript: the oracle that the one on OpenSSL is compared with. */
export const nobleCrypto: CryptoSuite = {
  hash: (...parts) => blake2s(concatBytes(...parts)),
  hmac: (key, data) => hmac(blake2s, key, data),
  generateKeyPair() {
    const secretKey = x25519.utils.randomSecretKey()
    return { secretKey, publicKey: x25519.getPublicKey(secretKey) }
  },
  keyPairOf: (secretKey) => ({ secretKey, publicKey: x25519.getPublicKey(secretKey) }),
  dh(secretKey, publicKey) {
    try {
      return x25519.getSharedSecret(secretKey, publicKey)
    } catch {
      return undefined
    }
  },
  seal: (key, nonce, associatedData, plaintext) => chacha20poly1305(key, nonce, associatedData).encrypt(plaintext),
  open(key, nonce, associatedData, ciphertext) {
    if (ciphertext.length < 16) return undefined
    try {
      return chacha20poly1305(key, nonce, associatedData).decrypt(ciphertext)
    } catch {
      return undefined
    }
  },
  sign: (seed, message) => ed25519.sign(message, seed),
  verify(publicKey, message, signature) {
    try {
      return ed25519.verify(signature, message, publicKey, { zip215: false })
    } catch {
      return false
    }
  },
  publicKeyOf: (seed) => ed25519.getPublicKey(seed),
}
