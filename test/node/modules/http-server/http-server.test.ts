import { createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { type KernelMessage, parseName } from '@hyperware/protocol'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createKeyFile,
  greet,
  hashPassword,
  login,
  NodeClientError,
  openKeyFile,
  type PasswordHash,
} from '../../../../node/index.ts'
import type { AppDeps } from '../../../../node/modules/http-server/app.ts'
import { type Asker, createAsker } from '../../../../node/modules/http-server/asker.ts'
import { createGreeter } from '../../../../node/modules/http-server/greeting.ts'
import { type HttpServer, startHttpServer } from '../../../../node/modules/http-server/http-server.ts'
import { createLoginLimit } from '../../../../node/modules/http-server/login-limit.ts'
import { runLine } from '../../../../node/modules/http-server/terminal-line.ts'
import { issueSession, SESSION_SECONDS } from '../../../../node/modules/http-server/session.ts'
import { until } from '../../../helpers/until.ts'
import { collectLog, type LogLine } from '../../log-lines.ts'

const NODE = parseName('alice-home.os')
const PASSWORD = 'a password of alice'
const SECRET = new Uint8Array(32).fill(9)

let keyFile: Uint8Array
let passwordHash: PasswordHash
let deps: AppDeps
let server: HttpServer
let asker: Asker
let sent: KernelMessage[]
let lines: LogLine[]
let nowMs: number

beforeAll(async () => {
  keyFile = (await createKeyFile({ name: NODE, routers: [], password: PASSWORD })).bytes
  passwordHash = await hashPassword(NODE, PASSWORD)
})

beforeEach(async () => {
  sent = []
  nowMs = 1_790_000_000_000
  const collected = collectLog()
  lines = collected.lines
  let id = 0n
  asker = createAsker({ ourName: NODE, send: (message) => sent.push(message) > 0, randomId: () => (id += 1n) })
  const greeter = createGreeter({ ourName: NODE, asker, knows: (node) => node !== 'unknown.os', now: () => nowMs })
  deps = {
    node: NODE,
    jwtSecret: SECRET,
    keyFile,
    openKeyFile: (hash) => openKeyFile(keyFile, hash),
    limit: createLoginLimit({ burst: 3, refillMs: 6_000, concurrent: 2 }),
    now: () => nowMs,
    log: collected.log,
    greeter,
    processes: () => Promise.resolve([]),
    install: () => Promise.reject(new Error('nothing is installed in this test')),
    uninstall: () => Promise.reject(new Error('nothing is installed in this test')),
    runLine: (line) => runLine({ ourName: NODE, asker }, line),
    status: () => ({
      name: NODE,
      netKey: '0x01',
      routing: { kind: 'indirect', routers: [] },
      nowMs,
      peers: [],
      known: { count: 0, names: [] },
      view: { block: null, chainId: 31_337, ageMs: null, source: 'none' },
      warnings: [],
    }),
    files: new Map([['/assets/style.css', { type: 'text/css', content: 'body{}' }]]),
  }
  server = await startHttpServer(deps, 0)
})

afterEach(() => server.stop())

const JSON_TYPE = { 'content-type': 'application/json' }

function post(path: string, body: unknown, headers: Record<string, string> = JSON_TYPE): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: text, redirect: 'manual' })
}

function session(change: Partial<{ node: string; secret: Uint8Array; nowMs: number }> = {}): Record<string, string> {
  const { node = NODE, secret = SECRET, nowMs: at = nowMs } = change
  return { ...JSON_TYPE, cookie: `hyperware-auth_${NODE}=${issueSession(secret, { node, nowMs: at })}` }
}

/** Lets the kernel's answer to the request sent last arrive. */
function answer(text: string): void {
  const request = sent.at(-1)
  if (!request) throw new Error('nothing was sent')
  const message = {
    kind: 'response' as const,
    inherit: false,
    body: new TextEncoder().encode(text),
    metadata: undefined,
    capabilities: [],
    context: undefined,
  }
  const { id, source, target } = request
  asker.inbox({
    kind: 'message',
    message: { id, source: target, target: source, rsvp: undefined, message, blob: undefined },
  })
}

const whenSent = (): Promise<void> => until(() => sent.length > 0, 'a request to the kernel')

