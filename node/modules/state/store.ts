import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import {
  decodeAddress,
  decodeJson,
  formatAddress,
  formatJson,
  json,
  onExitJson,
  type OnExit,
  type SignedCapability,
} from '@hyperware/protocol'
import { shareRuns } from '../../disk/share-runs.ts'
import type { KernelStore, StoreChange, StoredProcess } from '../../kernel/store.ts'
import { storeDamaged, StoreError, storeUnusable } from './errors.ts'
import { copyStore, isBackupDue, nameBackup } from './backup.ts'
import { openDatabase } from './open-database.ts'
import type { Batch, Read, Result, Row } from './writer.ts'

/** The durable store of a node: one SQLite file. */
export type StateStore = KernelStore & {
  /**
   * Replaces `backup/kernel.sqlite` beside the store by a copy of what was given to `commit` before. Resolves when the copy
   * was looked through and would survive a loss of power; who asks at the same time shares one.
   */
  backup: () => Promise<void>
  /**
   * Makes the backup of a store that was just opened, if it is due, without anybody having to wait: then the way back from
   * a damaged store is there though nobody ever asked for it. False when it is not due.
   */
  backupIfDue: () => Promise<boolean>
  /** Waits for what was given to `commit`, and for backups that were asked for. */
  close: () => Promise<void>
}

type Waiting = {
  readonly resolve: (state: Uint8Array | undefined) => void
  readonly reject: (error: Error) => void
}

/** Up to this, 1 to 2 ms, a state is read here. */
const READ_HERE_MAX_BYTES = 1_048_576

/**
 * Writes are made by a thread of their own, so nothing here ever waits for the disk; it also reads states that are long or
 * on their way there. Their bytes change hands without a copy. What waits to be written is bounded by who waits for it: a
 * process has one `set-state` at a time, and changes of processes are small.
 * @throws StoreError when the file is not a sound store of this node.
 */
export async function openStore({ folder, nodeName }: { folder: string; nodeName: string }): Promise<StateStore> {
  const { database, path } = await openDatabase({ folder, nodeName })
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { path } })
  const waiting = new Map<number, Waiting>()
  /** Whose state is not on disk yet, and the last request that changes it. */
  const unwritten = new Map<string, number>()
  // The length is known without reading the value.
  const selectShort = database.prepare(
    `SELECT CASE WHEN length(value) <= ${READ_HERE_MAX_BYTES} THEN value END AS value FROM state WHERE id = ?`,
  )
  let lastRequest = 0
  let failure: Error | undefined
  const copy = shareRuns(async () => {
    await write([]) // what was given to it before
    await copyStore(path, nodeName)
  })
  /** Of every backup that was asked for; it never rejects. */
  let copied: Promise<void> = Promise.resolve()

  worker.on('message', (results: readonly Result[]) => {
    for (const { id, problem, state } of results) {
      settle(id, problem === undefined ? undefined : new Error(problem), state)
    }
  })
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => fail(new Error('the thread that writes the store has ended')))

  function fail(error: Error): void {
    failure ??= error
    for (const id of waiting.keys()) settle(id, failure)
  }

  function settle(id: number, error: Error | undefined, state?: Uint8Array): void {
    for (const [key, request] of unwritten) if (request === id) unwritten.delete(key)
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) waiter?.resolve(state)
    else waiter?.reject(error)
  }

  /** @throws when it cannot be sent, for lack of memory: then nothing waits for it. */
  function request(asked: Batch | Read, handedOver: ArrayBuffer[]): Promise<Uint8Array | undefined> {
    worker.postMessage(asked, handedOver)
    return new Promise((resolve, reject) => void waiting.set(asked.id, { resolve, reject }))
  }

  async function write(changes: readonly StoreChange[]): Promise<void> {
    if (failure !== undefined) throw failure
    const id = (lastRequest += 1)
    const rows = changes.map(toRow)
    const states = rows.flatMap((row) => (row.kind === 'set-state' ? [row.values[1].buffer as ArrayBuffer] : []))
    const written = request({ id, rows }, states)
    for (const change of changes) {
      if (change.kind === 'set-state' || change.kind === 'delete-state') unwritten.set(change.id, id)
    }
    await written
  }

  /** The store is not closed before. */
  function closeAfter<T>(backup: Promise<T>): Promise<T> {
    copied = Promise.allSettled([copied, backup]).then(() => undefined)
    return backup
  }

  async function copyIfDue(): Promise<boolean> {
    const due = await isBackupDue(database, path, Date.now())
    if (due) await copy()
    return due
  }

  return {
    listProcesses() {
      try {
        return listProcesses(database, path)
      } catch (error) {
        throw error instanceof StoreError ? nameBackup(error, nodeName) : storeUnusable(path, error)
      }
    },
    async readState(stateOf) {
      if (!unwritten.has(stateOf)) {
        const row = selectShort.get(stateOf)
        if (row === undefined) return undefined
        if (row['value'] instanceof Uint8Array) return row['value']
      }
      if (failure !== undefined) throw failure
      const id = (lastRequest += 1)
      return request({ id, stateOf }, [])
    },
    commit: write,
    backup: () => closeAfter(copy()),
    backupIfDue: () => closeAfter(copyIfDue()),
    async close() {
      await copied
      if (failure === undefined) await write([]).catch(() => undefined)
      await worker.terminate()
      database.close()
    },
  }
}

