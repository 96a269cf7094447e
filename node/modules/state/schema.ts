import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { crc32 } from 'node:zlib'

/** Marks a SQLite file as a kernel store: `hwks`. */
export const APPLICATION_ID = 0x68_77_6b_73
/** The form of the tables below. A store of a newer form is refused, never guessed at. */
export const SCHEMA_VERSION = 3
/** The first form whose rows have digests. */
export const DIGESTS_SINCE = 3

const SCHEMA = `
  CREATE TABLE node (name TEXT NOT NULL) STRICT;
  CREATE TABLE process (
    id TEXT PRIMARY KEY,
    wasm_bytes_handle TEXT NOT NULL,
    wit_version INTEGER,
    on_exit TEXT NOT NULL,
    public INTEGER NOT NULL,
    memory_max_bytes INTEGER,
    digest INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE capability (
    holder TEXT NOT NULL,
    key TEXT NOT NULL,
    issuer TEXT NOT NULL,
    params TEXT NOT NULL,
    signature BLOB NOT NULL,
    digest INTEGER,
    PRIMARY KEY (holder, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE state (id TEXT PRIMARY KEY, value BLOB NOT NULL, digest INTEGER) STRICT;
`

/** The columns of each table that its digest is made of, in this order. */
export const CONTENTS = {
  process: ['id', 'wasm_bytes_handle', 'wit_version', 'on_exit', 'public', 'memory_max_bytes'],
  capability: ['holder', 'key', 'issuer', 'params', 'signature'],
  state: ['id', 'value'],
} as const

/**
 * Of the values of one row. SQLite notices when its pages do not fit together, but not when a letter of a name or right
 * turned into another.
 */
export function digestOf(values: readonly SQLInputValue[]): number {
  let digest = 0
  for (const value of values) {
    const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value))
    digest = crc32(bytes, crc32(`${bytes.length} `, digest))
  }
  return digest
}

/** The first row whose digest is wrong, as text; undefined when all are right. */
export function findAltered(database: DatabaseSync): string | undefined {
  for (const [table, columns] of Object.entries(CONTENTS)) {
    for (const row of database.prepare(`SELECT ${columns.join(', ')}, digest FROM ${table}`).iterate()) {
      const values = columns.map((column) => row[column] ?? null)
      if (row['digest'] !== digestOf(values)) return `${table} ${String(values[0])}`
    }
  }
  return undefined
}

/** Makes the tables in an empty file. */
export function createSchema(database: DatabaseSync, nodeName: string): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; ${SCHEMA}`)
  database.prepare('INSERT INTO node (name) VALUES (?)').run(nodeName)
}

/** What makes a store of each form one of the next. The first form was 1. */
const MIGRATIONS: Readonly<Record<number, (database: DatabaseSync) => void>> = {
  1: (database) => database.exec('ALTER TABLE process ADD COLUMN memory_max_bytes INTEGER'),
  2: (database) => {
    database.function('digest_of', { varargs: true }, (...values) => digestOf(values))
    for (const [table, columns] of Object.entries(CONTENTS)) {
      database.exec(`ALTER TABLE ${table} ADD COLUMN digest INTEGER`)
      database.exec(`UPDATE ${table} SET digest = digest_of(${columns.join(', ')})`)
    }
  },
}

/** Brings a store of an older form, all of it or none, to the present one. */
export function migrate(database: DatabaseSync, version: number): void {
  for (let from = version; from < SCHEMA_VERSION; from += 1) {
    database.exec('BEGIN IMMEDIATE')
    MIGRATIONS[from]?.(database)
    database.exec(`PRAGMA user_version = ${from + 1}; COMMIT`)
  }
}

/**
 * Every commit is on disk before it is acknowledged: the log is flushed with each one (`FULL`), so neither a killed node
 * nor a machine without power loses any. Commits that come together share one flush. How long it waits comes first: the
 * mode is read under a lock, which another thread may have for its own first look at the log.
 */
export function configure(database: DatabaseSync): void {
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
}
