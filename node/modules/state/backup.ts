import { statSync } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { flush } from '../../disk/flush.ts'
import { checkStore } from './check.ts'
import { storeDamaged, type StoreError } from './errors.ts'

/** A store that is larger is copied only when somebody asks: its copy takes as much of the disk again. */
export const BACKUP_MAX_BYTES = 1_024 * 1_024 * 1_024
/** A copy that is older is replaced; a younger one too when processes or their rights are others by now. */
export const BACKUP_MAX_AGE_MS = 86_400_000

/** Where the one copy of a store is. */
function backupOf(path: string): string {
  return join(dirname(path), 'backup', 'kernel.sqlite')
}

/** Whether a store that was just opened, and so is sound, is to be copied. An empty one never takes a copy's place. */
export async function isBackupDue(database: DatabaseSync, path: string, nowMs: number): Promise<boolean> {
  if (database.prepare('SELECT id FROM process LIMIT 1').get() === undefined) return false
  const { size } = await stat(path)
  if (size > BACKUP_MAX_BYTES) return false
  const made = statSync(backupOf(path), { throwIfNoEntry: false })?.mtimeMs
  // One of the future was made by a clock that was wrong: nothing says how old it is.
  if (made === undefined || made > nowMs || nowMs - made >= BACKUP_MAX_AGE_MS) return true
  return processesOf(backupOf(path)) !== fingerprint(database)
}

function processesOf(path: string): string | undefined {
  try {
    using database = new DatabaseSync(path, { readOnly: true })
    return fingerprint(database)
  } catch {
    return undefined // it cannot be read, so it is none
  }
}

/** Of the processes and their rights, but not of their states, which change all the time. */
function fingerprint(database: DatabaseSync): string {
  const processes = database.prepare('SELECT id, digest FROM process ORDER BY id').all()
  const capabilities = database.prepare('SELECT holder, digest FROM capability ORDER BY holder, key').all()
  return JSON.stringify([processes, capabilities])
}

/**
 * Copies what is committed, in a thread of its own: nobody waits for it, writers neither. The copy is looked through
 * like a store that is opened, and only then takes the place of the one before. One copy at a time: they share a file.
 */
export async function copyStore(path: string, nodeName: string): Promise<void> {
  const target = backupOf(path)
  const partial = `${target}.partial`
  await mkdir(dirname(target), { recursive: true })
  await rm(partial, { force: true })
  const workerData = { path, partial, nodeName }
  const worker = new Worker(new URL('./backup-thread.ts', import.meta.url), { workerData })
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the copying thread ended with ${code}`))))
  })
  await flush(partial)
  await rename(partial, target)
  await flush(dirname(target))
}

/** A store that cannot be used, with the way back: the copy is named only when it can be used. */
export function nameBackup(error: StoreError, nodeName: string): StoreError {
  const { problem } = error
  if (problem.code !== 'store-damaged') return error
  const backup = backupOf(problem.path)
  try {
    using database = new DatabaseSync(backup, { readOnly: true })
    checkStore(database, backup, nodeName)
    const { mtime } = statSync(backup)
    return storeDamaged(problem.path, problem.detail, { cause: error.cause, backup: { path: backup, madeAt: mtime } })
  } catch {
    return error // there is none, or it is no better
  }
}
