import { once } from 'node:events'
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import type { StoreError } from '../../../../node/modules/state/errors.ts'
import { openDatabase } from '../../../../node/modules/state/open-database.ts'
import { configure, CONTENTS, digestOf, SCHEMA_VERSION } from '../../../../node/modules/state/schema.ts'
import { openStore } from '../../../../node/modules/state/store.ts'
import { id, issuer, putProcess, useStoreHome } from './store-fixture.ts'

const home = useStoreHome()
const { openHere, reopen } = home

function contentsOf(database: DatabaseSync, table: string): unknown {
  return database.prepare(`SELECT * FROM ${table}`).all()
}

describe('a store is refused, and left as it is,', () => {
  async function fill(): Promise<void> {
    const store = await openHere()
    await store.commit([putProcess, { kind: 'set-state', id, bytes: new Uint8Array(100_000) }])
    await store.close()
    home.open.pop()
  }

  async function refusal(): Promise<unknown> {
    const before = await readFile(home.path).catch(() => undefined)
    const error: unknown = await openHere().catch((reason: unknown) => reason)
    expect(await readFile(home.path).catch(() => undefined)).toEqual(before)
    return error
  }

  test('when it is empty', async () => {
    await writeFile(home.path, '')
    expect(await refusal()).toMatchObject({ code: 'store-damaged', message: expect.stringContaining('empty') })
  })

  test('when it is not a database', async () => {
    await writeFile(home.path, 'x'.repeat(10_000))
    expect(await refusal()).toMatchObject({ code: 'store-damaged', hint: expect.stringContaining('backup') })
  })

  test('when it is cut short, wherever', async () => {
    await fill()
    const { size } = await stat(home.path)
    for (const cut of [1, 2, 3]) {
      await truncate(home.path, size - cut * 700)
      expect(await refusal(), String(cut)).toMatchObject({ code: 'store-damaged' })
    }
    for (const length of [40_960, 8_192, 4_096, 1_000, 100, 15]) {
      await truncate(home.path, length)
      expect(await refusal(), String(length)).toMatchObject({ code: 'store-damaged' })
    }
  })

  test('when any bit of it has turned, unless nothing is there', async () => {
    await fill()
    const bytes = await readFile(home.path)
    const outcomes = new Set<string>()
    for (let at = 3; at < bytes.length; at += 997) {
      await writeFile(home.path, bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at % 8))))
      try {
        const { database } = await openDatabase({ folder: home.folder, nodeName: 'alice.os' })
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
    const bytes = await readFile(home.path)
    const at = bytes.indexOf('/chat:template.os/pkg/chat.wasm')
    await writeFile(home.path, bytes.with(at + 1, 'b'.charCodeAt(0)))
    expect(await refusal()).toMatchObject({
      code: 'store-damaged',
      message: `Cannot use the kernel store "${home.path}": a row is not what was written ("process ${id}")`,
      hint: expect.stringContaining('kernel.sqlite-wal'),
    })
  })

  test('when it is missing beside its log', async () => {
    await writeFile(`${home.path}-wal`, 'of a node that was killed')
    expect(await refusal()).toMatchObject({
      code: 'store-damaged',
      message: `Cannot use the kernel store "${home.path}": the file is missing, though its log kernel.sqlite-wal is there`,
    })
    await expect(stat(home.path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('when it is a folder', async () => {
    await mkdir(home.path)
    expect(await refusal()).toMatchObject({ code: 'store-unusable', message: expect.stringContaining(home.path) })
  })

  test('though its log is whole, which stays beside it', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    const log = await readFile(`${home.path}-wal`)
    expect(log.length).toBeGreaterThan(0)
    const killed = join(home.folder, 'killed')
    await mkdir(killed)
    await writeFile(join(killed, 'kernel.sqlite-wal'), log)
    await writeFile(join(killed, 'kernel.sqlite'), await readFile(home.path))
    await expect(openStore({ folder: killed, nodeName: 'bob.os' })).rejects.toMatchObject({
      code: 'store-of-another-node',
    })
    expect(await readFile(join(killed, 'kernel.sqlite-wal'))).toEqual(log)
    const recovered = await openStore({ folder: killed, nodeName: 'alice.os' })
    home.open.push(recovered)
    expect(recovered.listProcesses()).toHaveLength(1)
  })

  test('when some of its pages are garbage', async () => {
    await fill()
    const bytes = await readFile(home.path)
    for (let at = 4_096; at < 20_480; at += 7) bytes[at] = (bytes[at] ?? 0) ^ 0xa5
    await writeFile(home.path, bytes)
    expect(await refusal()).toMatchObject({ code: 'store-damaged' })
  })

  test('when it is a database of something else', async () => {
    const other = new DatabaseSync(home.path)
    other.exec('CREATE TABLE t (x)')
    other.close()
    expect(await refusal()).toMatchObject({ code: 'store-foreign' })
  })

  test('when another client keeps its RocksDB there', async () => {
    await writeFile(join(home.folder, 'CURRENT'), 'MANIFEST-000005\n')
    expect(await refusal()).toMatchObject({ code: 'store-foreign', message: expect.stringContaining('RocksDB') })
    await expect(stat(home.path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('when it belongs to another node', async () => {
    await fill()
    await expect(openHere('bob.os')).rejects.toMatchObject({
      code: 'store-of-another-node',
      message: `Cannot use the kernel store "${home.path}": it belongs to "alice.os", expected "bob.os"`,
    })
  })

  test('when a newer release wrote it', async () => {
    await fill()
    const database = new DatabaseSync(home.path)
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    database.close()
    expect(await refusal()).toMatchObject({
      code: 'store-newer',
      problem: { version: SCHEMA_VERSION + 1, expected: SCHEMA_VERSION },
    })
  })

  test('when its form has no version', async () => {
    await fill()
    const database = new DatabaseSync(home.path)
    database.exec('PRAGMA user_version = 0')
    database.close()
    expect(await refusal()).toMatchObject({ code: 'store-damaged', message: expect.stringContaining('version 0') })
  })

  test('when its folder cannot be made', async () => {
    await writeFile(join(home.folder, 'file'), '')
    await expect(openStore({ folder: join(home.folder, 'file', 'x'), nodeName: 'alice.os' })).rejects.toMatchObject({
      code: 'store-unusable',
    })
  })

  test('when a process or capability in it cannot be read', async () => {
    await fill()
    const database = new DatabaseSync(home.path)
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
  const old = new DatabaseSync(home.path)
  old.exec(FIRST_FORM)
  old.close()
  await reopen()
  await home.open.splice(0)[0]?.close()
  const database = new DatabaseSync(home.path)
  database.exec("UPDATE capability SET params = '2'")
  database.close()
  await expect(openHere()).rejects.toMatchObject({ message: expect.stringContaining(`"capability ${id}"`) })
})

test('a store of the first form keeps all it holds, and takes what only the present form has', async () => {
  const old = new DatabaseSync(home.path)
  old.exec(FIRST_FORM)
  old.close()
  const fixed = { wasmBytesHandle: '/x.wasm', witVersion: 1, onExit: { kind: 'restart' }, public: true } as const
  const held = { capability: { issuer, params: '1' }, signature: Uint8Array.of(7) }
  const kept = { id, ...fixed, memoryMaxBytes: undefined, capabilities: [held] }
  const store = await openHere()
  expect(store.listProcesses()).toEqual([kept])
  expect(await store.readState(id)).toEqual(Uint8Array.of(1, 2))
  await store.commit([{ kind: 'put-process', process: { id, ...fixed, memoryMaxBytes: 65_536 } }])
  const again = await reopen()
  expect(again.listProcesses()).toEqual([{ ...kept, memoryMaxBytes: 65_536 }])
})

test('a partial file of a node that was killed while it made its store is no obstacle', async () => {
  await writeFile(`${home.path}.partial`, utf8ToBytes('half'))
  const store = await openHere()
  expect(store.listProcesses()).toEqual([])
})

test('a thread that opens the store while another one looks at its log waits for that', async () => {
  await (await openStore({ folder: home.folder, nodeName: 'alice.os' })).close()
  const holder = new Worker(
    `const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData } = require('node:worker_threads')
    const database = new DatabaseSync(workerData)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    parentPort.postMessage('held')
    setTimeout(() => database.close(), 300)`,
    { eval: true, workerData: home.path },
  )
  await once(holder, 'message')
  const database = new DatabaseSync(home.path)
  configure(database)
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
  await once(holder, 'exit')
})
