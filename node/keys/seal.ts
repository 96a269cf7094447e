import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { concatBytes } from '@hyperware/protocol'
import type { PasswordHash } from './password-rule.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What sealing adds to a plaintext: nonce in front, tag behind. */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES

const DISK_KEY_ITERATIONS = 1_000_000

/** The key all parts of a key file are sealed with. PBKDF2 runs on libuv's pool and leaves the main thread free. */
export function deriveDiskKey(passwordHash: PasswordHash, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(passwordHash, salt, DISK_KEY_ITERATIONS, 32, 'sha256', (error, key) => {
      if (error) reject(error)
      else resolve(new Uint8Array(key))
    })
  })
}

/** AES-256-GCM without additional data: nonce, ciphertext, tag. */
export function seal(diskKey: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES))
  const cipher = createCipheriv('aes-256-gcm', diskKey, nonce, { authTagLength: TAG_BYTES })
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return concatBytes(nonce, new Uint8Array(ciphertext), new Uint8Array(cipher.getAuthTag()))
}

/** The plaintext, or undefined when the tag does not match: another key, or changed bytes. */
export function unseal(diskKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD_BYTES) return undefined
  const tagAt = sealed.length - TAG_BYTES
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', diskKey, nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(tagAt))
  const start = decipher.update(sealed.subarray(NONCE_BYTES, tagAt))
  try {
    return new Uint8Array(Buffer.concat([start, decipher.final()]))
  } catch {
    return undefined // `final` throws exactly when the tag does not match
  }
}
