import { mkdtempSync, rmSync } from 'node:fs'
import type * as FileSystem from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  findState,
  readState,
  restorePreviousState,
  stateFiles,
  writeState,
} from '../../../scripts/dev/chain/state-file.ts'

/** How many more changes of the folder happen before the process is as good as killed. */
const life = vi.hoisted(() => ({ steps: Infinity }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof FileSystem>()
  const stepOf =
    <A extends unknown[]>(change: (...args: A) => void) =>
    (...args: A) => {
      if (life.steps === 0) throw new Error('killed')
      life.steps--
      change(...args)
    }
  return { ...fs, linkSync: stepOf(fs.linkSync), renameSync: stepOf(fs.renameSync), rmSync: stepOf(fs.rmSync) }
})

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-state-'))
})

afterEach(() => {
  life.steps = Infinity
  rmSync(dir, { recursive: true, force: true })
})

const write = (block: number) =>
  writeState(dir, Buffer.from(`state of block ${block}`), {
    chainId: 31337,
    block,
    savedAt: 1,
    clockAheadSeconds: 0,
    genesis: { hash: '0x', timestamp: 1 },
  })
const blockOf = (file: string) => readState(file).header.block

/** Does `work` from the same beginning again and again, killed one step later each time; `look` sees what is left. */
async function killAtEachStep(work: () => unknown, look: (step: number) => void): Promise<number> {
  for (let step = 0; ; step++) {
    for (const file of Object.values(stateFiles(dir))) rmSync(file, { force: true })
    for (const block of [1, 2]) await write(block)
    life.steps = step
    const killed = await Promise.resolve()
      .then(work)
      .then(
        () => false,
        () => true,
      )
    life.steps = Infinity
    look(step)
    if (!killed) return step
  }
}

test('a restore killed at any step leaves a chain that goes on, and the older copy', async () => {
  const files = stateFiles(dir)
  const steps = await killAtEachStep(
    () => restorePreviousState(dir),
    (step) => {
      const block = findState(dir)?.header.block
      expect([1, 2], `killed at step ${step}`).toContain(block)
      if (block === 2) expect(blockOf(files.previous), `killed at step ${step}`).toBe(1)
      else expect(blockOf(files.damaged), `killed at step ${step}`).toBe(2)
    },
  )
  expect(steps).toBeGreaterThan(1)
  expect(findState(dir)?.header.block).toBe(1)
})

test('a write killed at any step leaves the old state or the new one', async () => {
  const steps = await killAtEachStep(
    () => write(3),
    (step) => {
      expect([2, 3], `killed at step ${step}`).toContain(findState(dir)?.header.block)
    },
  )
  expect(steps).toBeGreaterThan(1)
  expect([blockOf(stateFiles(dir).current), blockOf(stateFiles(dir).previous)]).toEqual([3, 2])
})

test('a second restore replaces what the first one put aside', async () => {
  for (const block of [1, 2]) await write(block)
  restorePreviousState(dir)
  await write(4)
  restorePreviousState(dir)
  expect([blockOf(stateFiles(dir).current), blockOf(stateFiles(dir).damaged)]).toEqual([1, 4])
})
