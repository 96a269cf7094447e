import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Console, openConsole } from '../../../node/terminal/console.ts'
import { createTerminal, type Terminal } from '../../../node/terminal/terminal.ts'

/** The console on streams that pass for a screen and a keyboard, or for pipes. */

const CTRL = { c: '\u0003', d: '\u0004', l: '\u000c', v: '\u0016' }
const UP = '\u001b[A'

let home: string
let input: PassThrough
let shown: string
let submitted: string[]
let quits: number
let terminal: Terminal
let opened: Console | undefined

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hyperware-console-'))
})

afterEach(async () => {
  await opened?.close()
  await terminal.flush()
  await rm(home, { recursive: true, force: true })
})

function open({ tty, booted = true }: { tty: boolean; booted?: boolean }): Console {
  input = new PassThrough()
  const output = new PassThrough()
  Object.assign(input, { isTTY: tty, setRawMode: () => input })
  Object.assign(output, { isTTY: tty, columns: 80, rows: 24 })
  shown = ''
  submitted = []
  quits = 0
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  terminal = createTerminal(
    { home, show: (line) => opened?.show(line), logFailed: (error) => expect(error).toBeUndefined() },
    { verbosity: { level: 0, overrides: new Map() }, logging: false, colours: false },
  )
  opened = openConsole(
    { home, terminal: () => terminal, submit: (line) => submitted.push(line), quit: () => (quits += 1) },
    { input: input as unknown as NodeJS.ReadStream, output: output as unknown as NodeJS.WriteStream },
  )
  if (booted) opened.accept()
  return opened
}

async function type(keys: string): Promise<void> {
  input.write(keys)
  for (let turns = 0; turns < 5; turns += 1) await turn()
}

describe('on a screen', () => {
  test('a line that is typed is submitted', async () => {
    open({ tty: true })
    await type('echo one\r')
    await type('echo two\r')
    expect(submitted).toEqual(['echo one', 'echo two'])
  })

  test('what is printed comes above the line that is being typed, which stays', async () => {
    const { show } = open({ tty: true })
    await type('echo unfin')
    shown = ''
    show('a message')
    await turn()
    expect(shown.startsWith('\r\u001b[Ka message\n')).toBe(true)
    expect(shown).toContain('> echo unfin')
    await type('ished\r')
    expect(submitted).toEqual(['echo unfinished'])
  })

  test('Ctrl-C and Ctrl-D quit', async () => {
    open({ tty: true })
    await type(CTRL.c)
    expect(quits).toBe(1)
    await type(CTRL.d)
    expect(quits).toBe(2)
  })

  test('Ctrl-V shows more, and Ctrl-L turns log files on and off', async () => {
    open({ tty: true })
    await type(CTRL.v)
    expect(terminal.verbosity()).toBe(1)
    await type(CTRL.l)
    expect(terminal.toggleLogging()).toBe(false) // it was turned on
  })

  test('earlier lines come back with the arrows, also those of the last run, from a file for the owner alone', async () => {
    const first = open({ tty: true })
    await type('echo one\r')
    await type('echo two\r')
    await first.close()
    const file = join(home, '.terminal_history')
    expect(await readFile(file, 'utf8')).toBe('echo one\necho two')
    expect((await stat(file)).mode & 0o777).toBe(0o600)

    open({ tty: true })
    await type(`${UP}${UP}\r`)
    expect(submitted).toEqual(['echo one'])
  })
})

describe('through a pipe', () => {
  test('lines are submitted, and what is printed is lines only', async () => {
    const { show } = open({ tty: false })
    await type('echo one\necho two\n')
    show('a message')
    await turn()
    expect(submitted).toEqual(['echo one', 'echo two'])
    expect(shown).toBe('a message\n')
  })

  test('its end does not end the node', async () => {
    open({ tty: false })
    input.end('echo last\n')
    for (let turns = 0; turns < 5; turns += 1) await turn()
    expect([submitted, quits]).toEqual([['echo last'], 0])
  })
})

describe.each([true, false])('while the node boots (on a screen: %s)', (tty) => {
  test('lines wait, and are submitted in order once it has', async () => {
    const { accept } = open({ tty, booted: false })
    await type('echo one\necho two\n')
    expect(submitted).toEqual([])
    accept()
    await type('echo three\n')
    expect(submitted).toEqual(['echo one', 'echo two', 'echo three'])
  })

  test('reading stops when many wait, and none is lost', async () => {
    const { accept } = open({ tty, booted: false })
    const lines = Array.from({ length: 300 }, (_, index) => `echo ${index}`)
    for (const line of lines) await type(`${line}\n`)
    expect(input.readableLength).toBeGreaterThan(0)
    accept()
    for (let turns = 0; turns < 5; turns += 1) await turn()
    expect(submitted).toEqual(lines)
  })
})

test('a history that is a folder does not stay unsaid', async () => {
  await rm(home, { recursive: true })
  home = await mkdtemp(join(tmpdir(), 'hyperware-console-'))
  await writeFile(join(home, 'file'), '')
  home = join(home, 'file')
  expect(() => open({ tty: true })).toThrow('ENOTDIR')
})
