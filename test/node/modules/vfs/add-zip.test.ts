import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { FILE, hello, openDrive, openFile } from './drives.ts'

describe('zips', () => {
  const PLACE = '/app:pub.os/data/unpacked'

  test('are unpacked with the folders their files need', async () => {
    const drives = await openDrive()
    const zip = zipSync({ 'manifest.json': utf8ToBytes('[]'), 'ui/app/index.html': hello })
    expect((await drives.ask(PLACE, { kind: 'AddZip' }, { bytes: zip })).body).toBe('Ok')
    expect((await drives.ask(`${PLACE}/ui/app/index.html`, { kind: 'Read' })).bytes).toEqual(hello)
  })

  test.each(['../escape', '/absolute', 'a/../../b', 'a//b', 'a\\b'])(
    'with the entry %s are refused whole',
    async (name) => {
      const drives = await openDrive()
      const zip = zipSync({ fine: hello, [name]: hello })
      expect((await drives.ask(PLACE, { kind: 'AddZip' }, { bytes: zip })).body).toEqual({ Err: 'UnzipError' })
      expect(await readdir(join(drives.home, 'vfs/app:pub.os/data'))).toEqual([])
    },
  )

  test('bring folders without files', async () => {
    const drives = await openDrive()
    const zip = zipSync({ 'empty/inner/': new Uint8Array(0) })
    expect((await drives.ask(PLACE, { kind: 'AddZip' }, { bytes: zip })).body).toBe('Ok')
    expect((await drives.ask(`${PLACE}/empty/inner`, { kind: 'ReadDir' })).body).toEqual({ ReadDir: [] })
  })

  test('that are much larger when they are unpacked never lie in memory', async () => {
    const drives = await openDrive()
    const part = new Uint8Array(16 * 1_024 * 1_024)
    const zip = zipSync(Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`f${at}`, part])))
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 5)
    expect((await drives.ask(PLACE, { kind: 'AddZip' }, { bytes: zip })).body).toBe('Ok')
    clearInterval(watch)
    expect(most).toBeLessThan(3 * part.length)
    expect(await readdir(join(drives.home, '.writing'))).toEqual([])
  })

  test('whose last file is damaged change nothing', async () => {
    const drives = await openFile()
    const zip = Buffer.from(zipSync({ 'notes.txt': utf8ToBytes('other'), z: [hello, { level: 0 }] }))
    zip[zip.indexOf('hello')] = 0
    const bytes = new Uint8Array(zip)
    expect((await drives.ask('/app:pub.os/data', { kind: 'AddZip' }, { bytes })).body).toEqual({ Err: 'UnzipError' })
    expect((await drives.ask(FILE, { kind: 'Read' })).bytes).toEqual(hello)
    expect(await readdir(join(drives.home, '.writing'))).toEqual([])
  })

  test('that are not zips are refused', async () => {
    const drives = await openDrive()
    expect((await drives.ask(PLACE, { kind: 'AddZip' }, { bytes: hello })).body).toEqual({ Err: 'UnzipError' })
  })
})
