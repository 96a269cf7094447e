import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLogFiles, type LogFileOptions, WAITING_MAX } from '../../../node/terminal/log-files.ts'

const START = new Date('2026-11-21T12:36:16Z')

async function openLogs(options?: LogFileOptions) {
  const home = await mkdtemp(join(tmpdir(), 'logs-'))
  const failures: unknown[] = []
  const logs = createLogFiles({ home, now: () => START, failed: (error) => void failures.push(error) }, options)
  const folder = join(home, '.terminal_logs')
  return { home, logs, failures, folder, names: async () => (await readdir(folder)).toSorted() }
}

describe('log files', () => {
  test('take lines with their date, in order', async () => {
    const { logs, folder, names } = await openLogs()
    for (const line of ['one', 'two', 'three']) logs.write(line)
    await logs.flush()
    expect(await names()).toEqual(['2026-11-21-12:36:16.log'])
    expect(await readFile(join(folder, '2026-11-21-12:36:16.log'), 'utf8')).toBe(
      ['one', 'two', 'three'].map((line) => `[Sat, 21 Nov 2026 12:36:16 +0000] ${line}\n`).join(''),
    )
  })

  test('are rotated at their share, and the oldest go', async () => {
    const { logs, names, folder } = await openLogs({ maxBytes: 400, files: 4 })
    for (let index = 0; index < 12; index += 1) {
      logs.write(`${index} ${'x'.repeat(100)}`)
      await logs.flush()
    }
    const kept = await names()
    expect(kept).toHaveLength(4)
    const all = await Promise.all(kept.map((name) => readFile(join(folder, name), 'utf8')))
    expect(all.join('')).toContain('] 11 ')
    expect(all.join('')).not.toContain('] 7 ')
  })

  test('without a limit are never removed', async () => {
    const { logs, names } = await openLogs({ maxBytes: 0, files: 4 })
    for (let index = 0; index < 50; index += 1) logs.write('x'.repeat(1_000))
    await logs.flush()
    expect(await names()).toHaveLength(1)
  })

  test('leave other files of the folder alone', async () => {
    const { logs, folder, names } = await openLogs({ maxBytes: 10, files: 1 })
    logs.write('first')
    await logs.flush()
    await writeFile(join(folder, 'mine.txt'), 'mine')
    logs.write('second')
    await logs.flush()
    expect(await names()).toContain('mine.txt')
  })

  test('that come too fast are lost, and counted', async () => {
    const { logs, folder, names } = await openLogs()
    for (let index = 0; index < WAITING_MAX.lines + 5; index += 1) logs.write('x')
    await logs.flush()
    const [name = ''] = await names()
    const text = await readFile(join(folder, name), 'utf8')
    expect(text).toContain('5 lines were lost: they came faster than the disk took them')
  })

  test('stay under their limit though many long lines come at once, of which some are lost', async () => {
    const limits = { maxBytes: 1_000_000, files: 4 }
    const { logs, folder, names } = await openLogs(limits)
    const count = (2 * WAITING_MAX.characters) / 50_000
    for (let index = 0; index < count; index += 1) logs.write(`${index} ${'x'.repeat(50_000)}`)
    await logs.flush()
    const texts = await Promise.all((await names()).map((name) => readFile(join(folder, name), 'utf8')))
    expect(texts).toHaveLength(limits.files)
    for (const { length } of texts) expect(length).toBeLessThanOrEqual(limits.maxBytes / limits.files)
    const [, lost] = /(\d+) lines were lost/.exec(texts.join('')) ?? []
    expect(Number(lost)).toBeCloseTo(count / 2, -1)
  })

  test('that cannot be written are reported once', async () => {
    const { home, logs, failures } = await openLogs()
    await writeFile(join(home, '.terminal_logs'), 'in the way')
    logs.write('one')
    await logs.flush()
    logs.write('two')
    await logs.flush()
    expect(failures).toHaveLength(1)
  })
})
