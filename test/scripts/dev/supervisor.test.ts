import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  endLeftovers,
  openProcessList,
  processStart,
  type ProcessList,
  type ProcessMark,
} from '../../../scripts/dev/processes.ts'
import { supervise, type Child, type ChildPlan } from '../../../scripts/dev/supervisor.ts'
import { NetworkError } from '../../../scripts/errors.ts'

let dir: string
let listFile: string
let processes: ProcessList
let children: Child[]
let news: string[]
let problems: string[]
let orphans: number[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-supervisor-'))
  listFile = join(dir, 'processes.json')
  problems = []
  processes = openProcessList(listFile, (problem) => problems.push(problem))
  children = []
  news = []
  orphans = []
})

afterEach(async () => {
  for (const child of children) await child.stop(100)
  for (const pid of orphans) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

function run(code: string, plan: Partial<ChildPlan> = {}): Child {
  const child = supervise(
    {
      name: 'child',
      command: () => [process.execPath, '-e', code],
      env: {},
      cwd: dir,
      logFile: join(dir, 'child.log'),
      ...plan,
    },
    processes,
    ({ how, restartInMs, lastWords }) => news.push(`${how} ${restartInMs} ${lastWords}`),
  )
  children.push(child)
  return child
}

const WAIT = 'setInterval(() => {}, 1000)'
const isAlive = (pid: number) => processStart(pid) !== undefined
const readRecorded = () => JSON.parse(readFileSync(listFile, 'utf8')) as ProcessMark[]

async function pidOf(child: Child, not?: number): Promise<number> {
  await expect.poll(() => child.pid() !== undefined && child.pid() !== not).toBe(true)
  return child.pid() ?? 0
}

test('a list of processes that cannot be written is told of, and what runs goes on', async () => {
  rmSync(listFile)
  mkdirSync(listFile)
  const child = run(WAIT)
  const first = await pidOf(child)
  process.kill(first, 'SIGKILL')
  expect(isAlive(await pidOf(child, first))).toBe(true)
  expect(problems).toHaveLength(3)
  expect(problems[0]).toMatch(/^cannot note down what runs: E/)
})

test('a child that is killed is started again, and told of once', async () => {
  const child = run(WAIT)
  const first = await pidOf(child)
  process.kill(first, 'SIGKILL')
  const second = await pidOf(child, first)
  expect(isAlive(second)).toBe(true)
  expect(news).toEqual(['it was killed by SIGKILL 100 '])
})

test('a child that keeps failing is started again at growing intervals, with its last words', async () => {
  run('console.error(JSON.stringify({ log: 1 })); console.error("Cannot go on"); process.exit(7)')
  await expect.poll(() => news.length).toBeGreaterThanOrEqual(3)
  expect(news.slice(0, 3)).toEqual([
    'it ended with code 7 100 Cannot go on',
    'it ended with code 7 500 Cannot go on',
    'it ended with code 7 1000 Cannot go on',
  ])
})

test('a final exit code gives the child up, with its last words in the error', async () => {
  const child = run('console.error("Cannot boot: no key\\nHint: make one"); process.exit(3)', {
    isFinal: (code) => code === 3,
  })
  const error = await child.ended.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(NetworkError)
  expect((error as NetworkError).message).toBe(
    'Cannot keep child running: it ended with code 3; it said: Cannot boot: no key; Hint: make one',
  )
  expect((error as NetworkError).hint).toBe(`its log is ${join(dir, 'child.log')}`)
})

test('a start that could not be prepared is tried again', async () => {
  let tries = 0
  const child = run('', {
    command: () => {
      tries += 1
      if (tries === 1) throw new Error('the chain is away')
      return [process.execPath, '-e', WAIT]
    },
  })
  await pidOf(child)
  expect(news).toEqual(['it could not be prepared: the chain is away 100 '])
})

test('a program that does not exist gives the child up', async () => {
  const child = run('', { command: () => [join(dir, 'nothing-here')] })
  await expect(child.ended).rejects.toThrow('Cannot keep child running: it could not be run: ')
})

test('lines on standard output are handed over whole, and all output is in the log', async () => {
  const lines: string[] = []
  run(
    `process.stdout.write('one\\ntw'); setTimeout(() => process.stdout.write('o\\n'), 50); console.error('three'); ${WAIT}`,
    {
      onLine: (line) => lines.push(line),
    },
  )
  await expect.poll(() => lines).toEqual(['one', 'two'])
  const log = readFileSync(join(dir, 'child.log'), 'utf8')
  expect(log).toContain('three\n')
  expect(log.replace('three\n', '')).toBe('one\ntwo\n')
})

test('stopping ends a child in order, and one that does not listen after the grace', async () => {
  const orderly = run(
    `process.on('SIGTERM', () => { require('fs').writeFileSync('bye', ''); process.exit(0) }); console.log('up'); ${WAIT}`,
    {
      onLine: () => news.push('up'),
    },
  )
  await expect.poll(() => news.length).toBe(1)
  await orderly.stop(30_000)
  expect(existsSync(join(dir, 'bye'))).toBe(true)

  const deaf = run(`process.on('SIGTERM', () => {}); console.log('up'); ${WAIT}`, { onLine: () => news.push('up') })
  await expect.poll(() => news.length).toBe(2)
  const pid = deaf.pid() ?? 0
  await deaf.stop(100)
  expect(isAlive(pid)).toBe(false)
  expect(news).toEqual(['up', 'up'])
})

test('what a dead child had started dies with it', async () => {
  let grandchild = 0
  const child = run(
    `console.log(require('child_process').spawn(process.execPath, ['-e', '${WAIT}'], { stdio: 'ignore' }).pid); ${WAIT}`,
    { onLine: (line) => (grandchild = Number(line)) },
  )
  await expect.poll(() => grandchild).toBeGreaterThan(0)
  process.kill(await pidOf(child), 'SIGKILL')
  const first = grandchild
  await expect.poll(() => isAlive(first)).toBe(false)
})

test('the next run ends what a killed run left behind, and nothing else', async () => {
  const left = await pidOf(run(WAIT))
  const other = await pidOf(run(WAIT))
  // As if the id of a recorded process had gone to another one since.
  const recorded = readRecorded()
  const file = join(dir, 'recorded.json')
  const { writeFileAtomically } = await import('../../../scripts/dev/files.ts')
  const changed = recorded.map((mark) => ({ ...mark, startedAt: mark.pid === other ? '1' : mark.startedAt }))
  const gone = { ...recorded[0], name: 'gone', pid: 999_999_999 }
  writeFileAtomically(file, JSON.stringify([...changed, gone, 'garbage', null]))
  expect(await endLeftovers(file)).toEqual(['child'])
  expect(isAlive(left)).toBe(false)
  expect(isAlive(other)).toBe(true)
})

/** A process that lives on in the group of one that has ended, as daemons do and what a killed program had started. */
async function orphanedGroup(): Promise<{ pgid: number; orphan: number }> {
  const leave = `const { pid } = require('child_process').spawn(process.execPath, ['-e', '${WAIT}'], { stdio: 'ignore' });
    require('fs').writeSync(1, String(pid)); process.exit()`
  const leader = spawn(process.execPath, ['-e', leave], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  leader.stdout.on('data', (chunk) => (said += String(chunk)))
  await once(leader, 'close')
  const orphan = { pgid: leader.pid ?? 0, orphan: Number(said) }
  orphans.push(orphan.orphan)
  return orphan
}

test('a group whose leader has died is ended when this boot started it, and else is somebody else’s', async () => {
  await pidOf(run(WAIT))
  const { pgid, orphan } = await orphanedGroup()
  const [mark] = readRecorded()
  const file = join(dir, 'recorded.json')
  const left = { ...mark, name: 'left', pid: pgid, startedAt: '1' }
  writeFileSync(
    file,
    JSON.stringify([
      { ...left, boot: 'the boot before' },
      { ...left, boot: undefined },
    ]),
  )
  expect(await endLeftovers(file)).toEqual([])
  expect(isAlive(orphan)).toBe(true)
  writeFileSync(file, JSON.stringify([left]))
  expect(await endLeftovers(file)).toEqual(['left'])
  expect(isAlive(orphan)).toBe(false)
})

test.each(['EPERM', 'ESRCH'])('a group that cannot be told to end (%s) is passed over', async (code) => {
  const pid = await pidOf(run(WAIT))
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error(`kill ${code}`), { code })
  })
  try {
    expect(await endLeftovers(listFile)).toEqual([])
    expect(kill).toHaveBeenCalledExactlyOnceWith(-pid, 'SIGTERM')
  } finally {
    kill.mockRestore()
  }
})

test('a damaged or absent list names nothing to end', async () => {
  const { writeFileAtomically } = await import('../../../scripts/dev/files.ts')
  const file = join(dir, 'damaged.json')
  expect(await endLeftovers(file)).toEqual([])
  writeFileAtomically(file, '[{"pid"')
  expect(await endLeftovers(file)).toEqual([])
})
