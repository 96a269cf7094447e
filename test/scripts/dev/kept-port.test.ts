import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKeptPort } from '../../../scripts/dev/kept-port.ts'
import { isPortFree } from '../../../scripts/dev/ports.ts'
import { openProcessList } from '../../../scripts/dev/processes.ts'
import { supervise, type Child } from '../../../scripts/dev/supervisor.ts'
import { freePort } from '../../helpers/free-port.ts'

let dir: string
let stranger: Server | undefined
let child: Child | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-port-'))
})

afterEach(async () => {
  await child?.stop(100)
  await leave()
  rmSync(dir, { recursive: true, force: true })
})

async function take(port: number): Promise<void> {
  stranger = createServer().listen(port, '127.0.0.1')
  await once(stranger, 'listening')
}

async function leave(): Promise<void> {
  if (stranger?.listening !== true) return
  stranger.close()
  await once(stranger, 'close')
}

test('a port that another program takes is replaced while nobody relies on it', async () => {
  const port = await openKeptPort(await freePort(), new Set())
  const first = port.current()
  expect(await port.forStart()).toBe(first)
  await take(first)
  const second = await port.forStart()
  expect(second).toBeGreaterThan(first)
  expect(await isPortFree(second)).toBe(true)
  expect(port.current()).toBe(second)
})

test('a port that others rely on stays: a start that finds it taken is tried again, and says so', async () => {
  const port = await openKeptPort(await freePort(), new Set())
  const first = port.current()
  const ports: string[] = []
  const news: string[] = []
  child = supervise(
    {
      name: 'part',
      command: async () => {
        const program = 'console.log(process.argv[1]); setInterval(() => {}, 1000)'
        return [process.execPath, '-e', program, String(await port.forStart())]
      },
      env: {},
      cwd: dir,
      logFile: join(dir, 'part.log'),
      onLine: (line) => ports.push(line),
    },
    openProcessList(join(dir, 'processes.json'), () => undefined),
    ({ how, restartInMs }) => news.push(`${how}, ${restartInMs}`),
  )
  await expect.poll(() => ports).toEqual([String(first)])
  port.keep()
  await take(first)
  process.kill(child.pid() ?? 0, 'SIGKILL')
  await expect
    .poll(() => news.slice(0, 2))
    .toEqual([
      'it was killed by SIGKILL, 100',
      expect.stringMatching(
        `^it could not be prepared: Cannot listen on port ${first} again: another program has taken it`,
      ),
    ])
  expect(ports).toHaveLength(1)
  await leave()
  await expect.poll(() => ports).toEqual([String(first), String(first)])
})
