import { once } from 'node:events'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename as renameFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { parseAddress, utf8ToBytes } from '@hyperware/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StoreChange } from '../../../../node/kernel/store.ts'
import { BACKUP_MAX_AGE_MS } from '../../../../node/modules/state/backup.ts'
import type { StoreError } from '../../../../node/modules/state/errors.ts'
import { openDatabase } from '../../../../node/modules/state/open-database.ts'
import { configure, CONTENTS, digestOf, SCHEMA_VERSION } from '../../../../node/modules/state/schema.ts'
import { openStore, type StateStore } from '../../../../node/modules/state/store.ts'

let folder: string
let path: string
const open: StateStore[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperware-store-'))
  path = join(folder, 'kernel.sqlite')
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  await rm(folder, { recursive: true })
})

async function openHere(nodeName = 'alice.os'): Promise<StateStore> {
  const store = await openStore({ folder, nodeName })
  open.push(store)
  return store
}

async function reopen(): Promise<StateStore> {
  for (const store of open.splice(0)) await store.close()
  return openHere()
}

const id = 'chat:chat:template.os'
const issuer = parseAddress('alice.os@vfs:distro:sys')
const putProcess: StoreChange = {
  kind: 'put-process',
  process: {
    id,
    wasmBytesHandle: '/chat:template.os/pkg/chat.wasm',
    witVersion: undefined,
    onExit: {
      kind: 'requests',
      requests: [
        {
          target: parseAddress('our@main:app:pub.os'),
          inherit: false,
          expectsResponse: 2n ** 64n - 1n,
          body: Uint8Array.of(0, 255),
          metadata: 'why',
          capabilities: [{ issuer, params: '"messaging"' }],
          blob: { mime: 'text/plain', bytes: Uint8Array.of(1) },
        },
      ],
    },
    public: true,
    memoryMaxBytes: 2 ** 30,
  },
}
const putCapability: StoreChange = {
  kind: 'put-capability',
  holder: id,
  key: 'the key',
  capability: { capability: { issuer, params: '{"b": 1, "a": 2}' }, signature: new Uint8Array(64).fill(7) },
}

describe('what is committed', () => {
  test('is there after a restart: processes with all their parts, capabilities as written, state', async () => {
    const store = await openHere()
    await store.commit([putProcess, putCapability, { kind: 'set-state', id, bytes: Uint8Array.of(1, 2, 3) }])
    const again = await reopen()
    if (putProcess.kind !== 'put-process' || putCapability.kind !== 'put-capability') throw new Error('never')
    expect(again.listProcesses()).toEqual([{ ...putProcess.process, capabilities: [putCapability.capability] }])
    expect(again.readState(id)).toEqual(Uint8Array.of(1, 2, 3))
    await again.commit([
      { kind: 'remove-process', id },
      { kind: 'delete-state', id },
    ])
    const empty = await reopen()
    expect(empty.listProcesses()).toEqual([])
    expect(empty.readState(id)).toBeUndefined()
    await empty.commit([putProcess])
    expect(empty.listProcesses()).toMatchObject([{ capabilities: [] }])
  })

  test('is read back before it is on disk, and when it is', async () => {
    const store = await openHere()
    const first = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(1) }])
    const second = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(2) }])
    expect(store.readState(id)).toEqual(Uint8Array.of(2))
    await first
    expect(store.readState(id)).toEqual(Uint8Array.of(2))
    await second
    expect(store.readState(id)).toEqual(Uint8Array.of(2))
    const third = store.commit([{ kind: 'delete-state', id }])
    expect(store.readState(id)).toBeUndefined()
    await third
    expect(store.readState(id)).toBeUndefined()
  })

  test('is all of a commit or none, and a bad commit does not take others with it', async () => {
    const store = await openHere()
    // A null in a column that refuses it stands for whatever makes a write fail.
    const bad = { ...putCapability, key: null as unknown as string }
    const outcomes = await Promise.allSettled([
      store.commit([{ kind: 'set-state', id: 'before', bytes: Uint8Array.of(1) }]),
      store.commit([putProcess, bad]),
      store.commit([{ kind: 'set-state', id: 'after', bytes: Uint8Array.of(2) }]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(store.listProcesses()).toEqual([])
    const again = await reopen()
    expect([again.readState('before'), again.readState('after')]).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
  })

  test('is in the backup, which replaces the one before', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    await store.backup()
    await store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(9) }])
    await store.backup()
    const copy = await openStore({ folder: join(folder, 'backup'), nodeName: 'alice.os' })
    open.push(copy)
    expect(copy.readState(id)).toEqual(Uint8Array.of(9))
    expect(copy.listProcesses()).toHaveLength(1)
  })

  test('is in each backup that is asked for after it, however many are at once', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    const backups = [store.backup(), store.backup(), store.backupIfDue(), store.backup()]
    await Promise.race(backups)
    const last = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(9) }])
    await Promise.all([...backups, store.backup(), store.backup(), last])
    expect(await readdir(join(folder, 'backup'))).toEqual(['kernel.sqlite'])
    const copy = await openStore({ folder: join(folder, 'backup'), nodeName: 'alice.os' })
    open.push(copy)
    expect(copy.readState(id)).toEqual(Uint8Array.of(9))
  })

  test('is not replaced in the backup by what was altered since', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    await store.backup()
    const before = await readFile(join(folder, 'backup', 'kernel.sqlite'))
    const other = new DatabaseSync(path)
    other.exec("UPDATE process SET wasm_bytes_handle = '/other.wasm'")
    other.close()
    await expect(store.backup()).rejects.toThrow('a row is not what was written')
    expect(await readFile(join(folder, 'backup', 'kernel.sqlite'))).toEqual(before)
  })
})

