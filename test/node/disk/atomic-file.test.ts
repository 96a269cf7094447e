import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeFileOnce } from '../../../node/disk/atomic-file.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyperware-once-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a file that is written once', () => {
  test('holds what the first of many wrote, and each of them goes on with that', async () => {
    const file = join(folder, 'made')
    const all = Array.from({ length: 20 }, (_, index) => new Uint8Array(100_000).fill(index))
    const given = await Promise.all(all.map((bytes) => writeFileOnce(file, bytes)))
    const kept = await readFile(file)
    expect(all.filter((bytes) => kept.equals(bytes))).toHaveLength(1)
    for (const bytes of given) expect(kept.equals(bytes)).toBe(true)
    expect(await readdir(folder)).toEqual(['made'])
  })

  test('that cannot be written leaves nothing behind', async () => {
    await mkdir(join(folder, 'taken'))
    await expect(writeFileOnce(join(folder, 'taken'), new Uint8Array(1))).rejects.toMatchObject({ code: 'EISDIR' })
    expect(await readdir(folder)).toEqual(['taken'])
  })
})
