import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { quote } from '@hyperware/protocol'
import { storeDamaged, storeForeign, storeNewer, storeOfAnotherNode } from './errors.ts'
import { APPLICATION_ID, DIGESTS_SINCE, findAltered, SCHEMA_VERSION } from './schema.ts'

/**
 * SQLite's codes for a file that is not what it was: SQLITE_CORRUPT and SQLITE_NOTADB, and SQLITE_ERROR, which our own
 * statements come to only when a table or column has lost its name.
 */
const DAMAGED = new Set([1, 11, 26])

export function isDamage(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error && DAMAGED.has(Number(error.errcode) & 0xff)
}

/**
 * Gives the version of its form.
 * @throws StoreError when it is not a sound store of the node; what SQLite throws, when it cannot read it
 */
export function checkStore(database: DatabaseSync, path: string, nodeName: string): number {
  const application = pragma(database, 'application_id')
  const pages = pragma(database, 'page_count')
  if (pages === 0) throw storeDamaged(path, 'the file is empty')
  if (application !== APPLICATION_ID) throw storeForeign(path, 'the file is a SQLite database of something else')
  const version = Number(pragma(database, 'user_version'))
  if (version > SCHEMA_VERSION) throw storeNewer(path, version, SCHEMA_VERSION)
  if (version < 1) throw storeDamaged(path, `its form is version ${version}, expected 1 to ${SCHEMA_VERSION}`)
  // SQLite takes a last page that is cut short for one that ends in zeros. After a loss of power it may be cut short in
  // the file and whole in the log.
  const { size } = statSync(path)
  const pageBytes = Number(pragma(database, 'page_size'))
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  if (!hasLog && size % pageBytes !== 0)
    throw storeDamaged(path, `its ${size} bytes are no whole number of ${pageBytes}`)
  const verdict = pragma(database, 'quick_check(1)')
  if (verdict !== 'ok') throw storeDamaged(path, `the file is damaged (${String(verdict)})`)
  const altered = version < DIGESTS_SINCE ? undefined : findAltered(database)
  if (altered !== undefined) throw storeDamaged(path, `a row is not what was written (${quote(altered)})`)
  const owner = database.prepare('SELECT name FROM node').get()?.['name']
  if (typeof owner !== 'string') throw storeDamaged(path, 'the name of its node is missing')
  if (owner !== nodeName) throw storeOfAnotherNode(path, owner, nodeName)
  return version
}

function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get()
  return row === undefined ? undefined : Object.values(row)[0]
}
