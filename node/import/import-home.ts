import { access, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Name } from '@hyperware/protocol'
import { capabilityKey } from '../kernel/capabilities.ts'
import type { StoreChange } from '../kernel/store.ts'
import { writeKeyFile } from '../keys/key-file-store.ts'
import { openStore } from '../modules/state/store.ts'
import { isMissing, locate, vfsRoot } from '../modules/vfs/drive-files.ts'
import { decodeVfsPath } from '../modules/vfs/vfs-path.ts'
import { type CopiedDrives, copyDrives } from './drives.ts'
import { copyFailed, notReference } from './errors.ts'
import { findLdb, type Ldb } from './ldb.ts'
import { chooseTarget, makeHome } from './new-home.ts'
import type { ReferenceProcess } from './process-map.ts'
import { readReferenceKeys } from './reference-keys.ts'
import { lockReference } from './reference-lock.ts'
import { readReferenceStore } from './reference-store.ts'

export type ImportReport = {
  readonly name: Name
  readonly from: string
  readonly home: string
  /** Release of the RocksDB that read the reference's databases. */
  readonly rocksdb: string
  /** How long the secret is that signs logins; one of a few bytes can be guessed. */
  readonly jwtSecretBytes: number
  /** Processes of packages; those of them that the next boot drops, since they were not to outlive their node; modules. */
  readonly processes: number
  readonly ending: number
  readonly modules: number
  /** Processes whose component is in no drive: the next boot drops them, as the reference would. */
  readonly withoutComponent: readonly string[]
  readonly states: number
  readonly drives: CopiedDrives
  /** What stays in the reference home: databases of processes, and other files and folders at its top. */
  readonly databases: readonly string[]
  readonly left: readonly string[]
}

/** Modules of the reference that keep databases, `<module>/<package>/<database>`, and that this node does not have. */
const DATABASE_MODULES = ['kv', 'sqlite']
const TAKEN = new Set(['kernel', 'vfs', '.keys'])

/**
 * Makes a home of this node from that of a reference node, which is not changed: processes, their rights and states, the
 * drives, the key file. Whole or not at all.
 * @throws ImportError, KeyFileError
 */
export async function importHome(input: {
  readonly from: string
  readonly to: string
  /** The command line tool of RocksDB, when it is not to be looked for. */
  readonly ldb?: string | undefined
  readonly tell: (line: string) => void
}): Promise<ImportReport> {
  const from = resolve(input.from)
  await requireReference(from)
  const home = await chooseTarget(input.to, from)
  const ldb = await findLdb(input.ldb)
  const lock = await lockReference(from)
  try {
    const { name, bytes: keyFile, jwtSecretBytes } = await readReferenceKeys(from)
    const left = await listLeft(from)
    const copied = await makeHome(home, async (folder) => {
      const filled = await fillHome({ from, folder, name, ldb, tell: input.tell })
      // The last of all: without it no node starts in this folder, wherever the import is cut short.
      await writeKeyFile(folder, keyFile)
      return filled
    })
    return { name, from, home, rocksdb: ldb.version, jwtSecretBytes, ...copied, ...left }
  } finally {
    lock.release()
  }
}

async function requireReference(home: string): Promise<void> {
  const names = await readdir(join(home, 'kernel')).catch((error: NodeJS.ErrnoException) => {
    throw notReference(home, isMissing(error) ? 'it has no folder "kernel"' : error.message)
  })
  if (names.includes('CURRENT')) return
  const own = names.includes('kernel.sqlite') ? ': it is a home of this node already' : ', expected a RocksDB'
  throw notReference(home, `"kernel" holds no file "CURRENT"${own}`)
}

type Copied = Pick<ImportReport, 'processes' | 'ending' | 'modules' | 'withoutComponent' | 'states' | 'drives'>

type FillInput = {
  readonly from: string
  readonly folder: string
  readonly name: Name
  readonly ldb: Ldb
  readonly tell: (line: string) => void
}

async function fillHome(input: FillInput): Promise<Copied> {
  const { from, folder, ldb, tell } = input
  tell(`reading processes and states with RocksDB ${ldb.version}`)
  const { found, states } = await fillStore(input)
  tell('copying drives')
  const drives = await copyDrives(vfsRoot(from), vfsRoot(folder))
  const ofPackages = found.filter(({ wasmBytesHandle }) => wasmBytesHandle !== '')
  const lasting = ofPackages.filter(({ onExit }) => onExit.kind !== 'none')
  return {
    processes: ofPackages.length,
    ending: ofPackages.length - lasting.length,
    modules: found.length - ofPackages.length,
    withoutComponent: await listWithoutComponent(folder, lasting),
    states,
    drives,
  }
}

/** One state after the other, so that no more than one is in memory, and then the processes. */
async function fillStore({ from, folder, name, ldb }: FillInput): Promise<{
  readonly found: readonly ReferenceProcess[]
  readonly states: number
}> {
  const kernelFolder = join(from, 'kernel')
  const workFolder = join(folder, '.rocksdb')
  const store = await openStore({ folder: join(folder, 'kernel'), nodeName: name })
  const commit = (changes: readonly StoreChange[]): Promise<void> =>
    store.commit(changes).catch((cause: unknown) => {
      throw copyFailed(kernelFolder, cause)
    })
  let states = 0
  try {
    const found = await readReferenceStore(ldb, { kernelFolder, workFolder }, async (state) => {
      await commit([{ kind: 'set-state', ...state }])
      states += 1
    })
    for (const process of found) await commit(changesOf(process))
    await rm(workFolder, { recursive: true })
    return { found, states }
  } finally {
    await store.close()
  }
}

/** Signatures are taken as they are: the boot makes those of this node anew. */
function changesOf({ capabilities, ...process }: ReferenceProcess): StoreChange[] {
  const held = capabilities.map((signed): StoreChange => ({
    kind: 'put-capability',
    holder: process.id,
    key: capabilityKey(signed.capability),
    capability: signed,
  }))
  return [{ kind: 'put-process', process }, ...held]
}

async function listWithoutComponent(home: string, processes: readonly ReferenceProcess[]): Promise<readonly string[]> {
  const missing: string[] = []
  for (const { id, wasmBytesHandle } of processes) {
    const path = decodeVfsPath(wasmBytesHandle)
    if (!path.ok || !(await exists(await locate(vfsRoot(home), path.value)))) missing.push(id)
  }
  return missing
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function listLeft(home: string): Promise<Pick<ImportReport, 'databases' | 'left'>> {
  const names = (await readdir(home)).toSorted()
  const databases = DATABASE_MODULES.filter((name) => names.includes(name)).map((name) => listDatabases(home, name))
  return {
    databases: (await Promise.all(databases)).flat(),
    left: names.filter((name) => !TAKEN.has(name) && !DATABASE_MODULES.includes(name)),
  }
}

/** What cannot be looked into is named itself. */
async function listDatabases(home: string, ...path: readonly string[]): Promise<readonly string[]> {
  if (path.length > 2) return [path.join('/')]
  const names: readonly string[] | undefined = await readdir(join(home, ...path)).catch(() => undefined)
  if (names === undefined) return [path.join('/')]
  return (await Promise.all(names.toSorted().map((name) => listDatabases(home, ...path, name)))).flat()
}
