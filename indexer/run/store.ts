import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { forgetFailures, hasFailedRepeatedly } from './failures.ts'
import { log } from './log.ts'

/** What the store belongs to. */
export type StoreOf = { chainId: number; genesis: string; schema: string }

/** Reads a block of the chain, to see whether the index still agrees with it. What it throws leaves the store as it is. */
export type FindBlock = (block: number) => Promise<{ timestamp: number } | undefined>

/** The folder of the embedded database within the index folder. */
export function databaseDir(dir: string): string {
  return join(dir, 'pglite')
}

/**
 * Makes the embedded database fit to be started on: of this chain, undamaged, unlocked, and without tables of earlier
 * code. Everything in it follows from the chain, so what does not fit is thrown away and indexed again, which the log
 * says. Call it only while holding the folder. Throws what `findBlock` throws: a chain that does not answer says nothing
 * about the store.
 */
export async function prepareStore(dir: string, of: StoreOf, findBlock: FindBlock): Promise<void> {
  const before = readOwner(dir)
  if (before === undefined && existsSync(databaseDir(dir))) wipe(dir, 'the making of the database was cut short')
  if (before !== undefined && (before.chainId !== of.chainId || before.genesis !== of.genesis)) {
    wipe(dir, 'it belongs to another chain', { before, now: of })
  }
  if (hasFailedRepeatedly(dir)) wipe(dir, 'the last starts on it failed')
  const last = await tidyOrMakeAnew(dir, of.schema)
  if (last !== undefined && (await findBlock(last.number))?.timestamp !== last.timestamp) {
    await makeAnew(dir, `the chain has no block ${last.number} of time ${last.timestamp} any more`)
  }
  // Written last: a database without an owner is one whose making was cut short. It may open, and lack its language.
  const owner = ownerFile(dir)
  writeFileSync(`${owner}.new`, `${JSON.stringify({ chainId: of.chainId, genesis: of.genesis })}\n`)
  renameSync(`${owner}.new`, owner)
}

function ownerFile(dir: string): string {
  return join(dir, 'chain.json')
}

function readOwner(dir: string): { chainId: number; genesis: string } | undefined {
  try {
    const { chainId, genesis } = JSON.parse(readFileSync(ownerFile(dir), 'utf8'))
    return { chainId: Number(chainId), genesis: String(genesis) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { chainId: 0, genesis: 'unreadable' }
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function wipe(dir: string, why: string, details: Record<string, unknown> = {}): void {
  log('warn', `Indexing from the beginning: ${why}`, { dir, ...details })
  rmSync(ownerFile(dir), { force: true })
  rmSync(databaseDir(dir), { recursive: true, force: true })
  forgetFailures(dir)
}

async function makeAnew(dir: string, why: string, details?: Record<string, unknown>): Promise<void> {
  wipe(dir, why, details)
  const database = await PGlite.create(databaseDir(dir))
  await database.close()
}

/** The last block that the index takes for final. */
type FinalBlock = { number: number; timestamp: number }

/** What the database takes for final, if anything, once it is fit to be started on; a damaged one is made anew. */
async function tidyOrMakeAnew(dir: string, schema: string): Promise<FinalBlock | undefined> {
  try {
    return await tidyDatabase(databaseDir(dir), schema)
  } catch (error) {
    const details = { error: error instanceof Error ? error.message : String(error) }
    await makeAnew(dir, 'the database is damaged', details)
    return undefined
  }
}

/** Throws whatever a damaged database throws. */
async function tidyDatabase(folder: string, schema: string): Promise<FinalBlock | undefined> {
  const database = await PGlite.create(folder)
  try {
    const names = await listSchemas(database)
    for (const name of names) if (name !== schema) await database.exec(`drop schema "${name}" cascade`)
    if (!names.includes(schema)) return undefined
    await readEveryRow(database, schema)
    // Ponder marks a schema as in use, and waits half a minute for the mark of a killed process to grow old. Whoever
    // holds the folder is alone here, so the mark says nothing.
    await database.exec(`update "${schema}"._ponder_meta set value = jsonb_set(value, '{is_locked}', '0')`)
    // On such a start Ponder takes back the blocks that are not final, but goes on saying that it has them.
    await database.exec(`update "${schema}"._ponder_checkpoint set latest_checkpoint = safe_checkpoint`)
    return await findFinalBlock(database, schema)
  } finally {
    await database.close()
  }
}

async function listSchemas(database: PGlite): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like 'hyperware\\_%'`,
  )
  return rows.map(({ name }) => name)
}

/** Touches every page of every table: damage shows as an error here, and not in the middle of an answer. */
async function readEveryRow(database: PGlite, schema: string): Promise<void> {
  const { rows } = await database.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = $1`,
    [schema],
  )
  for (const { name } of rows) await database.query(`select count(*) from "${schema}"."${name}"`)
}

/** The chain may have lost blocks that the index takes for final, as when it was restored from an older copy. */
async function findFinalBlock(database: PGlite, schema: string): Promise<FinalBlock | undefined> {
  const { rows } = await database.query<{ checkpoint: string }>(
    `select safe_checkpoint as checkpoint from "${schema}"._ponder_checkpoint`,
  )
  const [row] = rows
  if (row === undefined) return undefined
  const { checkpoint } = row // Ponder: 10 digits of time, 16 of chain id, 16 of block number, and more
  if (!/^[0-9]{42,}$/.test(checkpoint)) throw new Error(`the checkpoint ${JSON.stringify(checkpoint)} is malformed`)
  return { timestamp: Number(checkpoint.slice(0, 10)), number: Number(checkpoint.slice(26, 42)) }
}
