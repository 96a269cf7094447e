import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createIntents,
  decodeIntent,
  encodeIntent,
  findIntent,
  type Intent,
} from '../../../node/modules/packages/intent.ts'
import { PACKAGE_MAX_BYTES } from '../../../node/modules/packages/package-type.ts'
import { collectLog, type LogLine } from '../log-lines.ts'

const INSTALL: Intent = { kind: 'install', package: 'hello:example.os', bundle: Buffer.from('a\nbundle\n') }
const UNINSTALL: Intent = { kind: 'uninstall', package: 'hello:example.os' }

describe('an intent', () => {
  test.each([
    ['an install', INSTALL, '{"change":"install","package":"hello:example.os"}\na\nbundle\n'],
    ['an uninstall', UNINSTALL, '{"change":"uninstall","package":"hello:example.os"}\n'],
    [
      'an install of nothing',
      { ...INSTALL, bundle: Buffer.alloc(0) },
      '{"change":"install","package":"hello:example.os"}\n',
    ],
  ])('that is %s is its hash, a line, and the bundle', (_, intent, rest) => {
    const bytes = Buffer.from(encodeIntent(intent))
    expect(bytes.toString()).toBe(hashed(rest).toString())
    expect(decodeIntent(bytes)).toEqual({ ok: true, value: intent })
  })

  test('is refused when any of its bytes is another, or the last one is missing', () => {
    const bytes = Buffer.from(encodeIntent(INSTALL))
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(decodeIntent(changed), `byte ${at}`).toMatchObject({ ok: false })
    }
    expect(decodeIntent(bytes.subarray(0, -1))).toMatchObject({ ok: false })
  })

  test.each([
    ['of another kind', '{"change":"update","package":"a:b.os"}\n', '"update" is not one of install, uninstall'],
    ['without a package', '{"change":"install"}\n', 'its header has no field "package"'],
    [
      'of a package outside the home',
      '{"change":"uninstall","package":"..:b.os"}\n',
      '"..:b.os" is not package:publisher',
    ],
    ['of a process', '{"change":"uninstall","package":"a:b:c.os"}\n', '"a:b:c.os" is not package:publisher'],
    ['to uninstall, with a bundle', '{"change":"uninstall","package":"a:b.os"}\nPK', '2 bytes follow the header of an'],
    ['without a header', '', 'its header is not JSON'],
  ])('%s is refused, though its hash is right', (_, rest, problem) => {
    expect(decodeIntent(hashed(rest))).toEqual({ ok: false, problem: expect.stringContaining(problem) })
  })
})

describe('the intent of a home', () => {
  let home: string
  let file: string
  let lines: LogLine[]
  let log: ReturnType<typeof collectLog>['log']

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hyperware-intent-'))
    file = join(home, '.package-intent')
    ;({ lines, log } = collectLog())
  })

  afterEach(() => rm(home, { recursive: true }))

  test('is there from its beginning to its end, for its owner alone', async () => {
    const intents = createIntents(home, log)
    expect(await findIntent(home, log)).toBeUndefined()
    await intents.begin(INSTALL)
    expect(await findIntent(home, log)).toEqual(INSTALL)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await intents.end()
    expect(await findIntent(home, log)).toBeUndefined()
    expect([await readdir(home), lines]).toEqual([[], []])
  })

  test('takes the place of one that failed', async () => {
    const intents = createIntents(home, log)
    await intents.begin(INSTALL)
    await intents.begin(UNINSTALL)
    expect(await findIntent(home, log)).toEqual(UNINSTALL)
  })

  test('is none when a node was killed while it was written, and what was written goes', async () => {
    await writeFile(join(home, '.package-intent.17-00000000.partial'), 'half of a bun')
    expect(await findIntent(home, log)).toBeUndefined()
    expect([await readdir(home), lines]).toEqual([[], []])
  })

  test.each<[string, () => Promise<void>, string]>([
    ['was cut off', () => writeFile(file, Buffer.from(encodeIntent(INSTALL)).subarray(0, 80)), 'hash of the rest'],
    ['is empty', () => writeFile(file, ''), 'it does not begin with the hash of the rest'],
    [
      'is longer than any bundle',
      async () => {
        await writeFile(file, encodeIntent(INSTALL))
        await truncate(file, PACKAGE_MAX_BYTES + 1_025)
      },
      `it has ${PACKAGE_MAX_BYTES + 1_025} bytes, expected at most ${PACKAGE_MAX_BYTES + 1_024}`,
    ],
  ])('that %s is set aside, and reported once', async (_, spoil, problem) => {
    await spoil()
    const { size } = await stat(file)
    expect(await findIntent(home, log)).toBeUndefined()
    expect(await findIntent(home, log)).toBeUndefined()
    const kept = `${file}.damaged`
    const hint = 'a package was being installed or uninstalled when the node ended: do that again'
    const fields = { problem: expect.stringContaining(problem), kept, hint }
    expect(lines).toEqual([{ level: 'error', event: 'package-intent-damaged', fields }])
    expect([await readdir(home), (await stat(kept)).size]).toEqual([['.package-intent.damaged'], size])
  })

  test('that is damaged takes the place of an older one that was', async () => {
    for (const text of ['older', 'newer']) {
      await writeFile(file, text)
      await findIntent(home, log)
    }
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe('newer')
  })

  test('that cannot be read at all is reported each time, and left where it is', async () => {
    await mkdir(file)
    for (const times of [1, 2]) {
      expect(await findIntent(home, log)).toBeUndefined()
      expect(lines).toHaveLength(times)
    }
    expect(lines[0]).toMatchObject({ level: 'error', event: 'package-intent-unreadable', fields: { file } })
  })

  test('that cannot be removed does not undo what was done', async () => {
    await mkdir(file)
    await createIntents(home, log).end()
    expect(lines).toMatchObject([{ level: 'warn', event: 'package-intent-left', fields: { file } }])
  })
})

function hashed(rest: string): Buffer {
  return Buffer.from(`${createHash('sha256').update(rest).digest('hex')}\n${rest}`)
}
