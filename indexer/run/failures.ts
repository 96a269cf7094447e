import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// A store may be damaged where the check at the start does not look, and then every start would fail in the same way.
const FAILURES_MAX = 3
const HEALTHY_AFTER_MS = 60_000

/** Whether the last few runs on this folder all failed soon after their start. */
export function hasFailedRepeatedly(dir: string): boolean {
  return readFailures(dir) >= FAILURES_MAX
}

/** Forgets failures, once the store is new. */
export function forgetFailures(dir: string): void {
  rmSync(fileOf(dir), { force: true })
}

/** Makes the next start begin with a new store. */
export function condemnStore(dir: string): void {
  writeFileSync(fileOf(dir), String(FAILURES_MAX))
}

/**
 * Counts this run as a failure if the process ends with an exit code other than 0 within its first minute. Returns what
 * says that such an end has another cause than the store, and does not count.
 */
export function watchForFailure(dir: string): () => void {
  let isExcused = false
  const healthy = setTimeout(() => forgetFailures(dir), HEALTHY_AFTER_MS)
  healthy.unref()
  process.once('exit', (code) => {
    if (code === 0) forgetFailures(dir)
    else if (isExcused) return
    else if (process.uptime() * 1000 < HEALTHY_AFTER_MS) writeFileSync(fileOf(dir), String(readFailures(dir) + 1))
  })
  return () => {
    isExcused = true
  }
}

function fileOf(dir: string): string {
  return join(dir, 'failures')
}

function readFailures(dir: string): number {
  try {
    return Number(readFileSync(fileOf(dir), 'utf8')) || 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
