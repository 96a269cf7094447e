import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepFile, type Made } from '../../../node/disk/kept-file.ts'

let root: string
let made: number

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperware-kept-'))
  made = 0
  await source('a.ts', 'one')
})

afterEach(() => rm(root, { recursive: true, force: true }))

const file = () => join(root, 'cache/kept')

/** A source that was not changed just now. */
async function source(name: string, text: string): Promise<void> {
  await writeFile(join(root, name), text)
  await utimes(join(root, name), 1_000, 1_000)
}

async function make(): Promise<Made> {
  made += 1
  return { bytes: Buffer.from(`made of\n${await readFile(join(root, 'a.ts'), 'utf8')}`), inputs: ['a.ts'] }
}

const keep = async (recipe = 'plain', how = make) =>
  Buffer.from(await keepFile({ file: file(), recipe, root }, how)).toString()

describe('what was made', () => {
  test('is taken from disk while nothing changes, line ends in it included', async () => {
    expect(await keep()).toBe('made of\none')
    expect(await keep()).toBe('made of\none')
    expect(made).toBe(1)
  })

  test('is made again when a source, the recipe or the set of sources changes', async () => {
    await keep()
    await source('a.ts', 'two')
    expect(await keep()).toBe('made of\ntwo')
    expect(await keep('other')).toBe('made of\ntwo')
    expect(made).toBe(3)
    await rm(join(root, 'a.ts'))
    expect(await keep('other', async () => ({ bytes: Buffer.from('without'), inputs: [] }))).toBe('without')
    expect(await readdir(join(root, 'cache'))).toEqual(['kept'])
  })

  test.each<[string, (content: Buffer) => Buffer]>([
    ['cut off', (content) => content.subarray(0, -1)],
    ['cut off in its first line', (content) => content.subarray(0, 20)],
    ['empty', () => Buffer.alloc(0)],
    ['of other bytes', (content) => Buffer.concat([content.subarray(0, -1), Buffer.from('!')])],
    ['with a spoilt first line', (content) => Buffer.concat([Buffer.from('x'), content])],
    ['no record', () => Buffer.from('[]\nmade of\none')],
  ])('is made again when what is kept is %s', async (_, spoil) => {
    await keep()
    await writeFile(file(), spoil(await readFile(file())))
    expect(await keep()).toBe('made of\none')
    expect(made).toBe(2)
    await keep()
    expect(made).toBe(2)
  })

  test('is not kept when a source changes while it is made', async () => {
    const slow = async (): Promise<Made> => {
      const { bytes, inputs } = await make()
      await writeFile(join(root, 'a.ts'), 'one')
      return { bytes, inputs }
    }
    await keep('plain', slow)
    await keep()
    expect(made).toBe(2)
  })

  test('is not kept when a source was changed so recently that the time of the file may be behind the clock', async () => {
    const justNow = Date.now() / 1_000 - 0.05
    await utimes(join(root, 'a.ts'), justNow, justNow)
    await keep()
    await keep()
    expect(made).toBe(2)
  })

  test('is whole or not there after its writer was killed, and so is whatever it left beside', async () => {
    const script = join(import.meta.dirname, 'keeps-until-killed.ts')
    let found = 0
    for (let round = 0; round < 12; round += 1) {
      const child = spawn(process.execPath, [script, root], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      await once(child.stdout, 'data')
      if (round === 0) await expect.poll(() => existsSync(file())).toBe(true)
      else await sleep(5 + round * 7)
      child.kill('SIGKILL')
      await ended
      const recipe = /"recipe":"(\d+)"/.exec(await readFile(file(), 'latin1').catch(() => ''))?.[1]
      if (recipe === undefined) continue
      found += 1
      const kept = await keepFile({ file: file(), recipe, root }, () =>
        Promise.reject(new Error('it was not kept whole')),
      )
      expect(Buffer.from(kept).equals(Buffer.alloc(2 * 1_024 * 1_024, Number(recipe)))).toBe(true)
    }
    expect(found).toBeGreaterThan(0)

    for (const name of await readdir(join(root, 'cache'))) await utimes(join(root, 'cache', name), 1_000, 1_000)
    await keep()
    expect(await readdir(join(root, 'cache'))).toEqual(['kept'])
  })

  test('is there all the same when it cannot be kept', async () => {
    await mkdir(join(file(), 'in the way'), { recursive: true })
    expect(await keep()).toBe('made of\none')
    expect(await readdir(join(root, 'cache'))).toEqual(['kept'])
  })
})
