import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { notReference, referenceInUse } from './errors.ts'

/** SQLite's code for a lock that somebody else holds. */
const SQLITE_BUSY = 5

/**
 * Keeps the reference from running in its home until `release`, and fails when it does. RocksDB locks the whole of the empty
 * file `LOCK` for writing, in the way of the operating system that SQLite uses too: a transaction that reads this file
 * as a database holds the lock for reading, which the other excludes, and changes nothing.
 * @throws ImportError `reference-in-use`
 */
export async function lockReference(home: string): Promise<{ release: () => void }> {
  const path = join(home, 'kernel', 'LOCK')
  const about = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  // A copy of a home may lack it; a node that runs never does.
  if (about === undefined) return { release: () => undefined }
  if (!about.isFile() || about.size > 0) throw notReference(home, '"kernel/LOCK" is not an empty file')
  const database = new DatabaseSync(path, { readOnly: true, timeout: 0 })
  try {
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) throw referenceInUse(home)
    throw error
  }
  return { release: () => database.close() }
}
