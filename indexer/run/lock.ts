import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IndexerError } from './errors.ts'

/**
 * Makes this process the only one on the folder: the embedded database takes one process at a time and does not notice
 * a second. Returns what gives the folder back. Throws `IndexerError` while another process has it.
 */
export function takeFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'lock')
  const own = join(dir, `lock.${process.pid}`)
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? ''}\n`)
  try {
    while (!tryLink(own, path)) {
      const holder = holderOf(path)
      if (holder !== undefined) {
        throw new IndexerError(
          { code: 'store-in-use', dir, pid: holder },
          `Cannot use index folder ${JSON.stringify(dir)}: process ${holder} is using it`,
          { hint: 'stop that process, or choose another --dir' },
        )
      }
      rmSync(path, { force: true }) // its process is gone
    }
  } finally {
    rmSync(own, { force: true })
  }
  return () => rmSync(path, { force: true })
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** The process that has the folder, if it still runs: the same number, started at the same time. */
function holderOf(path: string): number | undefined {
  const [pid, start] = read(path).trim().split(' ')
  const number = Number(pid)
  if (!Number.isSafeInteger(number) || number <= 0 || number === process.pid || !isAlive(number)) return undefined
  return start === undefined || start === startOf(number) ? number : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** When a process started, in the system's own ticks since boot; undefined where the system does not tell. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return ''
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
