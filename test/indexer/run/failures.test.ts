import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasFailedRepeatedly } from '../../../indexer/run/failures.ts'
import { newFolder } from '../network/indexer.ts'

const FAILURES = new URL('../../../indexer/run/failures.ts', import.meta.url).href

let dir: string

beforeEach(() => {
  dir = newFolder()
})

afterEach(() => rmSync(dir, { recursive: true }))

/** Runs that have `dir` watched, and then do as `code` says. */
function run(times: number, code: string): void {
  const program = `const { watchForFailure } = await import('${FAILURES}')
    const excuse = watchForFailure(${JSON.stringify(dir)})
    ${code}`
  for (let i = 0; i < times; i++) {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([Number(/exit\((\d+)\)/.exec(code)?.[1]), ''])
  }
}

test('three failures soon after the start are too many, two are not', () => {
  run(2, 'process.exit(75)')
  expect(hasFailedRepeatedly(dir)).toBe(false)
  run(1, 'process.exit(1)')
  expect(hasFailedRepeatedly(dir)).toBe(true)
})

test('a run that ends well makes up for those before it', () => {
  run(2, 'process.exit(1)')
  run(1, 'process.exit(0)')
  run(2, 'process.exit(1)')
  expect(hasFailedRepeatedly(dir)).toBe(false)
})

test('a failure that has another cause than the store neither counts nor makes up for others', () => {
  run(4, 'excuse(); process.exit(1)')
  expect(hasFailedRepeatedly(dir)).toBe(false)
  run(2, 'process.exit(1)')
  run(1, 'excuse(); process.exit(1)')
  expect(hasFailedRepeatedly(dir)).toBe(false)
  run(1, 'process.exit(1)')
  expect(hasFailedRepeatedly(dir)).toBe(true)
})
