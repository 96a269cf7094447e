import { HyperwareError } from '@hyperware/protocol'

/** The three parts of a key file that only the password opens. */
export type SealedPart = 'networking key' | 'JWT secret' | 'file key'

export type KeyFileProblem =
  | { code: 'wrong-password'; name: string }
  | { code: 'key-file-corrupt'; where: string; problem: string }
  | { code: 'key-file-missing'; path: string }
  | { code: 'key-file-unreadable'; path: string }
  | { code: 'key-file-exists'; path: string }
  | { code: 'key-input'; problem: string }

/** A key file that cannot be made, read or opened. Neither passwords nor keys appear in its messages. */
export class KeyFileError extends HyperwareError<KeyFileProblem> {}

/** `path` is absent where only the bytes are known. */
export function corrupt(where: string, problem: string, path?: string): KeyFileError {
  const file = path === undefined ? 'key file' : `key file "${path}"`
  return new KeyFileError({ code: 'key-file-corrupt', where, problem }, `Cannot read ${file}: ${where} ${problem}`, {
    hint: 'restore the file from a copy; a new key file needs its public key published onchain as ~net-key',
  })
}

export function wrongPassword(name: string): KeyFileError {
  return new KeyFileError(
    { code: 'wrong-password', name },
    `Cannot open key file of "${name}": the password is wrong, or the encrypted bytes are damaged`,
    {
      hint: 'no part of the file opens with this password; encryption cannot tell a wrong password from damage to all parts',
    },
  )
}
