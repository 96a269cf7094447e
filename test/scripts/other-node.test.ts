import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../scripts/cli/program.ts'

const dir = mkdtempSync(join(tmpdir(), 'hyperware-other-'))
let server: Server
/** What the node was asked, and what it says to each path. */
let asked: string[]
let says: Record<string, unknown>
let status: number

beforeEach(async () => {
  asked = []
  says = {}
  status = 200
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.startsWith('/api/')) response.statusCode = status
    if (request.url === '/login') response.setHeader('set-cookie', 'hyperware-auth_robin-home.os=x.y.z; Path=/')
    response.end(request.url === '/our' ? 'robin-home.os' : JSON.stringify(says[request.url ?? ''] ?? 'x'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  writeFileSync(join(dir, 'password'), 'a password\n')
})

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
})

afterAll(() => rmSync(dir, { recursive: true }))

/** Runs a command at the node of the test, which is robin-home.os. */
async function run(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const at = ['--url', url, '--password-file', join(dir, 'password')]
  const [command = '', ...rest] = args
  const code = await runCommandLine([command, ...at, ...rest], io)
  return { code, out: out.join('\n'), err: err.join('\n').replace(url, 'its page') }
}

describe('a node elsewhere', () => {
  test.each([
    ['uninstall', 'alice-home.os', 'hello:example.os'],
    ['run', 'alice-home.os', 'help'],
    ['top', 'alice-home.os', '--once'],
    ['hi', '--from', 'alice-home.os', 'carol-home.os'],
  ])('with another name than the one given is left alone by %s, and no password goes there', async (...args) => {
    expect(await run(...args)).toEqual({
      code: 1,
      out: '',
      err: 'Cannot ask the node at "its page": it is robin-home.os, expected alice-home.os',
    })
    expect(asked).toEqual(['GET /our'])
  })

  test('is spoken to by its name, or by none', async () => {
    says = { '/api/hi': { answer: 'ack', durationMs: 1 } }
    expect(await run('hi', 'carol-home.os')).toMatchObject({ code: 0, out: 'ack' })
    expect(await run('hi', '--from', 'robin-home.os', 'carol-home.os')).toMatchObject({ code: 0, out: 'ack' })
  })
})

describe('what others wrote', () => {
  const HOSTILE = 'a\u001b[2J\u001b]52;c;eA==\u0007\u009b1Ab\r\nc'

  test('is shown without what would move the cursor or speak to the terminal', async () => {
    says = {
      '/api/hi': { answer: HOSTILE, durationMs: 1 },
      '/api/terminal': { output: HOSTILE, failed: false },
    }
    expect((await run('hi', 'carol-home.os')).out).toBe('a[2J]52;c;eA==1Ab\nc')
    expect((await run('run', 'robin-home.os', 'cat', '/x')).out).toBe('a[2J]52;c;eA==1Ab\nc')
    expect(JSON.parse((await run('run', '--json', 'robin-home.os', 'cat')).out)).toMatchObject({ output: HOSTILE })
  })

  test('is shown so when it says why it refuses, and in what it says of packages and processes', async () => {
    const process = { id: HOSTILE, inbox: {}, onExit: 'none', phase: 'ready' }
    says = {
      '/api/processes': { processes: [process] },
      '/api/packages/hello%3Aexample.os': { package: HOSTILE, processes: [HOSTILE] },
      '/api/hi': { code: 'offline', message: `Cannot greet: ${HOSTILE}`, hint: HOSTILE },
    }
    const shown = 'a[2J]52;c;eA==1Ab\nc'
    expect((await run('top', '--once')).out).toContain(shown)
    const gone = await run('uninstall', 'robin-home.os', 'hello:example.os')
    expect(gone.out).toBe(`uninstalled ${shown} from robin-home.os: ended ${shown}`)
    status = 400
    expect(await run('hi', 'carol-home.os')).toEqual({
      code: 1,
      out: '',
      err: `Cannot greet: ${shown}\nHint: ${shown}`,
    })
  })

  test('is what an owner agrees to, before which it is shown whatever else is printed', async () => {
    const manifest = [
      {
        process_name: 'hello',
        process_wasm_path: '/hello.wasm',
        on_exit: 'None',
        request_networking: false,
        request_capabilities: [
          { process: 'vfs:distro:sys', params: { root: true } },
          'a:b:c\u001b[1A\u001b[2K\n',
          { process: 'a:b:d', params: '\u009b\u202e' },
        ],
        grant_capabilities: [],
        public: false,
      },
    ]
    const file = join(dir, 'hello:example.os.zip')
    writeFileSync(file, zipSync({ 'manifest.json': Buffer.from(JSON.stringify(manifest)) }))
    for (const more of [[], ['--json']]) {
      const { code, err } = await run('install', 'robin-home.os', file, ...more)
      expect(code).toBe(3)
      expect(err.split('\n')).toEqual([
        'hello:hello:example.os',
        '  reads and writes its own files in /hello:example.os',
        '  may use vfs:distro:sys with the right {"root":true}',
        String.raw`  may message a:b:c\u001b[1A\u001b[2K\u000a`,
        String.raw`  may use a:b:d with the right "\u009b\u202e"`,
        'Cannot install hello:example.os: not confirmed',
        expect.stringMatching(/^Hint: /),
      ])
    }
  })
})
