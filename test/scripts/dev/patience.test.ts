import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitWhileMoving, watchMovement } from '../../../scripts/dev/patience.ts'
import { openProcessList } from '../../../scripts/dev/processes.ts'
import { supervise, type Child } from '../../../scripts/dev/supervisor.ts'

let dir: string
let child: Child | undefined
const never = new Promise<string>(() => undefined)
const { signal } = new AbortController()

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-patience-'))
})
afterEach(async () => {
  await child?.stop(100)
  rmSync(dir, { recursive: true, force: true })
})

/** A program that runs `code`, and what it promises by saying a line. */
function say(code: string): { child: Child; line: Promise<string> } {
  const { promise: line, resolve } = Promise.withResolvers<string>()
  const processes = openProcessList(join(dir, 'processes.json'), (problem) => expect(problem).toBeUndefined())
  child = supervise(
    {
      name: 'child',
      command: () => [process.execPath, '-e', code],
      env: {},
      cwd: dir,
      logFile: join(dir, 'child.log'),
      onLine: (text) => {
        if (text === 'ready') resolve(text)
      },
    },
    processes,
    () => undefined,
  )
  return { child, line }
}

test('what moves now and then is never still, however long it takes', () => {
  let moved = 0
  let nowMs = 0
  const isStill = watchMovement({ stillMs: 1_000, moved: () => moved }, () => nowMs)
  for (let n = 0; n < 100; n += 1) {
    nowMs += 999
    expect(isStill()).toBe(false)
    moved += 1
    expect(isStill()).toBe(false)
  }
  nowMs += 1_000
  expect(isStill()).toBe(true)
})

describe('a program is waited for', () => {
  test('longer than it may be silent, while it writes', async () => {
    const { child: writer, line } = say(
      `let n = 0; setInterval(() => { n += 1; console.error(n); if (n === 80) console.log('ready') }, 100)`,
    )
    await expect.poll(writer.heardBytes).toBeGreaterThan(0)
    const waited = await waitWhileMoving(line, { stillMs: 6_000, moved: writer.heardBytes }, signal)
    expect(waited).toEqual({ value: 'ready' })
  })

  test('no longer than it may be silent, when it writes nothing', async () => {
    const { child: silent, line } = say('setInterval(() => undefined, 1_000)')
    const since = performance.now()
    expect(await waitWhileMoving(line, { stillMs: 600, moved: silent.heardBytes }, signal)).toBeUndefined()
    expect(performance.now() - since).toBeGreaterThanOrEqual(600)
  })

  test('until it fails, or everything is to stop', async () => {
    const patience = { stillMs: 60_000, moved: () => 0 }
    await expect(waitWhileMoving(Promise.reject(new Error('given up')), patience, signal)).rejects.toThrow('given up')
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('interrupted')), 100)
    await expect(waitWhileMoving(never, patience, stop.signal)).rejects.toThrow('interrupted')
  })
})
