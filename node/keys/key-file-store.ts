import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from '../disk/atomic-file.ts'
import { corrupt, KeyFileError } from './errors.ts'
import { KEY_FILE_MAX_BYTES } from './key-file-layout.ts'

/** Where a home folder keeps its key file (modules.md section 13). */
export function keyFilePath(home: string): string {
  return join(home, '.keys')
}

/**
 * Puts a key file into a home folder, readable by its owner only and written whole or not at all. Replacing one means
 * losing its networking key, so that has to be asked for.
 * @throws KeyFileError `key-file-exists`.
 */
export async function writeKeyFile(home: string, bytes: Uint8Array, options?: { replace: boolean }): Promise<void> {
  const path = keyFilePath(home)
  if (options?.replace !== true && (await exists(path))) {
    throw new KeyFileError(
      { code: 'key-file-exists', path },
      `Cannot write key file "${path}": there is one already, and replacing it loses its networking key`,
      { hint: 'choose another home folder, or move the file away first' },
    )
  }
  await writeFileAtomically(path, bytes, { mode: 0o600 })
}

/**
 * @throws KeyFileError `key-file-missing`, `key-file-unreadable` when the system refuses, or `key-file-corrupt` when it is
 *   far too big to be one.
 */
export async function readKeyFile(home: string): Promise<Uint8Array> {
  const path = keyFilePath(home)
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw unreadable(path, cause)
    throw new KeyFileError({ code: 'key-file-missing', path }, `Cannot read key file "${path}": there is none`, {
      hint: 'create one for the name, and publish its public key as ~net-key',
      cause,
    })
  })
  try {
    const about = await file.stat()
    if (!about.isFile()) throw unreadable(path, new Error('it is not a file'))
    const { size } = about
    if (size > KEY_FILE_MAX_BYTES)
      throw corrupt('the file', `is ${size} bytes long, expected at most ${KEY_FILE_MAX_BYTES}`, path)
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

/** Runs what decodes the key file of a home, and names the file when it is damaged. @throws KeyFileError */
export async function namingKeyFile<T>(home: string, decode: () => T | Promise<T>): Promise<T> {
  try {
    return await decode()
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.problem.code !== 'key-file-corrupt') throw error
    throw corrupt(error.problem.where, error.problem.problem, keyFilePath(home))
  }
}

function unreadable(path: string, cause: Error): KeyFileError {
  return new KeyFileError({ code: 'key-file-unreadable', path }, `Cannot read key file "${path}": ${cause.message}`, {
    hint: 'name the home folder of a node, whose files this user may read',
    cause,
  })
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
