import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { HyperwareError } from '@hyperware/protocol'

export type HomeLockProblem =
  { code: 'home-in-use'; home: string; pid: number | undefined } | { code: 'home-unusable'; home: string }

/** A home folder that this process cannot have for itself. */
export class HomeLockError extends HyperwareError<HomeLockProblem> {}

export type HomeLock = { release: () => void }

/**
 * Takes a home folder for this process alone. The lock is the operating system's, held through an open SQLite file,
 * so it ends with its process however that ends: a killed node leaves nothing to clean up.
 * @throws HomeLockError `home-in-use`, naming the process that has it; `home-unusable` when the system refuses.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const ownerPath = join(home, '.lock-owner')
  let opened: DatabaseSync | undefined
  try {
    opened = new DatabaseSync(join(home, '.lock'))
    opened.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    await writeFile(ownerPath, `${process.pid}\n`)
  } catch (error) {
    opened?.close()
    throw isBusy(error) ? homeInUse(home, await readOwner(ownerPath)) : homeUnusable(home, error)
  }
  const database = opened
  return { release: () => database.close() }
}

/** SQLITE_BUSY: another process, or another part of this one, holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

/** The process id is for people to read; the lock does not depend on it. */
async function readOwner(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined
}

function homeInUse(home: string, pid: number | undefined): HomeLockError {
  const who = pid === undefined ? 'another node' : `the node with process id ${pid}`
  return new HomeLockError({ code: 'home-in-use', home, pid }, `Cannot use home folder "${home}": ${who} runs in it`, {
    hint: 'stop that node first, or give this one another home folder',
  })
}

function homeUnusable(home: string, cause: unknown): HomeLockError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new HomeLockError({ code: 'home-unusable', home }, `Cannot use home folder "${home}": ${detail}`, {
    hint: 'this user must be able to write there, and the disk must have room',
    cause,
  })
}
