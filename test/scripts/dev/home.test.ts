import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { homePaths, lockHome } from '../../../scripts/dev/home.ts'
import { openLogFile } from '../../../scripts/dev/log-file.ts'
import { getRunningNetwork, writeNetworkFile, type NetworkDescription } from '../../../scripts/dev/network-file.ts'
import { isPortFree, takeFreePort } from '../../../scripts/dev/ports.ts'
import { NetworkError } from '../../../scripts/errors.ts'
import { freePort } from '../../helpers/free-port.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hyperware-home-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

function problemOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

const LOCK_MODULE = new URL('../../../scripts/dev/home.ts', import.meta.url).href

/** Another process that takes the home and keeps it. */
async function lockElsewhere(home: string) {
  const code = `const { lockHome } = await import(${JSON.stringify(LOCK_MODULE)}); globalThis.lock = lockHome(${JSON.stringify(home)}); console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

describe('a home', () => {
  test('belongs to one process, whose id a second one is told', async () => {
    const other = await lockElsewhere(dir)
    const error = problemOf(() => lockHome(dir)) as NetworkError
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.problem).toEqual({ code: 'home-in-use', home: dir, pid: other.pid })
    expect(error.message).toBe(`Cannot use "${dir}": process ${other.pid} is running a network there`)
    const gone = new Promise((resolve) => other.once('exit', resolve))
    other.kill('SIGKILL')
    await gone
    lockHome(dir).release() // nothing of a killed process stands in the way
  })

  test('can be taken again once it was released', () => {
    lockHome(dir).release()
    lockHome(dir).release()
  })

  test('that is a file cannot be used', () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect((problemOf(() => lockHome(file)) as NetworkError).code).toBe('home-unusable')
  })
})

describe('the description of a network', () => {
  const description: NetworkDescription = {
    ready: true,
    chain: { chainId: 31337, rpcUrl: 'http://127.0.0.1:8545' },
    graphql: 'http://127.0.0.1:42069/graphql',
    nodes: [{ name: 'alice-home.os', url: 'http://127.0.0.1:8080', password: 'secret', home: '/somewhere' }],
  }

  test('is found while its process runs, and is readable by its owner only', () => {
    writeNetworkFile(dir, description)
    expect(getRunningNetwork(dir)).toMatchObject(description)
    expect(statSync(homePaths(dir).network).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['of a process that ended', (text: string) => text.replace(/"startedAt": ".*"/, '"startedAt": "1"')],
    ['that lacks a field', (text: string) => text.replace('"graphql"', '"grafql"')],
    ['with a node that lacks a field', (text: string) => text.replace('"password"', '"passwort"')],
    ['that is cut off', (text: string) => text.slice(0, 50)],
  ])('%s counts as none', (_case, change) => {
    writeNetworkFile(dir, description)
    const file = homePaths(dir).network
    writeFileSync(file, change(readFileSync(file, 'utf8')))
    expect((problemOf(() => getRunningNetwork(dir)) as NetworkError).code).toBe('not-running')
  })
})

describe('ports', () => {
  const listen = (port: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer().listen(port, '127.0.0.1', () => resolve(server))
    })

  test('that are listened on, or were given out, are passed over', async () => {
    const free = await takeFreePort(await freePort(), new Set())
    const server = await listen(free)
    const taken = new Set<number>()
    expect(await isPortFree(free)).toBe(false)
    const next = await takeFreePort(free, taken)
    expect(next).toBeGreaterThan(free)
    expect(await takeFreePort(free, taken)).toBeGreaterThan(next)
    await new Promise((resolve) => server.close(resolve))
    expect(await isPortFree(free)).toBe(true)
  })

  test('that are all given out end in an error', async () => {
    const taken = new Set(Array.from({ length: 300 }, (_, index) => 25_000 + index))
    await expect(takeFreePort(25_000, taken)).rejects.toThrow('Cannot find a free port: 200 from 25000 on are taken')
  })
})

test('a log begins anew at its bound, and keeps the one before', () => {
  const file = join(dir, 'logs', 'part.log')
  const log = openLogFile(file, 10)
  for (const chunk of ['12345', '67890', 'abcde', 'fghij', 'k']) log.write(chunk)
  log.close()
  log.write('after the end')
  expect(readFileSync(file, 'utf8')).toBe('k')
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('abcdefghij')
  const again = openLogFile(file, 10)
  again.write('l')
  again.close()
  expect(readFileSync(file, 'utf8')).toBe('kl')
})

test('a log that cannot be written loses lines, says so once it can, and never throws', () => {
  const file = join(dir, 'part.log')
  mkdirSync(join(`${file}.1`, 'in the way'), { recursive: true })
  const log = openLogFile(file, 5)
  for (const chunk of ['12345', 'lost', 'too']) log.write(chunk)
  expect(readFileSync(file, 'utf8')).toBe('12345')
  rmSync(`${file}.1`, { recursive: true })
  log.write('kept')
  log.close()
  expect(readFileSync(file, 'utf8')).toBe('\n7 bytes of this log could not be written\nkept')
})
