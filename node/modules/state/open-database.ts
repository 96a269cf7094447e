import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { flush } from '../../disk/flush.ts'
import { makePrivateFolder } from '../../disk/private-folder.ts'
import { nameBackup } from './backup.ts'
import { checkStore, isDamage } from './check.ts'
import { storeDamaged, StoreError, storeForeign, storeUnusable } from './errors.ts'
import { configure, createSchema, migrate } from './schema.ts'

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
    throw error instanceof StoreError ? nameBackup(error, nodeName) : storeUnusable(path, error)
  }
  try {
    return { database: openChecked(path, nodeName), path }
  } catch (error) {
    throw error instanceof StoreError ? nameBackup(error, nodeName) : error
  }
}

function openChecked(path: string, nodeName: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    // What is refused is not to be changed, and closing a file that could be written would write its log into it.
    database = new DatabaseSync(path, { readOnly: true })
    const version = checkStore(database, path, nodeName)
    database.close()
    database = new DatabaseSync(path)
    configure(database)
    migrate(database, version)
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    if (error instanceof StoreError) throw error
    if (isDamage(error)) throw storeDamaged(path, `the file is damaged (${error.message})`, { cause: error })
    throw storeUnusable(path, error)
  }
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

async function exists(path: string): Promise<boolean> {
  return (
    (await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })) !== undefined
  )
}