describe('login', () => {
  test('answers the key file and a cookie that lasts 26 weeks and that scripts and other sites cannot use', async () => {
    const response = await post('/login', { password_hash: passwordHash, subdomain: '' })
    expect(response.status).toBe(200)
    expect(await response.json()).toBe(Buffer.from(keyFile).toString('base64'))
    const cookie = response.headers.get('set-cookie') ?? ''
    const [pair, ...attributes] = cookie.split('; ')
    expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${SESSION_SECONDS}`])
    const [header, claims, signature] = pair?.replace(`hyperware-auth_${NODE}=`, '').split('.') ?? []
    expect(Buffer.from(header ?? '', 'base64url').toString()).toBe('{"alg":"HS256"}')
    const expiration = nowMs / 1_000 + 26 * 7 * 86_400
    expect(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())).toEqual({
      username: NODE,
      subdomain: null,
      expiration,
    })
    expect(signature).toBe(createHmac('sha256', SECRET).update(`${header}.${claims}`).digest('base64url'))
  })

  test('with a wrong password answers 401 and no cookie, and logs no hash', async () => {
    const wrong = await hashPassword(NODE, 'wrong')
    const response = await post('/login', { password_hash: wrong, subdomain: null })
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null])
    expect(await response.json()).toEqual({ code: 'wrong-password', message: 'Cannot log in: the password is wrong' })
    expect(lines).toEqual([{ level: 'warn', event: 'login-refused', fields: {} }])
  })

  test('goes to a path of this node when asked to, and to no other place', async () => {
    const body = { password_hash: passwordHash }
    const there = await post('/login?redirect=/chat', body)
    expect([there.status, there.headers.get('location')]).toEqual([303, '/chat'])
    for (const elsewhere of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a b']) {
      const stays = await post(`/login?redirect=${encodeURIComponent(elsewhere)}`, body)
      expect([stays.status, stays.headers.get('location')]).toEqual([200, null])
    }
  })

  test('with wrong passwords is slowed down, and says for how long; time brings attempts back', async () => {
    const wrong = { password_hash: `0x${'0'.repeat(64)}` }
    const statuses = []
    for (let attempt = 0; attempt < 4; attempt += 1) statuses.push((await post('/login', wrong)).status)
    expect(statuses).toEqual([401, 401, 401, 429])
    const refused = await post('/login', { password_hash: passwordHash })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '6'])
    nowMs += 6_000
    expect((await post('/login', { password_hash: passwordHash })).status).toBe(200)
  })

  test('with the right password does not use attempts up', async () => {
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expect((await post('/login', { password_hash: passwordHash })).status).toBe(200)
    }
  })

  test.each([
    ['no JSON', 'hello', 400, 'bad-login'],
    ['a list', [], 400, 'bad-login'],
    ['the password itself', { password_hash: PASSWORD }, 400, 'bad-login'],
    ['a hash in capitals', { password_hash: `0x${'A'.repeat(64)}` }, 400, 'bad-login'],
    [
      'a subdomain of no process',
      { password_hash: `0x${'0'.repeat(64)}`, subdomain: 'chat' },
      400,
      'subdomain-unknown',
    ],
    ['17 KiB', { password_hash: 'x'.repeat(17 * 1_024) }, 413, 'body-too-long'],
  ])('with %s is refused before any key is derived', async (_, body, status, code) => {
    const response = await post('/login', body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
  })
})

describe('a session', () => {
  test('opens the home page and the API', async () => {
    const page = await fetch(`${server.url}/`, { headers: session() })
    expect(await page.text()).toContain('<h2 id="greet-title">Greet a node</h2>')
    const answer = await fetch(`${server.url}/api/node`, { headers: session() })
    expect(await answer.json()).toMatchObject({ name: NODE, view: { source: 'none' } })
  })

  test.each<[string, () => Record<string, string>]>([
    ['is missing', () => JSON_TYPE],
    ['was signed with another secret', () => session({ secret: new Uint8Array(32) })],
    ['is of another node', () => session({ node: 'mallory.os' })],
    ['has expired', () => session({ nowMs: nowMs - SESSION_SECONDS * 1_000 })],
    ['was cut short', () => ({ cookie: session()['cookie']?.slice(0, -1) ?? '' })],
    ['claims to need no signature', () => ({ cookie: `hyperware-auth_${NODE}=${unsigned()}` })],
  ])('that %s shows the login page, and 401 from the API', async (_, headers) => {
    const page = await fetch(`${server.url}/`, { headers: headers() })
    expect([page.status, (await page.text()).includes('type="password"')]).toEqual([200, true])
    for (const path of ['/api/node', '/api/anything']) {
      const response = await fetch(`${server.url}${path}`, { headers: headers() })
      expect([response.status, await response.json()]).toMatchObject([401, { code: 'login-required' }])
    }
    expect((await post('/api/hi', { node: 'bob.os' }, { ...JSON_TYPE, ...headers() })).status).toBe(401)
    expect(sent).toEqual([])
  })

  test('ends with the cookie that logging out takes away', async () => {
    const response = await post('/logout', {}, session())
    expect(response.headers.get('set-cookie')).toContain(
      `hyperware-auth_${NODE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`,
    )
  })
})

describe('greeting', () => {
  test('goes through the kernel as a request to the net module of the other node, and shows its answer', async () => {
    const response = post('/api/hi', { node: 'bob.os' }, session())
    await whenSent()
    const [request] = sent
    expect(request).toMatchObject({
      source: { node: NODE, process: { process: 'http-server' } },
      target: { node: 'bob.os', process: { process: 'net', package: 'distro', publisher: 'sys' } },
      rsvp: { node: NODE, process: { process: 'http-server' } },
      message: { kind: 'request', expectsResponse: 10n },
    })
    expect(new TextDecoder().decode(request?.message.body)).toBe('hello from alice-home.os')
    nowMs += 12
    answer('ack')
    expect(await (await response).json()).toEqual({ answer: 'ack', durationMs: 12 })
  })

  test('may be one to the node itself, whether or not it knows itself by now', async () => {
    const greeter = createGreeter({ ourName: NODE, asker, knows: () => false, now: () => nowMs })
    const greeted = greeter.greet({ node: NODE, text: 'me' })
    await whenSent()
    expect(sent[0]?.target).toMatchObject({ node: NODE, process: { process: 'net' } })
    answer('ack')
    expect(await greeted).toEqual({ answer: 'ack', durationMs: 0 })
  })

  test.each([
    ['a name in capitals', { node: 'Bob.os' }, 400, 'bad-name'],
    ['no name', {}, 400, 'bad-greeting'],
    ['a number', { node: 7 }, 400, 'bad-greeting'],
    ['a text that is none', { node: 'bob.os', text: 7 }, 400, 'bad-greeting'],
    ['a long text', { node: 'bob.os', text: 'x'.repeat(4_097) }, 400, 'text-too-long'],
    ['a name nobody has', { node: 'unknown.os' }, 404, 'unknown-name'],
  ])('%s is refused without sending anything', async (_, body, status, code) => {
    const response = await post('/api/hi', body, session())
    expect([response.status, await response.json()]).toMatchObject([status, { code }])
    expect(sent).toEqual([])
  })

  test.each([
    ['offline' as const, 502, 'Cannot greet "bob.os": it is offline: refused'],
    ['timeout' as const, 504, 'Cannot greet "bob.os": refused (10 s)'],
  ])('a node that is %s is reported with its reason and a hint', async (kind, status, message) => {
    const response = post('/api/hi', { node: 'bob.os' }, session())
    await whenSent()
    const [request] = sent
    if (request) asker.inbox({ kind: 'send-error', error: { kind, message: request, reason: 'refused' } })
    const refused = await response
    expect([refused.status, await refused.json()]).toMatchObject([
      status,
      { code: kind, message, hint: expect.any(String) },
    ])
  })

  test('is possible for so many at a time and no more', async () => {
    const waiting = Array.from({ length: 100 }, () => deps.greeter.greet({ node: 'bob.os', text: undefined }))
    const busy = await deps.greeter.greet({ node: 'bob.os', text: undefined }).catch((error: unknown) => error)
    expect(busy).toMatchObject({ code: 'busy' })
    for (const message of sent) asker.inbox({ kind: 'send-error', error: { kind: 'offline', message, reason: 'gone' } })
    expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true)
  })
})

describe('every answer', () => {
  test.each(['/', '/login', '/api/node', '/assets/style.css', '/nowhere'])(
    'of %s forbids foreign content and framing',
    async (path) => {
      const { headers } = await fetch(`${server.url}${path}`)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
    },
  )

  test.each([
    ['localhost:8080', 200],
    ['127.0.0.1', 200],
    ['[::1]:8080', 200],
    ['chat-template-os.localhost:8080', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8080', 421],
  ])('for host %s is %i', async (host, status) => {
    expect(await statusForHost(host)).toBe(status)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'to a body of type %s is 415, since a form of another site could send that',
    async (type) => {
      const headers = { ...session(), 'content-type': type }
      expect((await post('/api/hi', '{"node":"bob.os"}', headers)).status).toBe(415)
      expect(sent).toEqual([])
    },
  )

  test('to a path nobody serves is 404', async () => {
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(404)
    expect((await fetch(`${server.url}/api/nowhere`, { headers: session() })).status).toBe(404)
  })
})

describe('the client', () => {
  test('logs in with the plain password and greets', async () => {
    const { name, cookie } = await login(server.url, PASSWORD)
    expect(name).toBe(NODE)
    const greeting = greet(server.url, cookie, 'bob.os', 'good morning')
    await whenSent()
    answer('ack')
    expect(await greeting).toMatchObject({ answer: 'ack' })
    expect(new TextDecoder().decode(sent[0]?.message.body)).toBe('good morning')
  })

  test('passes on why the node refused', async () => {
    const error: unknown = await login(server.url, 'wrong').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NodeClientError)
    expect(error).toMatchObject({ problem: { code: 'node-refused', status: 401, reason: 'wrong-password' } })
    const { cookie } = await login(server.url, PASSWORD)
    await expect(greet(server.url, cookie, 'unknown.os')).rejects.toThrow(
      'Cannot greet "unknown.os": no node of this name is known',
    )
  })

  test('says when nothing answers', async () => {
    await server.stop()
    await expect(login(server.url, PASSWORD)).rejects.toMatchObject({ code: 'node-unreachable' })
  })
})

test('a taken port is named', async () => {
  const port = Number(new URL(server.url).port)
  await expect(startHttpServer(deps, port)).rejects.toThrow(
    `Cannot serve HTTP on 127.0.0.1:${port}: the port is taken or not allowed`,
  )
})

function unsigned(): string {
  const claims = encodePart({ username: NODE, subdomain: null, expiration: 9e9 })
  return `${encodePart({ alg: 'none' })}.${claims}.${'A'.repeat(43)}`
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function statusForHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${server.url}/login`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject).end()
  })
}
