import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NetworkError } from '../errors.ts'

/** The folders and files of a network home. */
export const homePaths = (home: string) => ({
  chain: join(home, 'chain'),
  index: join(home, 'index'),
  nodes: join(home, 'nodes'),
  node: (name: string) => join(home, 'nodes', name),
  logs: join(home, 'logs'),
  log: (name: string) => join(home, 'logs', `${name}.log`),
  network: join(home, 'network.json'),
  packages: join(home, 'packages.zip'),
  processes: join(home, 'processes.json'),
  lock: join(home, 'lock.db'),
  lockHolder: join(home, 'lock.pid'),
})

export type HomeLock = { release: () => void }

function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined // the holder has not written it yet
  }
}

/**
 * Takes a network home for this process alone, creating it if need be. The lock is the operating system's, held through
 * an open SQLite file: it is gone with the process, however that ends, so there is never a stale one to judge.
 *
 * @throws NetworkError `home-in-use` with the holder's process id, or `home-unusable`.
 */
export function lockHome(homeFolder: string): HomeLock {
  const home = resolve(homeFolder)
  const paths = homePaths(home)
  let database: DatabaseSync | undefined
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(paths.lock, { timeout: 0 })
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    writeFileSync(paths.lockHolder, String(process.pid))
  } catch (cause) {
    database?.close()
    const detail = cause instanceof Error ? cause.message : String(cause)
    if (!detail.includes('database is locked')) {
      throw new NetworkError({ code: 'home-unusable', home, detail }, `Cannot use "${home}" as a home: ${detail}`, {
        cause,
      })
    }
    const pid = readHolder(paths.lockHolder)
    throw new NetworkError(
      { code: 'home-in-use', home, pid },
      `Cannot use "${home}": process ${pid ?? '(unknown)'} is running a network there`,
      { hint: 'stop that one first, or choose another folder with --home', cause },
    )
  }
  const held = database
  return {
    release: () => {
      rmSync(paths.lockHolder, { force: true })
      held.close()
    },
  }
}
