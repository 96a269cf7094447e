import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KernelMessage, parseAddress, parseProcessId } from '@hyperware/protocol'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  admit,
  type Complaint,
  PRINTS_AFTER,
  type Quiet,
  QUIET_AFTER,
  QUIET_MS,
  SUBJECTS_MAX,
  sumUp,
} from '../../../node/terminal/quiet.ts'
import { createTerminal, SCREEN_TEXT_MAX } from '../../../node/terminal/terminal.ts'
import { PARAMS_MAX_LENGTH } from '../../../node/kernel/limits.ts'
import { never } from '../kernel/events.ts'
import { createTestKernel, idle } from '../kernel/kernel-fixture.ts'
import { messaging, type Script } from '../kernel/scripted.ts'

const KERNEL = 'kernel:distro:sys'

function complaint(subject: string, text = subject): Complaint {
  return { verbosity: 0, source: KERNEL, text, subject }
}

/** How many of `count` complaints are shown. */
function admitMany(quiet: Quiet, subject: string, count: number, nowMs: number): number {
  let shown = 0
  for (let n = 1; n <= count; n += 1) if (admit(quiet, complaint(subject, `${subject} ${n}`), nowMs)) shown += 1
  return shown
}

describe('complaints', () => {
  test('the first ones of a subject are shown, whatever comes of others', () => {
    const quiet: Quiet = new Map()
    expect(admitMany(quiet, 'a', 1_000, 0)).toBe(QUIET_AFTER)
    expect(admitMany(quiet, 'b', 1_000, 0)).toBe(QUIET_AFTER)
  })

  test('what was kept back is summed up after a minute, once, with the latest line and the count', () => {
    const quiet: Quiet = new Map()
    admitMany(quiet, 'a', QUIET_AFTER + 5, 0)
    expect(sumUp(quiet, QUIET_MS - 1)).toEqual([])
    const text = `a ${QUIET_AFTER + 5} (one of 5 such lines, kept back within a minute)`
    expect(sumUp(quiet, QUIET_MS)).toEqual([complaint('a', text)])
    expect(sumUp(quiet, 2 * QUIET_MS)).toEqual([])
    expect(quiet.size).toBe(0)
  })

  test('a flood that goes on is as many lines each minute', () => {
    const quiet: Quiet = new Map()
    for (let minute = 0; minute < 5; minute += 1) {
      const summed = sumUp(quiet, minute * QUIET_MS)
      expect(summed.length + admitMany(quiet, 'a', 1_000, minute * QUIET_MS)).toBe(QUIET_AFTER)
    }
  })

  test('after a quiet minute the first ones are shown again', () => {
    const quiet: Quiet = new Map()
    admitMany(quiet, 'a', QUIET_AFTER, 0)
    expect(sumUp(quiet, QUIET_MS)).toEqual([])
    expect(admitMany(quiet, 'a', 3, QUIET_MS)).toBe(3)
  })

  test('subjects beyond so many share one count, so that names made up are no way around', () => {
    const quiet: Quiet = new Map()
    let shown = 0
    for (let n = 0; n < 10_000; n += 1) if (admit(quiet, complaint(`subject ${n}`), 0)) shown += 1
    expect(shown).toBe(SUBJECTS_MAX + QUIET_AFTER)
    expect(quiet.size).toBe(SUBJECTS_MAX + 1)
    expect(sumUp(quiet, QUIET_MS)).toHaveLength(1)
  })
})