describe('the backup that nobody asked for', () => {
  const backup = () => join(folder, 'backup', 'kernel.sqlite')
  const named = (each: string): StoreChange => ({ ...putProcess, process: { ...putProcess.process, id: each } })

  async function fill(...changes: StoreChange[]): Promise<void> {
    const store = await openHere()
    await store.commit(changes)
  }

  test('is made of a store with processes, when there is none, when it is a day old, or when processes came', async () => {
    const empty = await openHere()
    expect(await empty.backupIfDue()).toBe(false)
    await empty.commit([putProcess, { kind: 'set-state', id, bytes: Uint8Array.of(1) }])
    const filled = await reopen()
    expect(await filled.backupIfDue()).toBe(true)
    expect(await filled.backupIfDue()).toBe(false)
    await filled.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(2) }])
    expect(await filled.backupIfDue()).toBe(false)
    await filled.commit([named('b:b:template.os')])
    expect(await filled.backupIfDue()).toBe(true)
    const yesterday = new Date(Date.now() - BACKUP_MAX_AGE_MS)
    await utimes(backup(), yesterday, yesterday)
    expect(await filled.backupIfDue()).toBe(true)
    await writeFile(backup(), 'damaged')
    expect(await filled.backupIfDue()).toBe(true)
    expect(await readdir(join(folder, 'backup'))).toEqual(['kernel.sqlite'])
  })

  test('is not replaced by an empty store', async () => {
    await fill(putProcess)
    expect(await (await reopen()).backupIfDue()).toBe(true)
    const before = await readFile(backup())
    await reopen()
    for (const store of open.splice(0)) await store.close()
    await rm(path)
    const anew = await openHere()
    expect([anew.listProcesses(), await anew.backupIfDue()]).toEqual([[], false])
    expect(await readFile(backup())).toEqual(before)
  })

  test('is waited for when the store is closed, and leaves the writers alone', async () => {
    await fill(putProcess, { kind: 'set-state', id, bytes: new Uint8Array(4_000_000) })
    const store = await reopen()
    const made = store.backupIfDue()
    await store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(7) }])
    for (const each of open.splice(0)) await each.close()
    expect(await made).toBe(true)
    expect((await stat(backup())).size).toBeGreaterThan(0)
  })

  test('is named by a store that is damaged, and what it says brings it back', async () => {
    await fill(putProcess, { kind: 'set-state', id, bytes: Uint8Array.of(5) })
    await (await reopen()).backupIfDue()
    for (const store of open.splice(0)) await store.close()
    await writeFile(path, 'x'.repeat(10_000))
    await writeFile(`${path}-wal`, 'y')
    const { hint = '' } = (await openHere().catch((reason: unknown) => reason)) as StoreError
    const [, main, log, index, from, to] =
      /^nothing was changed; move "(.+)" away together with "(.+)" and "(.+)", where they are; then copy "(.+)", which was made at \S+Z, to "(.+)", or start without any process$/.exec(
        hint,
      ) ?? []
    expect([main, to, from]).toEqual([path, path, backup()])
    for (const each of [main, log, index]) await moveAway(each ?? '').catch(() => undefined)
    await copyFile(from ?? '', to ?? '')
    const again = await openHere()
    expect([again.listProcesses().map((each) => each.id), again.readState(id)]).toEqual([[id], Uint8Array.of(5)])
    await again.commit([{ kind: 'delete-state', id }])
    expect((await reopen()).readState(id)).toBeUndefined()
  })

  test('is not named when it cannot be used either', async () => {
    await fill(putProcess)
    await (await reopen()).backupIfDue()
    for (const store of open.splice(0)) await store.close()
    await writeFile(path, '')
    await truncate(backup(), 5_000)
    expect(await openHere().catch((reason: unknown) => reason)).toMatchObject({
      code: 'store-damaged',
      hint: expect.stringMatching(/to start without any process: there is no backup that can be used$/),
    })
  })
})

