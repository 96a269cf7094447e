import { request as httpRequest } from 'node:http'
import { parseName } from '@hyperware/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { install, listProcesses, runLine, uninstall } from '../../../../node/index.ts'
import type { ProcessDiagnostics } from '../../../../node/kernel/diagnostics.ts'
import type { AppDeps } from '../../../../node/modules/http-server/app.ts'
import { type HttpServer, startHttpServer } from '../../../../node/modules/http-server/http-server.ts'
import { PACKAGE_MAX_BYTES } from '../../../../node/modules/packages/package-type.ts'
import { createLoginLimit } from '../../../../node/modules/http-server/login-limit.ts'
import { issueSession } from '../../../../node/modules/http-server/session.ts'
import { LineError } from '../../../../node/modules/http-server/terminal-line.ts'
import { InstallError, UninstallError } from '../../../../node/modules/packages/errors.ts'
import { collectLog } from '../../log-lines.ts'

/** What the page and the command line ask about processes, lines and packages. */

const NODE = parseName('alice-home.os')
const SECRET = new Uint8Array(32).fill(3)
const COOKIE = `hyperware-auth_${NODE}=${issueSession(SECRET, { node: NODE, nowMs: Date.now() })}`
const PROCESS: ProcessDiagnostics = {
  id: 'hello:hello:example.os',
  phase: 'running',
  public: false,
  onExit: 'restart',
  capabilities: 4,
  inbox: { messages: 0, bytes: 0 },
  received: 1,
  sent: 1,
  awaited: 0,
  attempts: 1,
  memoryMaxBytes: 134_217_728,
  usage: { cpuMs: 5, memoryBytes: 1_048_576 },
}

let server: HttpServer
let lines: string[]
let bundles: Uint8Array[]
let refuse: InstallError | undefined
let removed: string[]
let refuseRemoval: UninstallError | undefined

beforeEach(async () => {
  lines = []
  bundles = []
  refuse = undefined
  removed = []
  refuseRemoval = undefined
  const deps: AppDeps = {
    node: NODE,
    jwtSecret: SECRET,
    keyFile: new Uint8Array(0),
    openKeyFile: () => Promise.reject(new Error('nobody logs in here')),
    limit: createLoginLimit({ burst: 1, refillMs: 1_000, concurrent: 1 }),
    now: Date.now,
    log: collectLog().log,
    greeter: { greet: () => Promise.reject(new Error('nobody greets here')) },
    processes: () => Promise.resolve([PROCESS]),
    runLine: (line) => {
      lines.push(line)
      if (line !== 'wait') return Promise.resolve({ output: `ran ${line}`, failed: line === 'fail' })
      return Promise.reject(new LineError({ code: 'busy', waiting: 100 }, 'Cannot run line: 100 requests are waiting'))
    },
    install: (bundle) => {
      bundles.push(bundle)
      if (refuse !== undefined) return Promise.reject(refuse)
      return Promise.resolve({ package: 'hello:example.os', processes: [PROCESS.id], replaced: false })
    },
    uninstall: (id) => {
      removed.push(id)
      if (refuseRemoval !== undefined) return Promise.reject(refuseRemoval)
      return Promise.resolve({ package: id, processes: [PROCESS.id] })
    },
    status: () => {
      throw new Error('nobody looks at the node here')
    },
    files: new Map(),
  }
  server = await startHttpServer(deps, 0)
})

afterEach(() => server.stop())

function post(path: string, body: string | Uint8Array, headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: Buffer.from(body) })
}

const JSON_HEADERS = { 'content-type': 'application/json', cookie: COOKIE }
const ZIP_HEADERS = { 'content-type': 'application/zip', cookie: COOKIE }

describe('without a session', () => {
  test.each([
    ['GET', '/api/processes', undefined],
    ['POST', '/api/terminal', 'application/json'],
    ['POST', '/api/packages', 'application/zip'],
    ['POST', '/api/packages', 'application/json'],
    ['DELETE', '/api/packages/hello:example.os', undefined],
  ])('%s %s as %s is 401, and nothing is done', async (method, path, type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    const body = method === 'POST' ? '{"line":"help"}' : null
    const response = await fetch(`${server.url}${path}`, { method, headers, body })
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'login-required' }])
    expect([lines, bundles, removed]).toEqual([[], [], []])
  })
})

test('the processes are those of the kernel', async () => {
  expect(await listProcesses(server.url, COOKIE)).toEqual([PROCESS])
})