describe('a terminal', () => {
  const homes: string[] = []
  afterEach(async () => {
    vi.useRealTimers()
    await Promise.all(homes.splice(0).map((home) => rm(home, { recursive: true, force: true })))
  })

  async function openTerminal(level = 0) {
    const home = await mkdtemp(join(tmpdir(), 'hyperware-quiet-'))
    homes.push(home)
    const shown: string[] = []
    const terminal = createTerminal(
      { home, show: (line) => void shown.push(line), logFailed: (error) => expect(error).toBeUndefined() },
      { verbosity: { level, overrides: new Map() }, logging: true, colours: false },
    )
    return { home, shown, terminal }
  }

  const A = 'a:test:alice.os'
  const TIMES = 500
  const repeat = async (what: () => Promise<void>): Promise<void> => {
    for (let n = 0; n < TIMES; n += 1) await what()
  }
  const floods: Record<string, Script> = {
    'responses to nothing': (guest) => repeat(() => guest.respond()),
    'messages it may not send': (guest) => repeat(() => guest.send('our@b:test:alice.os')),
    'messages it may not send abroad': (guest) => repeat(() => guest.send('bob.os@b:test:bob.os')),
    'commands that are none': (guest) => repeat(() => guest.send('our@kernel:distro:sys', { body: '?' })),
    'capabilities too long to hold': (guest) => {
      const issued = { issuer: guest.our, params: `"${'x'.repeat(PARAMS_MAX_LENGTH)}"` }
      return repeat(() => Promise.resolve(guest.act({ kind: 'save-capabilities', capabilities: [issued] })))
    },
  }

  test.each(Object.keys(floods))('shows few of %s that a process sends, and then their number', async (name) => {
    const { shown, terminal } = await openTerminal()
    const test = createTestKernel({ print: terminal.print })
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    await test.launch('b:test:alice.os', never)
    await test.launch(
      A,
      async (guest) => {
        await floods[name]?.(guest)
        await never(guest)
      },
      { capabilities: [messaging('alice.os', 'kernel:distro:sys')] },
    )
    await idle()
    expect(shown).toHaveLength(QUIET_AFTER)
    vi.advanceTimersByTime(QUIET_MS)
    expect(shown.slice(QUIET_AFTER)).toEqual([
      expect.stringContaining(`(one of ${TIMES - QUIET_AFTER} such lines, kept back within a minute)`),
    ])
    await test.kernel.stop()
    await terminal.flush()
  })

  function strangersMessage(id: bigint): KernelMessage {
    const request = { inherit: false, expectsResponse: undefined, body: new Uint8Array(0), metadata: undefined }
    return {
      id,
      source: parseAddress(`stranger-${id}.os@x:test:bob.os`),
      target: parseAddress(`alice.os@${A}`),
      rsvp: undefined,
      message: { kind: 'request', ...request, capabilities: [] },
      blob: undefined,
    }
  }

  test('shows few messages of strangers to a process without the network, while its logs have them all', async () => {
    const { home, shown, terminal } = await openTerminal()
    const test = createTestKernel({ print: terminal.print })
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    await test.launch(A, never)
    for (let id = 0n; id < TIMES; id += 1n) test.kernel.receive(strangersMessage(id))
    expect(shown).toHaveLength(QUIET_AFTER)
    expect(shown[0]).toContain(`${A} lacks the capability "network"`)
    vi.advanceTimersByTime(QUIET_MS)
    expect(shown).toHaveLength(QUIET_AFTER + 1)
    vi.advanceTimersByTime(QUIET_MS)
    expect(vi.getTimerCount()).toBe(0)
    await test.kernel.stop()
    await terminal.flush()
    const folder = join(home, '.terminal_logs')
    const logs = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')))
    expect(logs.join('').match(/lacks the capability "network"/g)).toHaveLength(TIMES)
  })

  test('shows them all to whoever wants to see more', async () => {
    const { shown, terminal } = await openTerminal(2)
    const source = parseProcessId(KERNEL)
    for (let n = 0; n < TIMES; n += 1) terminal.print({ verbosity: 0, source, text: 'again', subject: 'a' })
    expect(shown).toHaveLength(TIMES)
    await terminal.flush()
  })

  test('shows so much of what a process prints that others are seen, and then how many prints were left out', async () => {
    const { home, shown, terminal } = await openTerminal()
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    const print = (id: string, text: string): void => terminal.print({ verbosity: 0, source: parseProcessId(id), text })
    for (let n = 0; n < PRINTS_AFTER + 700; n += 1) print(A, 'spam')
    print('b:test:alice.os', 'seen')
    for (let n = 0; n < PRINTS_AFTER + 700; n += 1) print('vfs:distro:sys', 'ours')
    for (let n = 0; n < 50; n += 1) print('c:test:alice.os', 'line\n'.repeat(99))
    for (let n = 0; n < 50; n += 1) print('d:test:alice.os', 'x'.repeat(20_000))
    const count = (text: string): number => shown.filter((line) => line.includes(text)).length
    expect(['spam', 'seen', 'ours', 'line', 'xxx'].map(count)).toEqual([PRINTS_AFTER, 1, PRINTS_AFTER + 700, 10, 10])
    shown.length = 0
    vi.advanceTimersByTime(QUIET_MS)
    expect(shown.map((line) => /one of (\d+) such lines/.exec(line)?.[1])).toEqual(['700', '40', '40'])
    print(A, 'heard again')
    expect(count('heard again')).toBe(1)
    vi.advanceTimersByTime(2 * QUIET_MS)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    await terminal.flush()
    const folder = join(home, '.terminal_logs')
    const logs = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')))
    expect(logs.join('').match(/spam/g)).toHaveLength(PRINTS_AFTER + 700)
  })

  test('shows the beginning of a print without end', async () => {
    const { shown, terminal } = await openTerminal()
    terminal.print({ verbosity: 0, source: parseProcessId(A), text: 'x'.repeat(SCREEN_TEXT_MAX + 5) })
    expect(shown[0]).toMatch(/x… \(5 more characters\)$/)
    await terminal.flush()
  })

  test('shows all of a table that a process prints itself', async () => {
    const { shown, terminal } = await openTerminal()
    for (let n = 0; n < TIMES; n += 1) terminal.print({ verbosity: 0, source: parseProcessId(A), text: 'a table' })
    expect(shown).toHaveLength(TIMES)
    await terminal.flush()
  })
})
