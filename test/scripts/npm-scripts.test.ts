import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'

const SCRIPTS: Readonly<Record<string, string>> = {
  check: 'scripts/check.ts',
  coverage: 'scripts/coverage.ts',
  model: 'test/contracts/model/run.ts',
  prove: 'scripts/prove.ts',
  test: 'scripts/test.ts',
}

async function run(script: string, ...args: readonly string[]) {
  const child = spawn('node', [SCRIPTS[script] ?? script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: code as number | null, out, err }
}

describe.each(Object.keys(SCRIPTS))('npm script %s', (script) => {
  test('says what it does and takes, and does nothing', async () => {
    const { code, out, err } = await run(script, '--help')
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^Usage: npm (run )?${script}`))
    expect(out).toContain('-h, --help')
    expect(err).toBe('')
  })

  test('refuses an option that it does not know', async () => {
    const { code, out, err } = await run(script, '--nonsense')
    expect(code).toBe(2)
    expect(err).toContain("unknown option '--nonsense'")
    expect(out).toBe('')
  })
})

test.each([
  ['check', ['all'], 'too many arguments'],
  ['prove', ['--timeout', '0'], 'Expected a whole number from 1 to 86400'],
  ['prove', ['--mutte'], 'Did you mean --mutate?'],
  ['model', ['--calls', 'many'], 'Expected a whole number from 1 to 999999999'],
  ['model', ['--area', 'moon'], 'Allowed choices are all, '],
  ['model', ['token'], 'too many arguments'],
])('%s %s is a wrong call', async (script, args, expected) => {
  const { code, err } = await run(script, ...args)
  expect(code).toBe(2)
  expect(err).toContain(expected)
})

test('npm test with a path that no test has fails, and names it', async () => {
  const { code, err } = await run('test', 'test/nonesuch')
  expect(code).toBe(1)
  expect(err).toContain('Cannot run tests: no TypeScript test has "test/nonesuch" in its path')
})

test.each([
  ['bench/start.ts', ['--clon'], 'Did you mean --clone?'],
  ['bench/kernel.ts', ['idling'], 'Allowed choices are conversation, '],
  ['bench/kernel-step.ts', ['idling'], 'too many arguments'],
  ['bench/components.ts', ['--guest'], "unknown option '--guest'"],
])('%s %s is a wrong call, and measures nothing', async (file, args, expected) => {
  const { code, out, err } = await run(file, ...args)
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(expected)
})

test.each(['--help', 'names mint --help'])(
  'a reader who leaves early, as head does, is no failure of %s',
  async (line) => {
    const child = spawn('node', ['scripts/hyperware.ts', ...line.split(' ')], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    expect([code, err]).toEqual([0, ''])
  },
)
