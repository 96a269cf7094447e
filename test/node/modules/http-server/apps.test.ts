import { connect } from 'node:net'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../../helpers/until.ts'
import { isPlainPath } from '../../../../node/modules/http-server/apps.ts'
import { OUR_NAME } from '../../kernel/kernel-fixture.ts'
import { act, bind, cookie, echo, openWeb, type Web } from './served.ts'

const MAIN = 'main:app:pub.os'
const HOST = 'app-pub-os.localhost'
const PAGE = { 'sec-fetch-mode': 'navigate' }

let web: Web

beforeEach(async () => {
  web = await openWeb()
})
afterEach(() => web.stop())

describe('a bound path', () => {
  test('brings its requests to the process, and its answers back', async () => {
    await web.launch(MAIN, echo([bind('/messages/:id')]))
    const got = await web.get('/main:app:pub.os/messages/7?a=1&b=x%20y', {
      method: 'POST',
      body: 'hello',
      headers: { 'X-Twice': ['1', '2'], cookie: `${cookie()}; theme=dark` },
    })
    expect(got.status).toBe(200)
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'x-of-app': '1' })
    expect(JSON.parse(got.body)).toEqual({
      Http: {
        source_socket_addr: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        method: 'POST',
        url: 'http://localhost/main:app:pub.os/messages/7',
        bound_path: '/main:app:pub.os/messages/:id',
        headers: expect.objectContaining({
          host: `localhost:${web.port}`,
          'x-twice': '2',
          cookie: 'theme=dark',
        }) as object,
        url_params: { id: '7' },
        query_params: { a: '1', b: 'x y' },
      },
      body: 'hello',
    })
  })

  test('catches what is below it only when it is the root', async () => {
    await web.launch(MAIN, echo([bind('/'), bind('/a')]))
    for (const path of ['', '/', '/x/y']) {
      const { body } = await web.get(`/main:app:pub.os${path}`)
      expect(JSON.parse(body)).toMatchObject({ Http: { bound_path: '/main:app:pub.os' } })
    }
    await web.launch('other:app:pub.os', echo([bind('/a')]))
    expect((await web.get('/other:app:pub.os/a/b')).status).toBe(404)
    expect((await web.get('/nobody:app:pub.os')).status).toBe(404)
  })

  test('that was unbound is 404, even below a root', async () => {
    await web.launch(MAIN, echo([bind('/'), bind('/a'), { Unbind: { path: '/a' } }]))
    expect((await web.get('/main:app:pub.os/a')).status).toBe(404)
    expect((await web.get('/main:app:pub.os/b')).status).toBe(200)
  })

  test('with content is answered by the node, and only to be read', async () => {
    const asked: string[] = []
    await web.launch(MAIN, async (guest) => {
      await act(guest, bind('/page', { cache: true }), { mime: 'text/html', text: '<p>hi' })
      await act(guest, bind('/plain', { cache: true }), { text: 'plain' })
      for (;;) {
        await guest.receive()
        asked.push('asked')
        await guest.respond({ body: '{"status":405,"headers":{}}' })
      }
    })
    expect(await web.get('/main:app:pub.os/page')).toMatchObject({
      status: 200,
      body: '<p>hi',
      headers: { 'content-type': 'text/html' },
    })
    expect((await web.get('/main:app:pub.os/plain')).headers['content-type']).toBe('text/plain')
    expect(asked).toEqual([])
    expect((await web.get('/main:app:pub.os/page', { method: 'POST' })).status).toBe(405)
    expect(asked).toEqual(['asked'])
  })

  test('for this machine only is refused, since the node exposes none', async () => {
    await web.launch(MAIN, echo([bind('/', { local_only: true })]))
    expect((await web.get('/main:app:pub.os')).status).toBe(403)
    expect((await web.get('/rpc:distro:sys/message', { method: 'POST', body: '{}' })).status).toBe(403)
  })

  test('of a process that never answers is 408 when its time is over, and of one that is gone at once', async () => {
    await web.launch(MAIN, async (guest) => {
      await act(guest, bind('/'))
      for (;;) await guest.receive()
    })
    await web.launch('gone:app:pub.os', async (guest) => void (await act(guest, bind('/'))))
    expect((await web.get('/gone:app:pub.os')).status).toBe(408)
    const startedMs = performance.now()
    const headers = { 'X-Hyperware-Http-Server-Timeout': '1' }
    expect((await web.get('/main:app:pub.os', { headers })).status).toBe(408)
    expect(performance.now() - startedMs).toBeGreaterThan(990)
  })

  test('of a package that lets too many wait is 503, and others are served', async () => {
    for (const id of [MAIN, 'second:app:pub.os']) {
      await web.launch(id, async (guest) => {
        await act(guest, bind('/'))
        for (;;) await guest.receive()
      })
    }
    await web.launch('main:other:pub.os', echo([bind('/')]))
    const statuses: number[] = []
    const headers = { 'X-Hyperware-Http-Server-Timeout': '20' }
    for (let request = 0; request < 40; request += 1) {
      void web.get(`/${request % 2 === 0 ? MAIN : 'second:app:pub.os'}`, { headers }).then(
        ({ status }) => statuses.push(status),
        () => undefined, // still waited when the server was stopped
      )
    }
    await until(() => statuses.length === 8, 'those that are too many to be refused')
    expect(new Set(statuses)).toEqual(new Set([503]))
    expect((await web.get('/main:other:pub.os')).status).toBe(200)
  })

  test.each([
    ['nothing', ''],
    ['bad JSON', '{"status":'],
    ['no headers', '{"status":200}'],
    ['a status of 99', '{"status":99,"headers":{}}'],
    ['a status of 101', '{"status":101,"headers":{}}'],
    ['a status of 999', '{"status":999,"headers":{}}'],
  ])('of a process that answers %s is 500', async (_, body) => {
    await web.launch(MAIN, echo([bind('/')], { body }))
    expect((await web.get('/main:app:pub.os')).status).toBe(500)
  })

  test('cannot split its answer, frame it, or touch the session of the node', async () => {
    const headers = {
      'X-Split': 'a\r\nSet-Cookie: x=y',
      'bad name': '1',
      'Content-Length': '1',
      'Transfer-Encoding': 'chunked',
      Connection: 'upgrade',
      'Set-Cookie': `hyperware-auth_${OUR_NAME}=stolen`,
      'X-Good': 'yes',
    }
    await web.launch(MAIN, echo([bind('/')], { body: JSON.stringify({ status: 200, headers }), blob: 'whole' }))
    for (const host of ['localhost', HOST]) {
      const got = await web.get('/main:app:pub.os', { host })
      expect(got).toMatchObject({ status: 200, body: 'whole', headers: { 'x-good': 'yes', 'content-length': '5' } })
      expect(got.headers['set-cookie']).toBeUndefined()
      expect(got.headers['x-split']).toBeUndefined()
    }
  })

  test('takes no body beyond 32 MiB and no headers beyond what the server reads', async () => {
    await web.launch(MAIN, echo([bind('/')], { blob: 'ok' }))
    // The rest is announced only: whoever still writes when the server hangs up does not come to read its answer.
    const headers = { 'content-length': String(40 * 1_024 * 1_024), connection: 'close' }
    const body = new Uint8Array(32 * 1_024 * 1_024 + 1)
    const long = await web.get('/main:app:pub.os', { method: 'POST', headers, body })
    expect(long.status).toBe(413)
    expect((await web.get('/main:app:pub.os', { headers: { 'x-long': 'x'.repeat(60_000) } })).status).toBe(431)
    expect((await web.get('/main:app:pub.os')).body).toBe('ok')
  })
})