function moveAway(file: string): Promise<void> {
  return renameFile(file, `${file}.away`)
}

function contentsOf(database: DatabaseSync, table: string): unknown {
  return database.prepare(`SELECT * FROM ${table}`).all()
}

describe('a store is refused, and left as it is,', () => {
  async function fill(): Promise<void> {
    const store = await openHere()
    await store.commit([putProcess, { kind: 'set-state', id, bytes: new Uint8Array(100_000) }])
    await store.close()
    open.pop()
  }

  async function refusal(): Promise<unknown> {
    const before = await readFile(path).catch(() => undefined)
    const error: unknown = await openHere().catch((reason: unknown) => reason)
    expect(await readFile(path).catch(() => undefined)).toEqual(before)
    return error
  }

  test('when it is empty', async () => {
    await writeFile(path, '')
    expect(await refusal()).toMatchObject({ code: 'store-damaged', message: expect.stringContaining('empty') })
  })

  test('when it is not a database', async () => {
    await writeFile(path, 'x'.repeat(10_000))
    expect(await refusal()).toMatchObject({ code: 'store-damaged', hint: expect.stringContaining('backup') })
  })

  test('when it is cut short, wherever', async () => {
    await fill()
    const { size } = await stat(path)
    for (const cut of [1, 2, 3]) {
      await truncate(path, size - cut * 700)
      expect(await refusal(), String(cut)).toMatchObject({ code: 'store-damaged' })
    }
    for (const length of [40_960, 8_192, 4_096, 1_000, 100, 15]) {
      await truncate(path, length)
      expect(await refusal(), String(length)).toMatchObject({ code: 'store-damaged' })
    }
  })

  test('when any bit of it has turned, unless nothing is there', async () => {
    await fill()
    const bytes = await readFile(path)
    const outcomes = new Set<string>()
    for (let at = 3; at < bytes.length; at += 997) {
      await writeFile(path, bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at % 8))))
      try {
        const { database } = await openDatabase({ folder, nodeName: 'alice.os' })
        outcomes.add(JSON.stringify(Object.keys(CONTENTS).map((table) => contentsOf(database, table))))
        database.close()
      } catch (error) {
        outcomes.add((error as StoreError).code)
      }
    }
    expect(outcomes.size).toBe(2)
    expect(outcomes).toContain('store-damaged')
  })

  test('when a letter in it became another', async () => {
    await fill()
    const bytes = await readFile(path)
    const at = bytes.indexOf('/chat:template.os/pkg/chat.wasm')
    await writeFile(path, bytes.with(at + 1, 'b'.charCodeAt(0)))
    expect(await refusal()).toMatchObject({
      code: 'store-damaged',
      message: `Cannot use the kernel store "${path}": a row is not what was written ("process ${id}")`,
      hint: expect.stringContaining('kernel.sqlite-wal'),
    })
  })

  test('when it is missing beside its log', async () => {
    await writeFile(`${path}-wal`, 'of a node that was killed')
    expect(await refusal()).toMatchObject({
      code: 'store-damaged',
      message: `Cannot use the kernel store "${path}": the file is missing, though its log kernel.sqlite-wal is there`,
    })
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('when it is a folder', async () => {
    await mkdir(path)
    expect(await refusal()).toMatchObject({ code: 'store-unusable', message: expect.stringContaining(path) })
  })

  test('though its log is whole, which stays beside it', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    const log = await readFile(`${path}-wal`)
    expect(log.length).toBeGreaterThan(0)
    const killed = join(folder, 'killed')
    await mkdir(killed)
    await writeFile(join(killed, 'kernel.sqlite-wal'), log)
    await writeFile(join(killed, 'kernel.sqlite'), await readFile(path))
    await expect(openStore({ folder: killed, nodeName: 'bob.os' })).rejects.toMatchObject({
      code: 'store-of-another-node',
    })
    expect(await readFile(join(killed, 'kernel.sqlite-wal'))).toEqual(log)
    const recovered = await openStore({ folder: killed, nodeName: 'alice.os' })
    open.push(recovered)
    expect(recovered.listProcesses()).toHaveLength(1)
  })

  test('when some of its pages are garbage', async () => {
    await fill()
    const bytes = await readFile(path)
    for (let at = 4_096; at < 20_480; at += 7) bytes[at] = (bytes[at] ?? 0) ^ 0xa5
    await writeFile(path, bytes)
    expect(await refusal()).toMatchObject({ code: 'store-damaged' })
  })

  test('when it is a database of something else', async () => {
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE t (x)')
    other.close()
    expect(await refusal()).toMatchObject({ code: 'store-foreign' })
  })

  test('when another client keeps its RocksDB there', async () => {
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-000005\n')
    expect(await refusal()).toMatchObject({ code: 'store-foreign', message: expect.stringContaining('RocksDB') })
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('when it belongs to another node', async () => {
    await fill()
    await expect(openHere('bob.os')).rejects.toMatchObject({
      code: 'store-of-another-node',
      message: `Cannot use the kernel store "${path}": it belongs to "alice.os", expected "bob.os"`,
    })
  })

  test('when a newer release wrote it', async () => {
    await fill()
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    database.close()
    expect(await refusal()).toMatchObject({
      code: 'store-newer',
      problem: { version: SCHEMA_VERSION + 1, expected: SCHEMA_VERSION },
    })
  })

  test('when its form has no version', async () => {
    await fill()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 0')
    database.close()
    expect(await refusal()).toMatchObject({ code: 'store-damaged', message: expect.stringContaining('version 0') })
  })

  test('when its folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(openStore({ folder: join(folder, 'file', 'x'), nodeName: 'alice.os' })).rejects.toMatchObject({
      code: 'store-unusable',
    })
  })

  test('when a process or capability in it cannot be read', async () => {
    await fill()
    const database = new DatabaseSync(path)
    database.function('digest_of', { varargs: true }, (...values) => digestOf(values))
    database.prepare('UPDATE process SET on_exit = ?').run('{"Sometimes":1}')
    database.exec(`UPDATE process SET digest = digest_of(${CONTENTS.process.join(', ')})`)
    database.close()
    const store = await openHere()
    expect(() => store.listProcesses()).toThrow(expect.objectContaining({ code: 'store-damaged' }))
  })
})

