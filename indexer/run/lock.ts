import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { IndexerError } from './errors.ts'

/**
 * Makes this process the only one on the folder: the embedded database takes one process at a time and does not notice
 * a second. The lock is the operating system's, held through an open SQLite file, so it ends with its process however that
 * ends. Returns what gives the folder back.
 * @throws IndexerError `store-in-use` while another process has it.
 */
export function takeFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  const holder = join(dir, 'lock-holder')
  const database = new DatabaseSync(join(dir, 'lock.sqlite'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    writeFileSync(holder, `${process.pid}\n`)
  } catch (error) {
    database.close()
    throw isBusy(error) ? storeInUse(dir, readHolder(holder)) : error
  }
  return () => database.close()
}

/** SQLITE_BUSY: another process holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

/** The process id is for people to read; the lock does not depend on it. */
function readHolder(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined
  } catch {
    return undefined // it was taken this very moment
  }
}

function storeInUse(dir: string, pid: number | undefined): IndexerError {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new IndexerError(
    { code: 'store-in-use', dir, pid },
    `Cannot use index folder ${JSON.stringify(dir)}: ${who} is using it`,
    { hint: 'stop that process, or choose another --dir' },
  )
}