function toRow(change: StoreChange): Row {
  switch (change.kind) {
    case 'put-process': {
      const { id, wasmBytesHandle, witVersion, onExit, public: isPublic, memoryMaxBytes } = change.process
      const exit = formatJson(onExitJson.toJson(onExit))
      return {
        kind: change.kind,
        values: [id, wasmBytesHandle, witVersion ?? null, exit, isPublic ? 1 : 0, memoryMaxBytes ?? null],
      }
    }
    case 'put-capability': {
      const { issuer, params } = change.capability.capability
      const { signature } = change.capability
      return {
        kind: change.kind,
        values: [change.holder, change.key, formatAddress(issuer), params, signature.slice()],
      }
    }
    case 'remove-capability':
      return { kind: change.kind, values: [change.holder, change.key] }
    case 'set-state': {
      const { id, bytes } = change
      // A part of a buffer cannot be handed over without the rest of it.
      const whole = bytes.length === bytes.buffer.byteLength
      return { kind: change.kind, values: [id, whole ? bytes : bytes.slice()] }
    }
    case 'remove-process':
    case 'delete-state':
      return { kind: change.kind, values: [change.id] }
  }
}

function listProcesses(
  database: DatabaseSync,
  path: string,
): readonly (StoredProcess & { readonly capabilities: readonly SignedCapability[] })[] {
  const held = Map.groupBy(
    database.prepare('SELECT holder, issuer, params, signature FROM capability').all(),
    (row) => row['holder'],
  )
  return database
    .prepare('SELECT id, wasm_bytes_handle, wit_version, on_exit, public, memory_max_bytes FROM process')
    .all()
    .map((row) => ({
      id: String(row['id']),
      wasmBytesHandle: String(row['wasm_bytes_handle']),
      witVersion: row['wit_version'] === null ? undefined : Number(row['wit_version']),
      onExit: readOnExit(String(row['on_exit']), path),
      public: row['public'] === 1,
      memoryMaxBytes: row['memory_max_bytes'] === null ? undefined : Number(row['memory_max_bytes']),
      capabilities: (held.get(row['id'] ?? null) ?? []).map((capability) => readCapability(capability, path)),
    }))
}

function readOnExit(text: string, path: string): OnExit {
  const value = decodeJson(text)
  const read = value.ok ? json.fromJsonWith(onExitJson, 'on_exit', value.value) : value
  if (!read.ok) throw storeDamaged(path, `a process in it cannot be read: ${read.problem}`)
  return read.value
}

function readCapability(row: Record<string, unknown>, path: string): SignedCapability {
  const issuer = decodeAddress(String(row['issuer']))
  if (!issuer.ok) throw storeDamaged(path, `a capability in it cannot be read: ${issuer.problem}`)
  const { signature } = row
  return {
    capability: { issuer: issuer.value, params: String(row['params']) },
    signature: signature instanceof Uint8Array ? signature : new Uint8Array(0),
  }
}