/** The tables as the first release made them. */
const FIRST_FORM = `
  PRAGMA application_id = 1752656755; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
  CREATE TABLE node (name TEXT NOT NULL) STRICT;
  CREATE TABLE process (
    id TEXT PRIMARY KEY, wasm_bytes_handle TEXT NOT NULL, wit_version INTEGER, on_exit TEXT NOT NULL,
    public INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE capability (
    holder TEXT NOT NULL, key TEXT NOT NULL, issuer TEXT NOT NULL, params TEXT NOT NULL, signature BLOB NOT NULL,
    PRIMARY KEY (holder, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE state (id TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
  INSERT INTO node VALUES ('alice.os');
  INSERT INTO process VALUES ('${id}', '/x.wasm', 1, '"Restart"', 1);
  INSERT INTO capability VALUES ('${id}', 'k', 'alice.os@vfs:distro:sys', '1', x'07');
  INSERT INTO state VALUES ('${id}', x'0102');
`

test('what a store of an older form holds is watched over from now on', async () => {
  const old = new DatabaseSync(path)
  old.exec(FIRST_FORM)
  old.close()
  await reopen()
  await open.splice(0)[0]?.close()
  const database = new DatabaseSync(path)
  database.exec("UPDATE capability SET params = '2'")
  database.close()
  await expect(openHere()).rejects.toMatchObject({ message: expect.stringContaining(`"capability ${id}"`) })
})

test('a store of the first form keeps all it holds, and takes what only the present form has', async () => {
  const old = new DatabaseSync(path)
  old.exec(FIRST_FORM)
  old.close()
  const fixed = { wasmBytesHandle: '/x.wasm', witVersion: 1, onExit: { kind: 'restart' }, public: true } as const
  const held = { capability: { issuer, params: '1' }, signature: Uint8Array.of(7) }
  const kept = { id, ...fixed, memoryMaxBytes: undefined, capabilities: [held] }
  const store = await openHere()
  expect(store.listProcesses()).toEqual([kept])
  expect(store.readState(id)).toEqual(Uint8Array.of(1, 2))
  await store.commit([{ kind: 'put-process', process: { id, ...fixed, memoryMaxBytes: 65_536 } }])
  const again = await reopen()
  expect(again.listProcesses()).toEqual([{ ...kept, memoryMaxBytes: 65_536 }])
})

test('a partial file of a node that was killed while it made its store is no obstacle', async () => {
  await writeFile(`${path}.partial`, utf8ToBytes('half'))
  const store = await openHere()
  expect(store.listProcesses()).toEqual([])
})

test('a thread that opens the store while another one looks at its log waits for that', async () => {
  await (await openStore({ folder, nodeName: 'alice.os' })).close()
  const holder = new Worker(
    `const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData } = require('node:worker_threads')
    const database = new DatabaseSync(workerData)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    parentPort.postMessage('held')
    setTimeout(() => database.close(), 300)`,
    { eval: true, workerData: path },
  )
  await once(holder, 'message')
  const database = new DatabaseSync(path)
  configure(database)
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
  await once(holder, 'exit')
})