describe('a line', () => {
  test('gives what its script says, and whether it failed', async () => {
    expect(await runLine(server.url, COOKIE, 'help')).toEqual({ output: 'ran help', failed: false })
    expect(await runLine(server.url, COOKIE, 'fail')).toEqual({ output: 'ran fail', failed: true })
  })

  test.each([
    ['no JSON', '{', 'bad-line'],
    ['no line', '{}', 'bad-line'],
    ['a line that is no text', '{"line":7}', 'bad-line'],
  ])('is refused as %s', async (_, body, code) => {
    const response = await post('/api/terminal', body, JSON_HEADERS)
    expect([response.status, await response.json()]).toMatchObject([400, { code }])
    expect(lines).toEqual([])
  })

  test('that cannot be run now is 503', async () => {
    await expect(runLine(server.url, COOKIE, 'wait')).rejects.toMatchObject({
      problem: { code: 'node-refused', status: 503, reason: 'busy' },
    })
  })

  test('of more than 16 KiB is 413', async () => {
    const response = await post('/api/terminal', JSON.stringify({ line: 'x'.repeat(16_384) }), JSON_HEADERS)
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'body-too-long' }])
  })
})

describe('a package', () => {
  test('far longer than any other body is handed on as it is', async () => {
    const bundle = new Uint8Array(1_048_576).fill(7)
    expect(await install(server.url, COOKIE, bundle)).toEqual({
      package: 'hello:example.os',
      processes: [PROCESS.id],
      replaced: false,
    })
    expect(bundles.map((given) => Buffer.from(given).equals(bundle))).toEqual([true])
  })

  test.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'as a body of type "%s" is 415, since a page of another site could send that',
    async (type) => {
      const response = await post('/api/packages', 'PK', { cookie: COOKIE, 'content-type': type })
      expect([response.status, await response.json()]).toMatchObject([415, { code: 'content-type' }])
      expect(bundles).toEqual([])
    },
  )

  test('longer than 32 MiB is 413, also when its length is not said before', async () => {
    const declared = await statusOfUpload({ 'content-length': String(PACKAGE_MAX_BYTES + 1) }, 0)
    const streamed = await statusOfUpload({ 'transfer-encoding': 'chunked' }, PACKAGE_MAX_BYTES + 1)
    expect([declared, streamed]).toEqual([413, 413])
    expect(bundles).toEqual([])
  })

  test('that is refused says why', async () => {
    refuse = new InstallError({ code: 'package-protected', package: 'spy:sys' }, 'Cannot install spy:sys: it is not')
    await expect(install(server.url, COOKIE, new Uint8Array(1))).rejects.toMatchObject({
      message: 'Cannot install spy:sys: it is not',
      problem: { status: 403, reason: 'package-protected' },
    })
    refuse = new InstallError({ code: 'installing-already' }, 'Cannot install package: another one is')
    expect((await post('/api/packages', 'PK', ZIP_HEADERS)).status).toBe(503)
    const full = { code: 'drive-unwritable', package: 'hello:example.os', reason: 'ENOSPC' } as const
    refuse = new InstallError(full, 'Cannot install hello:example.os: its files cannot be written: ENOSPC')
    expect((await post('/api/packages', 'PK', ZIP_HEADERS)).status).toBe(507)
  })
})

describe('an uninstall', () => {
  test('names the package as it is asked to, and says what was ended', async () => {
    expect(await uninstall(server.url, COOKIE, 'hello:example.os')).toEqual({
      package: 'hello:example.os',
      processes: [PROCESS.id],
    })
    expect(removed).toEqual(['hello:example.os'])
    await uninstall(server.url, COOKIE, '../hello:é')
    expect(removed).toEqual(['hello:example.os', '../hello:é'])
  })

  test.each<[UninstallError['problem'], number]>([
    [{ code: 'bad-package-id', package: 'hello' }, 400],
    [{ code: 'package-protected', package: 'terminal:sys' }, 403],
    [{ code: 'package-unknown', package: 'hello:example.os' }, 404],
    [{ code: 'kernel-refused', process: PROCESS.id, reason: 'timeout' }, 502],
    [{ code: 'installing-already' }, 503],
    [{ code: 'processes-left', package: 'hello:example.os', processes: [] }, 503],
    [{ code: 'intent-unwritable', package: 'hello:example.os', reason: 'ENOSPC' }, 507],
  ])('that is refused as %o says why', async (problem, status) => {
    refuseRemoval = new UninstallError(problem, 'Cannot uninstall hello: it is not so')
    await expect(uninstall(server.url, COOKIE, 'hello')).rejects.toMatchObject({
      message: 'Cannot uninstall hello: it is not so',
      problem: { status, reason: problem.code },
    })
  })
})

/** Uploads so many zero bytes, and resolves with the status as soon as there is one. */
function statusOfUpload(headers: Record<string, string>, sizeBytes: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...ZIP_HEADERS, ...headers } }
    const request = httpRequest(`${server.url}/api/packages`, options, (response) => {
      response.resume()
      resolve(response.statusCode)
      request.destroy()
    })
    request.on('error', reject)
    request.flushHeaders()
    if (sizeBytes > 0) request.end(Buffer.alloc(sizeBytes))
  })
}
