import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { quote } from '@hyperware/protocol'
import { databaseDamaged, type ImportError, ldbMissing } from './errors.ts'
import { createScanReader, type DatabaseEntry } from './scan-lines.ts'

/** RocksDB's own command line tool, which reads what the reference wrote. */
export type Ldb = { readonly command: string; readonly version: string }

/** What Debian calls it, and what Homebrew does. */
const COMMANDS = ['ldb', 'rocksdb_ldb']
/** How much of a line of the tool is kept for a message, and the word by which it tells of damage. */
const COMPLAINT_MAX_CHARACTERS = 1_000
const DAMAGE = 'Corruption'

/** Finds the tool, and asks for its version. @throws ImportError `ldb-missing` */
export async function findLdb(chosen: string | undefined): Promise<Ldb> {
  const tried = chosen === undefined ? COMMANDS : [chosen]
  for (const command of tried) {
    const said = await askVersion(command)
    const version = /RocksDB (\d+\.\d+\.\d+)/.exec(said)?.[1]
    if (version !== undefined) return { command, version }
  }
  throw ldbMissing(tried)
}

/** Nothing when there is no such command, or it is something else that fails. */
async function askVersion(command: string): Promise<string> {
  let said = ''
  const child = spawn(command, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
  child.stdout.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, COMPLAINT_MAX_CHARACTERS)))
  await once(child, 'close').catch(() => undefined)
  return said
}

/** A database, or a file of one, for the tool to read and write into; `original` is what it is a copy of, for people. */
export type Copy = { readonly path: string; readonly original: string }

/** All entries of a database, in the order of their keys. @throws ImportError */
export async function* scanDatabase(ldb: Ldb, copy: Copy): AsyncGenerator<DatabaseEntry> {
  const reader = createScanReader()
  // Options that the reference wrote into the folder may be unknown to another release, and change nothing for reading.
  const child = spawn(ldb.command, [`--db=${copy.path}`, '--try_load_options=false', 'scan', '--hex'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = watch(child)
  try {
    for await (const chunk of child.stdout) yield* reader.read(chunk as Buffer)
    const { code, complaint } = await ended
    if (code !== 0) throw damaged(ldb, copy, complaint || `${quote(ldb.command)} ended with ${code}`)
    reader.end()
  } finally {
    child.kill('SIGKILL')
  }
}

/**
 * Makes sure that a log of changes is whole. RocksDB opens a database whose log is damaged as it was before the damage, and
 * says nothing; an end that is missing, as after a loss of power, is no damage. @throws ImportError
 */
export async function checkLog(ldb: Ldb, copy: Copy): Promise<void> {
  const child = spawn(ldb.command, ['dump_wal', `--walfile=${copy.path}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = watch(child)
  try {
    for await (const _ of child.stdout); // a line for each change
    const { code, complaint } = await ended
    if (code !== 0 || complaint.includes(DAMAGE)) {
      throw damaged(ldb, copy, complaint || `${quote(ldb.command)} ended with ${code}`)
    }
  } finally {
    child.kill('SIGKILL')
  }
}

function damaged({ version }: Ldb, { path, original }: Copy, complaint: string): ImportError {
  return databaseDamaged(original, complaint.replaceAll(path, original), version)
}

/** How a child ended, and what it complained about: the first damage that it found, or else its first line. Never rejects. */
async function watch(
  child: ChildProcess & { readonly stderr: Readable },
): Promise<{ readonly code: number | string; readonly complaint: string }> {
  let first = ''
  let damage = ''
  createInterface({ input: child.stderr }).on('line', (line) => {
    first ||= line.slice(0, COMPLAINT_MAX_CHARACTERS)
    if (line.includes(DAMAGE)) damage ||= line.slice(0, COMPLAINT_MAX_CHARACTERS)
  })
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { code: code ?? signal ?? 'no code', complaint: damage || first }
  } catch (error) {
    return { code: 'no code', complaint: error instanceof Error ? error.message : String(error) }
  }
}