describe('a path that asks for a login', () => {
  const ASKING = [bind('/', { authenticated: true })]

  test('shows the login page without one, and is served with one', async () => {
    await web.launch(MAIN, echo(ASKING))
    const without = await web.get('/main:app:pub.os')
    expect(without.status).toBe(200)
    expect(without.body).toContain(`Log in to ${OUR_NAME}`)
    expect(without.headers['content-security-policy']).toContain("default-src 'none'")
    const headers = { cookie: cookie() }
    expect((await web.get('/main:app:pub.os', { headers })).headers['x-of-app']).toBe('1')
  })

  test.each([
    ['of another process', cookie('other:app:pub.os')],
    ['with a changed signature', cookie().replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['of one process, at the node itself', cookie(MAIN)],
  ])('does not take a session %s', async (_, session) => {
    await web.launch(MAIN, echo(ASKING))
    expect((await web.get('/main:app:pub.os', { headers: { cookie: session } })).body).toContain('Log in to')
  })

  test('takes no change from a page of another origin', async () => {
    await web.launch(MAIN, echo(ASKING))
    const sent = (origin: string, method: string) =>
      web.get('/main:app:pub.os', { method, headers: { cookie: cookie(), origin } })
    expect((await sent('http://localhost:3000', 'POST')).status).toBe(403)
    expect((await sent('null', 'DELETE')).status).toBe(403)
    expect((await sent(`http://localhost:${web.port}`, 'POST')).status).toBe(200)
  })
})

describe('an origin', () => {
  test('of the node never runs a page of a process', async () => {
    await web.launch(MAIN, echo([bind('/')], { body: '{"status":200,"headers":{"Content-Security-Policy":"x"}}' }))
    const page = await web.get('/main:app:pub.os/a?b=1', { headers: PAGE })
    expect([page.status, page.headers.location]).toEqual([307, `http://${HOST}:${web.port}/main:app:pub.os/a?b=1`])
    const old = await web.get('/main:app:pub.os', { headers: { accept: 'text/html,*/*' } })
    expect(old.status).toBe(307)
    const fetched = await web.get('/main:app:pub.os')
    expect(fetched.headers).toMatchObject({ 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' })
  })

  test('of a package serves its processes without the rules for pages of the node', async () => {
    await web.launch(MAIN, echo([bind('/')]))
    const got = await web.get('/main:app:pub.os', { host: HOST, headers: PAGE })
    expect(got.status).toBe(200)
    expect(got.headers['content-security-policy']).toBeUndefined()
  })

  test.each(['/', '/login', '/api/node', '/assets/login.js'])(
    'of a package has no %s of the node, whoever asks',
    async (path) => {
      await web.launch(MAIN, echo([bind('/')]))
      expect((await web.get(path, { host: HOST, headers: { cookie: cookie() } })).status).toBe(404)
      const post = { method: 'POST', body: '{}', host: HOST, headers: { 'content-type': 'application/json' } }
      expect((await web.get(path, post)).status).toBe(404)
    },
  )

  test('of a package has the name of the node, which pages of live packages ask for', async () => {
    for (const host of [HOST, 'localhost']) {
      expect((await web.get('/our', { host })).body).toBe(OUR_NAME)
      const { status, headers, body } = await web.get('/our.js', { host })
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'content-type': 'application/javascript',
        'cross-origin-resource-policy': 'same-origin',
      })
      const window: { our?: { node?: string } } = {}
      runInNewContext(body, { window })
      expect(window.our).toEqual({ node: OUR_NAME })
    }
    expect((await web.get('/our.js', { host: HOST, method: 'POST' })).status).toBe(404)
  })

  test('of a package has what the home page serves without a login, and nothing else of it', async () => {
    await web.launch('homepage:homepage:sys', async (guest) => {
      await act(guest, bind('/style.css', { cache: true }), { mime: 'text/css', text: 'body {}' })
      await act(guest, bind('/private', { cache: true, authenticated: true }), { text: 'mine' })
      await act(guest, bind('/asked'))
      for (;;) {
        await guest.receive()
        await guest.respond({ body: '{"status":200,"headers":{}}' })
      }
    })
    expect(await web.get('/style.css', { host: HOST })).toMatchObject({
      status: 200,
      body: 'body {}',
      headers: { 'content-type': 'text/css' },
    })
    const refused = [
      await web.get('/style.css', { host: HOST, method: 'POST' }),
      await web.get('/asked', { host: HOST }),
    ]
    const headers = { cookie: cookie() }
    for (const path of ['/private', '/private?x=1']) refused.push(await web.get(path, { host: HOST, headers }))
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  })

  test('of one package does not serve another, and foreign hosts are not served', async () => {
    await web.launch(MAIN, echo([bind('/')]))
    const host = 'chat-template-os.localhost'
    expect((await web.get('/main:app:pub.os', { host })).status).toBe(403)
    const followed = await web.get('/main:app:pub.os/x?y=1', { host, headers: PAGE })
    expect([followed.status, followed.headers.location]).toEqual([
      307,
      `http://localhost:${web.port}/main:app:pub.os/x?y=1`,
    ])
    expect((await web.get('/main:app:pub.os', { host: 'evil.example' })).status).toBe(421)
    expect((await web.get('/main:app:pub.os', { host: `${HOST}.evil.example` })).status).toBe(421)
  })

  test('is entered with a ticket that the owner gets at the node, once', async () => {
    await web.launch(MAIN, echo([bind('/', { authenticated: true }), { SecureBind: { path: '/safe', cache: false } }]))
    for (const path of ['/main:app:pub.os/x?y=1', '/main:app:pub.os/safe?y=1']) {
      const first = await web.get(path, { headers: { ...PAGE, cookie: cookie() } })
      const location = new URL(first.headers.location ?? '')
      expect([first.status, location.host]).toEqual([307, `${HOST}:${web.port}`])
      const ticket = `${location.pathname}${location.search}`
      const second = await web.get(ticket, { host: HOST, headers: PAGE })
      expect([second.status, second.headers.location]).toEqual([303, `http://${HOST}:${web.port}${path}`])
      const [set = ''] = second.headers['set-cookie'] ?? []
      expect(set).toContain('; Path=/; HttpOnly; SameSite=Lax')
      const headers = { ...PAGE, cookie: set.split(';')[0] ?? '' }
      expect((await web.get(path, { host: HOST, headers })).headers['x-of-app']).toBe('1')
      expect((await web.get(ticket, { host: HOST, headers: PAGE })).headers['set-cookie']).toBeUndefined()
    }
  })

  test('without a session sends a page to the node to log in there', async () => {
    await web.launch(MAIN, echo([bind('/', { authenticated: true })]))
    const got = await web.get('/main:app:pub.os/x', { host: HOST, headers: PAGE })
    expect([got.status, got.headers.location]).toEqual([307, `http://localhost:${web.port}/main:app:pub.os/x`])
    const there = await web.get('/main:app:pub.os/x', { headers: PAGE })
    expect(there).toMatchObject({ status: 200, body: expect.stringContaining('Log in to') as string })
  })

  test('of a secure path is the only one it is served at, with a session of its process', async () => {
    await web.launch(MAIN, echo([{ SecureBind: { path: '/safe', cache: false } }]))
    const elsewhere = await web.get('/main:app:pub.os/safe?a=1')
    expect([elsewhere.status, elsewhere.headers.location]).toEqual([
      307,
      `http://${HOST}:${web.port}/main:app:pub.os/safe?a=1`,
    ])
    const at = (session: string) => web.get('/main:app:pub.os/safe', { host: HOST, headers: { cookie: session } })
    expect((await at(cookie())).body).toContain('Log in to')
    expect((await at(cookie(MAIN))).headers['x-of-app']).toBe('1')
  })
})

describe('a request that would be understood in two ways', () => {
  test.each([
    ['/main:app:pub.os/../api/node', false],
    ['/main:app:pub.os/%2e%2E/x', false],
    ['/main:app:pub.os/./x', false],
    ['//main:app:pub.os/x', false],
    ['/main:app:pub.os\\x', false],
    ['/main:app:pub.os/a%2fb', false],
    ['/main:app:pub.os/a%5Cb', false],
    ['/main:app:pub.os/a%00', false],
    ['http://localhost/main:app:pub.os', false],
    ['/main:app:pub.os/..a/b..', true],
    ['/main:app:pub.os/a//b', true],
    ['/main:app:pub.os/%C3%A4', true],
  ])('%s is plain: %j', (path, plain) => {
    expect(isPlainPath(path)).toBe(plain)
  })

  test('goes to no process, and to nothing of the node either', async () => {
    await web.launch(MAIN, echo([bind('/')]))
    for (const path of ['/main:app:pub.os/../api/node', '/main:app:pub.os/%2e%2e/login', '/main:app:pub.os/a%2fb']) {
      expect((await sendRaw(web.port, path)).split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request')
    }
    expect(await sendRaw(web.port, '/main%3Aapp%3Apub.os')).toMatch(/^HTTP\/1\.1 404 /)
  })
})

/** Sends the path byte for byte, as no HTTP client would. */
function sendRaw(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    })
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

describe('the http-server', () => {
  test('says what is wrong with what it is asked', async () => {
    const said: string[] = []
    await web.launch(MAIN, async (guest) => {
      said.push(await act(guest, '{"Bind":'))
      said.push(await act(guest, bind('/', { cache: true })))
      said.push(await act(guest, { SecureBind: { path: '/', cache: true } }))
      said.push(await act(guest, bind('/a'.repeat(40))))
      said.push(await act(guest, { WebSocketPush: { channel_id: 1, message_type: 'Text' } }))
      said.push(await act(guest, { WebSocketPush: { channel_id: 1, message_type: 'Text' } }, { text: 'x' }))
      said.push(await act(guest, { WebSocketClose: 1 }))
    })
    expect(said).toEqual([
      '{"Err":"MalformedRequest"}',
      '{"Err":"NoBlob"}',
      '{"Err":"NoBlob"}',
      '{"Err":"MalformedRequest"}',
      '{"Err":"NoBlob"}',
      '{"Err":"WsChannelNotFound"}',
      '{"Ok":null}',
    ])
    expect(web.prints).toContain('0 http-server: main:app:pub.os cannot bind a path: its path has too many parts')
  })
})
