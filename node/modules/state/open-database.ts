import { statSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { quote } from '@hyperware/protocol'
import { makePrivateFolder } from '../../disk/private-folder.ts'
import { storeDamaged, StoreError, storeForeign, storeNewer, storeOfAnotherNode, storeUnusable } from './errors.ts'
import {
  APPLICATION_ID,
  configure,
  createSchema,
  DIGESTS_SINCE,
  findAltered,
  migrate,
  SCHEMA_VERSION,
} from './schema.ts'

/**
 * SQLite's codes for a file that is not what it was: SQLITE_CORRUPT and SQLITE_NOTADB, and SQLITE_ERROR, which our own
 * statements come to only when a table or column has lost its name.
 */
const DAMAGED = new Set([1, 11, 26])

/**
 * Opens the store of a node, or creates it when there is none. A file that is damaged, foreign or of another node is
 * refused and left alone: starting empty beside it would lose every process in silence.
 * @throws StoreError
 */
export async function openDatabase({ folder, nodeName }: { folder: string; nodeName: string }): Promise<{
  database: DatabaseSync
  path: string
}> {
  const path = join(folder, 'kernel.sqlite')
  try {
    await makePrivateFolder(folder)
    if (await exists(join(folder, 'CURRENT'))) {
      throw storeForeign(join(folder, 'CURRENT'), 'this folder holds a RocksDB store, which another client wrote')
    }
    if (!(await exists(path))) {
      // The log of a node that was killed may be all there is of its store: beside a new file it would be thrown away.
      if (await exists(`${path}-wal`))
        throw storeDamaged(path, 'the file is missing, though its log kernel.sqlite-wal is there')
      await create(path, nodeName)
    }
  } catch (error) {
    throw error instanceof StoreError ? error : storeUnusable(path, error)
  }
  return { database: openChecked(path, nodeName), path }
}

function openChecked(path: string, nodeName: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    // What is refused is not to be changed, and closing a file that could be written would write its log into it.
    database = new DatabaseSync(path, { readOnly: true })
    const version = check(database, path, nodeName)
    database.close()
    database = new DatabaseSync(path)
    configure(database)
    migrate(database, version)
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    if (error instanceof StoreError) throw error
    if (isDamage(error)) throw storeDamaged(path, `the file is damaged (${error.message})`, error)
    throw storeUnusable(path, error)
  }
}

function isDamage(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error && DAMAGED.has(Number(error.errcode) & 0xff)
}

/** Gives the version of its form. */
function check(database: DatabaseSync, path: string, nodeName: string): number {
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

/** Whole or not at all: a node that is killed while it creates its store begins anew. */
async function create(path: string, nodeName: string): Promise<void> {
  const partial = `${path}.partial`
  await rm(partial, { force: true })
  const database = new DatabaseSync(partial)
  try {
    createSchema(database, nodeName)
  } finally {
    database.close()
  }
  await flush(partial)
  await rename(partial, path)
  await flush(join(path, '..'))
}

/** Waits until a file, or the entries of a folder, are on disk. */
export async function flush(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return (
    (await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })) !== undefined
  )
}
