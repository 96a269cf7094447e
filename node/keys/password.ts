import { argon2 } from 'node:crypto'
import { ARGON2ID, type PasswordHash, passwordSalt } from './password-rule.ts'

/** Hashes `password` for the node `name` with Argon2id, off the main thread (modules.md section 14). */
export function hashPassword(name: string, password: string): Promise<PasswordHash> {
  const parameters = {
    message: Buffer.from(password, 'utf8'),
    nonce: Buffer.from(passwordSalt(name), 'utf8'),
    parallelism: ARGON2ID.parallelism,
    tagLength: ARGON2ID.lengthBytes,
    memory: ARGON2ID.memoryKib,
    passes: ARGON2ID.passes,
  }
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, hash) => {
      if (error) reject(error)
      else resolve(`0x${hash.toString('hex')}`)
    })
  })
}
