import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createKeyFile, writeKeyFile } from '../../../node/index.ts'
import type { ReferenceProcess } from '../../../node/import/process-map.ts'
import { encodeProcessMap } from './bincode-writer.ts'

/** What a home of the reference holds, and what is made of it: a database that RocksDB itself writes. */
export type ReferenceHome = {
  readonly processes?: readonly ReferenceProcess[]
  readonly states?: Readonly<Record<string, string | Uint8Array>>
  /** Paths below the home, such as `vfs/chat:template.os/pkg/chat.wasm`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** That of `NAME` when absent. */
  readonly keyFile?: Uint8Array
}

export const NAME = 'alice.os'

export function ldb(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('ldb', args, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`ldb ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

const hex = (value: string | Uint8Array): string => `0x${Buffer.from(value).toString('hex')}`

/** Puts entries into the database of a home. What the last call puts is in the log of changes only. */
export function putEntries(home: string, entries: Readonly<Record<string, string | Uint8Array>>): void {
  const lines = Object.entries(entries).map(([key, value]) => `${hex(key)} ==> ${hex(value)}\n`)
  ldb([`--db=${join(home, 'kernel')}`, '--hex', '--create_if_missing', 'load'], lines.join(''))
}

let keyFile: Uint8Array | undefined

async function makeKeyFile(): Promise<Uint8Array> {
  keyFile ??= (await createKeyFile({ name: NAME, routers: ['relay.os'], password: 'a password' })).bytes
  return keyFile
}

/** Makes a home as the reference leaves it: the processes and the first states in a table, the rest in a log. */
export async function makeReferenceHome(home: string, contents: ReferenceHome): Promise<void> {
  const { processes = [], states = {}, files = {} } = contents
  await mkdir(home, { recursive: true })
  await writeKeyFile(home, contents.keyFile ?? (await makeKeyFile()))
  putEntries(home, { 'kernel:distro:sys': encodeProcessMap(processes) })
  putEntries(home, states)
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), bytes)
  }
}
