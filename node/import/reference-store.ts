import { constants, copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex, bytesToUtf8, decodeProcessId, formatProcessId, KERNEL_PROCESS, quote } from '@hyperware/protocol'
import { badProcessMap, badStateKey, copyFailed } from './errors.ts'
import { checkLog, type Copy, type Ldb, scanDatabase } from './ldb.ts'
import { decodeProcessMap, type ReferenceProcess } from './process-map.ts'
import type { DatabaseEntry } from './scan-lines.ts'

/** Files of a RocksDB folder that hold the database; others are its lock and what it tells people. */
const DATABASE_FILE = /^(CURRENT|MANIFEST-\d+|IDENTITY|\d+\.(sst|ldb|log|blob))$/
const PROCESS_MAP_KEY = formatProcessId(KERNEL_PROCESS)

export type ProcessState = { readonly id: string; readonly bytes: Uint8Array }

/**
 * Reads the state database of a reference home: hands every state to `keep`, one after the other, and gives the process
 * map. RocksDB writes into a folder even when it only reads, so `workFolder` gets a copy that it may write into.
 * @throws ImportError
 */
export async function readReferenceStore(
  ldb: Ldb,
  { kernelFolder, workFolder }: { readonly kernelFolder: string; readonly workFolder: string },
  keep: (state: ProcessState) => Promise<void>,
): Promise<readonly ReferenceProcess[]> {
  const logs = await copyDatabase(kernelFolder, workFolder)
  for (const log of logs) await checkLog(ldb, log)
  let processes: readonly ReferenceProcess[] | undefined
  for await (const entry of scanDatabase(ldb, { path: workFolder, original: kernelFolder })) {
    const id = readKey(entry)
    if (id === PROCESS_MAP_KEY) processes = readProcessMap(entry.value)
    else await keep({ id, bytes: entry.value })
  }
  if (processes === undefined) throw badProcessMap('there is none')
  return processes
}

/** Gives the logs of changes among the copies. */
async function copyDatabase(from: string, to: string): Promise<readonly Copy[]> {
  await mkdir(to, { mode: 0o700 })
  const found = await readdir(from)
  const names = found.filter((name) => DATABASE_FILE.test(name))
  for (const name of names) {
    const source = join(from, name)
    await copyFile(source, join(to, name), constants.COPYFILE_FICLONE).catch((cause: unknown) => {
      throw copyFailed(source, cause)
    })
  }
  const logs = names.filter((name) => name.endsWith('.log'))
  return logs.map((name) => ({ path: join(to, name), original: join(from, name) }))
}

function readKey({ key }: DatabaseEntry): string {
  const text = bytesToUtf8(key)
  if (!text.ok) throw badStateKey(bytesToHex(key), `${text.problem}, expected process:package:publisher`)
  const id = decodeProcessId(text.value)
  if (!id.ok) throw badStateKey(quote(text.value), id.problem)
  return formatProcessId(id.value)
}

function readProcessMap(bytes: Uint8Array): readonly ReferenceProcess[] {
  const processes = decodeProcessMap(bytes)
  if (!processes.ok) throw badProcessMap(processes.problem)
  return processes.value
}
