import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const ROOT = join(import.meta.dirname, '..')

/** Most that a build may take while others wait for their turn, in milliseconds. */
const TURN_MS = 3_600_000

/**
 * Brings `artifacts/` up to date with the contracts. Hardhat writes what it keeps through one file of a fixed name, so that two
 * builds at once break each other now and then: they take turns here. The turn is a lock of the operating system, held through
 * an open SQLite file, and ends with its process.
 * @throws Error with what hardhat said when the contracts do not compile, or another build has not ended within an hour.
 */
export function buildContracts(): void {
  mkdirSync(join(ROOT, 'cache'), { recursive: true })
  const turn = new DatabaseSync(join(ROOT, 'cache/build-turn'), { timeout: TURN_MS })
  try {
    turn.exec('BEGIN EXCLUSIVE')
    const hardhat = spawnSync('node_modules/.bin/hardhat', ['build', '--quiet'], { cwd: ROOT, encoding: 'utf8' })
    if (hardhat.status === 0) return
    const said = [hardhat.stdout, hardhat.stderr, hardhat.error?.message].filter(Boolean).join('\n')
    throw new Error(`Cannot build the contracts: hardhat ended with ${hardhat.status}\n${said}`)
  } finally {
    turn.close()
  }
}
