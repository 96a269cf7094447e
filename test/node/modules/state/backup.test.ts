import {
  copyFile,
  readdir,
  readFile,
  rename as renameFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { StoreChange } from '../../../../node/kernel/store.ts'
import { BACKUP_MAX_AGE_MS } from '../../../../node/modules/state/backup.ts'
import type { StoreError } from '../../../../node/modules/state/errors.ts'
import { openStore } from '../../../../node/modules/state/store.ts'
import { id, putProcess, useStoreHome } from './store-fixture.ts'

const home = useStoreHome()
const { openHere, reopen } = home

describe('what is committed', () => {
  test('is in the backup, which replaces the one before', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    await store.backup()
    await store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(9) }])
    await store.backup()
    const copy = await openStore({ folder: join(home.folder, 'backup'), nodeName: 'alice.os' })
    home.open.push(copy)
    expect(await copy.readState(id)).toEqual(Uint8Array.of(9))
    expect(copy.listProcesses()).toHaveLength(1)
  })

  test('is in each backup that is asked for after it, however many are at once', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    const backups = [store.backup(), store.backup(), store.backupIfDue(), store.backup()]
    await Promise.race(backups)
    const last = store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(9) }])
    await Promise.all([...backups, store.backup(), store.backup(), last])
    expect(await readdir(join(home.folder, 'backup'))).toEqual(['kernel.sqlite'])
    const copy = await openStore({ folder: join(home.folder, 'backup'), nodeName: 'alice.os' })
    home.open.push(copy)
    expect(await copy.readState(id)).toEqual(Uint8Array.of(9))
  })

  test('is not replaced in the backup by what was altered since', async () => {
    const store = await openHere()
    await store.commit([putProcess])
    await store.backup()
    const before = await readFile(join(home.folder, 'backup', 'kernel.sqlite'))
    const other = new DatabaseSync(home.path)
    other.exec("UPDATE process SET wasm_bytes_handle = '/other.wasm'")
    other.close()
    await expect(store.backup()).rejects.toThrow('a row is not what was written')
    expect(await readFile(join(home.folder, 'backup', 'kernel.sqlite'))).toEqual(before)
  })
})

describe('the backup that nobody asked for', () => {
  const backup = () => join(home.folder, 'backup', 'kernel.sqlite')
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
    expect(await readdir(join(home.folder, 'backup'))).toEqual(['kernel.sqlite'])
  })

  test('is not replaced by an empty store', async () => {
    await fill(putProcess)
    expect(await (await reopen()).backupIfDue()).toBe(true)
    const before = await readFile(backup())
    await reopen()
    for (const store of home.open.splice(0)) await store.close()
    await rm(home.path)
    const anew = await openHere()
    expect([anew.listProcesses(), await anew.backupIfDue()]).toEqual([[], false])
    expect(await readFile(backup())).toEqual(before)
  })

  test('is waited for when the store is closed, and leaves the writers alone', async () => {
    await fill(putProcess, { kind: 'set-state', id, bytes: new Uint8Array(4_000_000) })
    const store = await reopen()
    const made = store.backupIfDue()
    await store.commit([{ kind: 'set-state', id, bytes: Uint8Array.of(7) }])
    for (const each of home.open.splice(0)) await each.close()
    expect(await made).toBe(true)
    expect((await stat(backup())).size).toBeGreaterThan(0)
  })

  test('is named by a store that is damaged, and what it says brings it back', async () => {
    await fill(putProcess, { kind: 'set-state', id, bytes: Uint8Array.of(5) })
    await (await reopen()).backupIfDue()
    for (const store of home.open.splice(0)) await store.close()
    await writeFile(home.path, 'x'.repeat(10_000))
    await writeFile(`${home.path}-wal`, 'y')
    const { hint = '' } = (await openHere().catch((reason: unknown) => reason)) as StoreError
    const [, main, log, index, from, to] =
      /^nothing was changed; move "(.+)" away together with "(.+)" and "(.+)", where they are; then copy "(.+)", which was made at \S+Z, to "(.+)", or start without any process$/.exec(
        hint,
      ) ?? []
    expect([main, to, from]).toEqual([home.path, home.path, backup()])
    for (const each of [main, log, index]) await moveAway(each ?? '').catch(() => undefined)
    await copyFile(from ?? '', to ?? '')
    const again = await openHere()
    expect([again.listProcesses().map((each) => each.id), await again.readState(id)]).toEqual([[id], Uint8Array.of(5)])
    await again.commit([{ kind: 'delete-state', id }])
    expect(await (await reopen()).readState(id)).toBeUndefined()
  })

  test('is not named when it cannot be used either', async () => {
    await fill(putProcess)
    await (await reopen()).backupIfDue()
    for (const store of home.open.splice(0)) await store.close()
    await writeFile(home.path, '')
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
