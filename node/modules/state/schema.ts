import type { DatabaseSync } from 'node:sqlite'

/** Marks a SQLite file as a kernel store: `hwks`. */
export const APPLICATION_ID = 0x68_77_6b_73
/** The form of the tables below. A store of a newer form is refused, never guessed at. */
export const SCHEMA_VERSION = 2

const SCHEMA = `
  CREATE TABLE node (name TEXT NOT NULL) STRICT;
  CREATE TABLE process (
    id TEXT PRIMARY KEY,
    wasm_bytes_handle TEXT NOT NULL,
    wit_version INTEGER,
    on_exit TEXT NOT NULL,
    public INTEGER NOT NULL,
    memory_max_bytes INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE capability (
    holder TEXT NOT NULL,
    key TEXT NOT NULL,
    issuer TEXT NOT NULL,
    params TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (holder, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE state (id TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`

/** Makes the tables in an empty file. */
export function createSchema(database: DatabaseSync, nodeName: string): void {
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; ${SCHEMA}`)
  database.prepare('INSERT INTO node (name) VALUES (?)').run(nodeName)
}

/** What makes a store of each form one of the next. The first form was 1. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: 'ALTER TABLE process ADD COLUMN memory_max_bytes INTEGER',
}

/** Brings a store of an older form, all of it or none, to the present one. */
export function migrate(database: DatabaseSync, version: number): void {
  for (let from = version; from < SCHEMA_VERSION; from += 1) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[from]}; PRAGMA user_version = ${from + 1}; COMMIT`)
  }
}

/**
 * Every commit is on disk before it is acknowledged: the log is flushed with each one (`FULL`), so neither a killed node
 * nor a machine without power loses any. Commits that come together share one flush.
 */
export function configure(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;')
}
