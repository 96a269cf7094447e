/**
 * How a password becomes the hash that every login carries (modules.md section 14). Pure and browser-safe: the login
 * page and the command line use the same numbers.
 */

/** `0x` and 64 lower-case hex digits: what the HTTP endpoints take instead of the password. */
export type PasswordHash = `0x${string}`

/** Argon2id version 1.3. `memoryKib` is in KiB. */
export const ARGON2ID = { memoryKib: 19_456, passes: 2, parallelism: 1, lengthBytes: 32 } as const

/** Longest password accepted, in UTF-16 code units: far beyond any use, and a bound on what is hashed. */
export const PASSWORD_MAX_LENGTH = 1_024

/** The salt of the password hash: the node's name, repeated when it is shorter than the 8 bytes Argon2 asks for. */
export function passwordSalt(name: string): string {
  return name.length >= 8 ? name : name.repeat(1 + Math.floor(8 / Math.max(1, name.length)))
}

export function isPasswordHash(value: unknown): value is PasswordHash {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value)
}
