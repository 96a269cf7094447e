/** An X25519 key pair: 32 bytes each. */
export type DhKeyPair = { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array }

/**
 * What the link needs from a cryptography library: X25519, ChaCha20-Poly1305 and BLAKE2s for Noise, Ed25519 for node
 * identities (net.md section 1). Every implementation runs the same vectors.
 */
export interface CryptoSuite {
  /** BLAKE2s-256, unkeyed, of the parts one after the other: 32 bytes. */
  hash(...parts: readonly Uint8Array[]): Uint8Array
  /** HMAC (RFC 2104, 64-byte block) over BLAKE2s-256: 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array
  /** A fresh key pair from the system's random source. */
  generateKeyPair(): DhKeyPair
  /** The key pair of a known 32-byte secret key. */
  keyPairOf(secretKey: Uint8Array): DhKeyPair
  /** X25519: 32 bytes, or undefined when the other side's key is of small order. */
  dh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined
  /** ChaCha20-Poly1305 with a 32-byte key and a 12-byte nonce; the 16-byte tag comes last. */
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext, or undefined when the tag does not match. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  /** Ed25519 signature (64 bytes) with a 32-byte seed. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array
  /** Strict RFC 8032 verification; false for keys and signatures of any wrong shape. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** The 32-byte Ed25519 public key of a seed. */
  publicKeyOf(seed: Uint8Array): Uint8Array
}
