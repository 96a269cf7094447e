import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { bytesToUtf8, HTTP_CLIENT_PROCESS, type KernelMessage, parseAddress, utf8ToBytes } from '@hyperware/protocol'
import { CHANNELS_MAX } from '../../../../node/modules/http-client/channels.ts'
import { RESPONSE_MAX_BYTES } from '../../../../node/modules/http-client/exchange.ts'
import { createHttpClient, type HttpClient, REQUESTS_MAX } from '../../../../node/modules/http-client/http-client.ts'
import { redirected } from '../../../../node/modules/http-client/request-plan.ts'
import { until } from '../../../helpers/until.ts'
import { collectGarbage } from '../../garbage.ts'

const OWNER = 'our.os@main:app:pub.os'

let server: Server
let base: string
let answers: (request: IncomingMessage, response: ServerResponse) => void
let client: HttpClient
let sent: KernelMessage[]
let printed: string[]
/** How many messages the kernel takes before it says that there is no more room. */
let room: number
let lives: boolean

beforeEach(async () => {
  server = createServer((request, response) => answers(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  sent = []
  printed = []
  room = Infinity
  lives = true
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  client = createHttpClient({
    ourName: 'our.os',
    send(message) {
      if (room === 0) return false
      room -= 1
      return sent.push(message) > 0
    },
    knows: () => lives,
    print: (verbosity, text) => void printed.push(`${verbosity} ${text}`),
  })
})

afterEach(async () => {
  client.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  vi.useRealTimers()
})

type Options = { source?: string; rsvp?: string; expects?: bigint | undefined; bytes?: Uint8Array; id?: bigint }

function handle(body: unknown, options: Options = {}): Promise<void> {
  const { source = OWNER, rsvp, bytes, id = 7n } = options
  return client.handle({
    id,
    source: parseAddress(source),
    target: { node: 'our.os', process: HTTP_CLIENT_PROCESS },
    rsvp: rsvp === undefined ? undefined : parseAddress(rsvp),
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: 'expects' in options ? options.expects : 5n,
      body: utf8ToBytes(typeof body === 'string' ? body : JSON.stringify(body)),
      metadata: undefined,
      capabilities: [],
    },
    blob: bytes === undefined ? undefined : { mime: 'text/plain', bytes },
  })
}

function textOf(message: KernelMessage | undefined): string | undefined {
  const text = message === undefined ? undefined : bytesToUtf8(message.message.body)
  return text?.ok === true ? text.value : undefined
}

async function ask(body: unknown, options: Options = {}): Promise<unknown> {
  const before = sent.length
  await handle(body, options)
  const text = textOf(sent[before])
  return text === undefined ? undefined : JSON.parse(text)
}

function http(path: string, more: Record<string, unknown> = {}): unknown {
  return { Http: { method: 'GET', version: null, url: `${base}${path}`, headers: {}, ...more } }
}

/** A server that opens every WebSocket, and hears nothing that comes by it. */
async function listenDeaf() {
  const opened = new Set<Socket>()
  const deaf = createTcpServer((socket) => {
    opened.add(socket)
    socket.on('error', () => undefined).on('close', () => opened.delete(socket))
    socket.once('data', (data) => {
      const key = /^Sec-WebSocket-Key: (.*)$/im.exec(data.toString())?.[1]?.trim() ?? ''
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
    })
  })
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  return {
    port: (deaf.address() as AddressInfo).port,
    sockets: opened,
    async stop() {
      for (const socket of opened) socket.destroy()
      await new Promise((resolve) => deaf.close(resolve))
    },
  }
}

function textOfData(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : 'not a buffer'
}

describe('a request', () => {
  test('goes out as it was asked for, and its response comes back with the body as a blob', async () => {
    const seen: string[] = []
    answers = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        seen.push(
          `${request.method} ${request.url} ${String(request.headers['x-a'])} ${Buffer.concat(chunks).toString()}`,
        )
        response.writeHead(201, [
          ['content-type', 'text/html'],
          ['x-MANY-words', '1'],
          ['x-many-words', '2'],
        ])
        response.end('made')
      })
    }
    const headers = { 'X-A': 'yes', 'bad name': 'x', 'X-Bad': 'a\r\nb: c', 'Content-Length': '1', Connection: 'x' }
    const answer = await ask(http('/x?q=1', { method: 'PURGE', version: 'HTTP/1.1', headers }), {
      bytes: utf8ToBytes('hello'),
    })
    expect(seen).toEqual(['PURGE /x?q=1 yes hello'])
    expect(answer).toMatchObject({
      Ok: { Http: { status: 201, headers: { 'Content-Type': 'text/html', 'X-Many-Words': '2' } } },
    })
    expect(sent[0]).toMatchObject({ id: 7n, target: parseAddress(OWNER), blob: { bytes: utf8ToBytes('made') } })
    expect(sent[0]?.blob?.mime).toBeUndefined()
  })

  test('follows redirects, and leaves at the door of another host what is secret', async () => {
    const seen: string[] = []
    const other = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${String(request.headers['x-a'])}`)
      response.end('there')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}/there`
    answers = (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${String(request.headers['x-a'])}`)
      response.writeHead(request.url === '/a' ? 302 : 307, { location: request.url === '/a' ? '/b' : there }).end()
    }
    const headers = { authorization: 'secret', 'x-a': '1' }
    await ask(http('/a', { method: 'POST', headers }), { bytes: utf8ToBytes('hello') })
    await new Promise((resolve) => other.close(resolve))
    expect(seen).toEqual(['POST /a secret 1', 'GET /b secret 1', 'GET /there undefined 1'])
    expect(sent[0]?.blob?.bytes).toEqual(utf8ToBytes('there'))
  })

  test.each([
    ['http://example.org/b', undefined],
    ['https://example.org:444/b', undefined],
    ['https://example.org/b', 'secret'],
  ])('redirected from https://example.org to %s has the authorization %s', (location, authorization) => {
    const headers = new Map([['Authorization', 'secret']])
    const plan = { method: 'GET', url: new URL('https://example.org/a'), headers, body: undefined }
    expect(redirected(plan, 302, location)?.headers.get('Authorization')).toBe(authorization)
  })

  test('that is redirected to an address in UTF-8 finds it', async () => {
    const seen: string[] = []
    answers = (request, response) => {
      seen.push(request.url ?? '')
      const location = Buffer.from(`${base}/grün`).toString('latin1')
      response.writeHead(request.url === '/a' ? 302 : 200, { location }).end()
    }
    expect(await ask(http('/a'))).toMatchObject({ Ok: { Http: { status: 200 } } })
    expect(seen).toEqual(['/a', '/gr%C3%BCn'])
  })

  test('that is redirected for ever fails after ten', async () => {
    let asked = 0
    answers = (_, response) => {
      asked += 1
      response.writeHead(302, { location: '/again' }).end()
    }
    expect(await ask(http('/'))).toEqual({ Err: { ExecuteRequestFailed: 'it redirects more than 10 times' } })
    expect(asked).toBe(11)
  })

  test.each([
    [{ method: 'G T' }, { BadMethod: { method: 'G T' } }],
    [{ method: '' }, { BadMethod: { method: '' } }],
    [{ url: 'no address' }, { BadUrl: { url: 'no address' } }],
    [{ version: 'HTTP/4' }, { BadVersion: { version: 'HTTP/4' } }],
    [{ version: 'HTTP/3.0' }, { BuildRequestFailed: 'HTTP/3.0 is not spoken here, expected HTTP/1.1 or HTTP/1.0' }],
    [{ url: 'file:///etc/passwd' }, { BuildRequestFailed: 'the scheme of the URL is "file", expected http or https' }],
    [{ method: 'CONNECT' }, { BuildRequestFailed: 'CONNECT opens a tunnel, and none is opened here' }],
    [{ method: 'G T', url: 'x', version: 'x' }, { BadMethod: { method: 'G T' } }],
  ])('of %j is refused', async (more, error) => {
    expect(await ask(http('/', more))).toEqual({ Err: error })
  })

  test('that is no request is malformed, and one of another node is not heard', async () => {
    expect(await ask('{"Http":')).toEqual({ Err: 'MalformedRequest' })
    expect(await ask(http('/'), { source: 'far.os@main:app:pub.os' })).toBeUndefined()
    expect(printed).toEqual([
      expect.stringContaining('1 http-client: request of our.os@main:app:pub.os refused'),
      '1 http-client: request of far.os@main:app:pub.os ignored: it came from another node',
    ])
  })

  test('that expects no response hears of success, not of failure', async () => {
    answers = (_, response) => void response.end('ok')
    expect(await ask(http('/', { method: 'G T' }), { expects: undefined })).toBeUndefined()
    expect(await ask('nothing', { expects: undefined })).toBeUndefined()
    expect(await ask(http('/'), { expects: undefined })).toMatchObject({ Ok: { Http: { status: 200 } } })
  })

  test('to a port where nobody listens says so', async () => {
    const refused = await ask(http('/', { url: 'http://127.0.0.1:1/' }))
    expect(refused).toEqual({ Err: { ExecuteRequestFailed: expect.stringContaining('ECONNREFUSED') as string } })
  })

  test('is given up when its sender no longer waits', async () => {
    let closed = 0
    answers = (request) => void request.socket.on('close', () => (closed += 1))
    expect(await ask(http('/'), { expects: 1n })).toBeUndefined()
    await until(() => closed === 1)
  })

  test('whose response is too long, has endless headers or ends too early fails', async () => {
    answers = (request, response) => {
      if (request.url === '/long') {
        const chunk = Buffer.alloc(1_024 * 1_024)
        for (let sentBytes = 0; sentBytes <= RESPONSE_MAX_BYTES; sentBytes += chunk.length) response.write(chunk)
        response.end()
      } else if (request.url === '/headers') {
        response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end()
      } else {
        response.writeHead(200, { 'content-length': '10' }).write('abc', () => response.destroy())
      }
    }
    const failed = { Err: { ExecuteRequestFailed: expect.any(String) as string } }
    expect(await ask(http('/long'), { expects: 60n })).toEqual({
      Err: { ExecuteRequestFailed: `its body is longer than ${RESPONSE_MAX_BYTES} bytes` },
    })
    expect(await ask(http('/headers'))).toEqual(failed)
    expect(await ask(http('/short'))).toEqual(failed)
  })

  test('beyond what one package may run is refused, whichever process asks, and others still get theirs', async () => {
    const held: ServerResponse[] = []
    answers = (_, response) => void held.push(response)
    const running = Array.from({ length: REQUESTS_MAX.each }, (_, index) =>
      handle(http('/'), { source: `our.os@child-${index % 3}:app:pub.os` }),
    )
    expect(await ask(http('/'))).toEqual({
      Err: {
        ExecuteRequestFailed: expect.stringContaining(`${REQUESTS_MAX.each} requests of app:pub.os`) as string,
      },
    })
    const other = handle(http('/'), { source: 'our.os@main:other:pub.os' })
    await until(() => held.length === REQUESTS_MAX.each + 1)
    for (const response of held) response.end()
    await Promise.all([...running, other])
    expect(sent).toHaveLength(REQUESTS_MAX.each + 2)
  })

  test('finds room for its response though those of another package never end', async () => {
    const chunk = Buffer.alloc(1_024 * 1_024)
    const open: ServerResponse[] = []
    answers = (request, response) => {
      if (request.url !== '/endless') return void response.end('short')
      for (let bytes = 0; bytes < RESPONSE_MAX_BYTES; bytes += chunk.length) response.write(chunk)
      open.push(response)
    }
    const endless = Array.from({ length: 8 }, () => handle(http('/endless'), { source: 'our.os@main:other:pub.os' }))
    await until(() => open.length === 8 && open.every(({ writableLength, closed }) => writableLength === 0 || closed))
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = sent.length
    await handle(http('/'), { id: 99n })
    expect(sent.slice(before).map(({ id, blob }) => [id, blob?.bytes])).toEqual([[99n, utf8ToBytes('short')]])
    client.stop()
    await Promise.all(endless)
  })
})

describe('a WebSocket', () => {
  let sockets: WebSocketServer
  let accepted: WebSocket[]
  let heard: string[]
  let url: string

  beforeEach(() => {
    accepted = []
    heard = []
    url = base.replace('http', 'ws')
    sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket, request) => {
      accepted.push(socket)
      heard.push(`open ${String(request.headers['x-a'])}`)
      socket.on('message', (data, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${textOfData(data)}`))
      socket.on('ping', (data) => heard.push(`ping ${data.toString()}`))
      socket.on('close', () => heard.push('close'))
    })
  })

  function open(channelId = 7, options: Options = {}): Promise<unknown> {
    return ask({ WebSocketOpen: { url, headers: { 'x-a': '1' }, channel_id: channelId } }, options)
  }

  function push(type: string, text?: string, channelId = 7): Promise<unknown> {
    const bytes = text === undefined ? {} : { bytes: utf8ToBytes(text) }
    return ask({ WebSocketPush: { channel_id: channelId, message_type: type } }, bytes)
  }

  test('carries text, bytes and pings to the server, and a close', async () => {
    expect(await open()).toEqual({ Ok: 'WebSocketAck' })
    expect(await push('Text', 'hello')).toEqual({ Ok: 'WebSocketAck' })
    expect(await push('Binary', 'bytes')).toEqual({ Ok: 'WebSocketAck' })
    expect(await push('Ping', 'p')).toEqual({ Ok: 'WebSocketAck' })
    expect(await ask({ WebSocketClose: { channel_id: 7 } })).toEqual({ Ok: 'WebSocketAck' })
    await until(() => heard.includes('close'))
    expect(heard).toEqual(['open 1', 'text hello', 'binary bytes', 'ping p', 'close'])
    expect(await push('Text', 'late')).toEqual({ Err: { WsPushUnknownChannel: { channel_id: 7 } } })
    expect(await ask({ WebSocketClose: { channel_id: 7 } })).toEqual({ Err: { WsCloseFailed: { channel_id: 7 } } })
  })

  test('brings what the server sends, in order, under the id of its opening', async () => {
    sockets.on('connection', (socket) => {
      socket.send('first')
      socket.send(Buffer.from('second'))
      socket.ping()
      socket.close()
    })
    expect(await open(7, { id: 99n })).toEqual({ Ok: 'WebSocketAck' })
    await until(() => sent.length === 5)
    expect(sent.slice(1).map((message) => [textOf(message), message.blob?.mime, message.id])).toEqual([
      ['{"WebSocketPush":{"channel_id":7,"message_type":"Text"}}', 'text/plain', 99n],
      ['{"WebSocketPush":{"channel_id":7,"message_type":"Binary"}}', 'application/octet-stream', 99n],
      ['{"WebSocketPush":{"channel_id":7,"message_type":"Ping"}}', undefined, 99n],
      ['{"WebSocketClose":{"channel_id":7}}', undefined, 99n],
    ])
    expect(sent[2]).toMatchObject({
      target: parseAddress(OWNER),
      message: { kind: 'request' },
      blob: { bytes: utf8ToBytes('second') },
    })
    expect(sent.every(({ message }) => message.kind === 'response' || message.expectsResponse === undefined)).toBe(true)
  })

  test('of one process is none of another, and opening it again replaces it', async () => {
    await open()
    const foreign = { WebSocketPush: { channel_id: 7, message_type: 'Text' } }
    expect(await ask(foreign, { source: 'our.os@other:app:pub.os', bytes: utf8ToBytes('x') })).toEqual({
      Err: { WsPushUnknownChannel: { channel_id: 7 } },
    })
    await open()
    await until(() => heard.includes('close'))
    await push('Text', 'hello')
    await until(() => heard.includes('text hello'))
    expect(accepted).toHaveLength(2)
  })

  test('is pinged without a payload too', async () => {
    await open()
    expect(await push('Ping')).toEqual({ Ok: 'WebSocketAck' })
    expect(await push('Pong')).toEqual({ Ok: 'WebSocketAck' })
    await until(() => heard.includes('ping '))
  })

  test('speaks the protocol that its opener asks for, and no extension', async () => {
    const asked: IncomingMessage['headers'][] = []
    sockets.options.handleProtocols = (protocols) => [...protocols].at(-1) ?? false
    sockets.on('connection', (_, { headers }) => asked.push(headers))
    const headers = { 'sec-websocket-protocol': 'chat.v1, chat.v2', 'Sec-WebSocket-Extensions': 'permessage-deflate' }
    expect(await ask({ WebSocketOpen: { url, headers, channel_id: 7 } })).toEqual({ Ok: 'WebSocketAck' })
    expect(accepted[0]?.protocol).toBe('chat.v2')
    expect(asked[0]?.['sec-websocket-extensions']).toBeUndefined()
    const wrong = { WebSocketOpen: { url, headers: { 'Sec-WebSocket-Protocol': 'a,,b' }, channel_id: 8 } }
    expect(await ask(wrong)).toEqual({ Err: { WsOpenFailed: { url: `${url}/` } } })
  })

  test('stays when what was to replace it cannot be opened', async () => {
    await open()
    const nowhere = { WebSocketOpen: { url: 'ws://127.0.0.1:1/', headers: {}, channel_id: 7 } }
    expect(await ask(nowhere)).toMatchObject({ Err: { WsOpenFailed: {} } })
    expect(await push('Text', 'hello')).toEqual({ Ok: 'WebSocketAck' })
    await until(() => heard.includes('text hello'))
  })

  test('that was closed or replaced is not heard any more, though its server goes on', async () => {
    const deaf = await listenDeaf()
    const address = `ws://127.0.0.1:${deaf.port}/`
    for (const replaced of [{ url: address }, { url }]) {
      expect(await ask({ WebSocketOpen: { headers: {}, channel_id: 7, ...replaced } })).toEqual({ Ok: 'WebSocketAck' })
    }
    expect(await ask({ WebSocketOpen: { url: address, headers: {}, channel_id: 8 } })).toEqual({ Ok: 'WebSocketAck' })
    expect(await ask({ WebSocketClose: { channel_id: 8 } })).toEqual({ Ok: 'WebSocketAck' })
    const before = sent.length
    for (const socket of deaf.sockets) socket.write(Buffer.from([0x81, 0x02, 0x6f, 0x6c]))
    accepted[0]?.send('new')
    await until(() => sent.length > before)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sent.slice(before).map(({ blob }) => Buffer.from(blob?.bytes ?? []).toString())).toEqual(['new'])
    await deaf.stop()
  })

  test('that was closed stays until its server agrees, for as many as may be open', async () => {
    const deaf = await listenDeaf()
    const address = `ws://127.0.0.1:${deaf.port}/`
    for (let index = 0; index < 3 * CHANNELS_MAX.each; index += 1) {
      await ask({ WebSocketOpen: { url: address, headers: {}, channel_id: 7 } })
      await ask({ WebSocketClose: { channel_id: 7 } })
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(deaf.sockets.size).toBe(CHANNELS_MAX.each)
    await deaf.stop()
  })

  test('is opened again by a package that may open no others, as many at a time as may be open', async () => {
    for (let index = 0; index < CHANNELS_MAX.each; index += 1) expect(await open(index)).toEqual({ Ok: 'WebSocketAck' })
    const refused = { Err: { WsOpenFailed: { url: `${url}/` } } }
    const nowhere = { WebSocketOpen: { url: 'ws://127.0.0.1:1/', headers: {}, channel_id: 7 } }
    for (let round = 0; round < 2; round += 1) {
      expect(await open(CHANNELS_MAX.each)).toEqual(refused)
      expect(await ask(nowhere)).toMatchObject({ Err: {} })
      expect(await open(7)).toEqual({ Ok: 'WebSocketAck' })
      await until(() => sockets.clients.size === CHANNELS_MAX.each)
    }
    const before = sent.length
    const asked = { WebSocketOpen: { url, headers: {}, channel_id: 7 } }
    await Promise.all(Array.from({ length: CHANNELS_MAX.each + 1 }, () => handle(asked)))
    const answers = sent.slice(before).map(textOf)
    expect(answers.filter((answer) => answer !== '{"Ok":"WebSocketAck"}')).toEqual([JSON.stringify(refused)])
    await until(() => sockets.clients.size === CHANNELS_MAX.each)
  })

  test('is not opened again where another has got its place meanwhile', async () => {
    for (let index = 0; index < CHANNELS_MAX.each; index += 1) await open(index)
    let accept: ((verified: boolean) => void) | undefined
    sockets.options.verifyClient = (_: unknown, verified: (yes: boolean) => void) => (accept = verified)
    const before = sent.length
    const again = handle({ WebSocketOpen: { url, headers: {}, channel_id: 7 } }, { id: 99n })
    await until(() => accept !== undefined)
    delete sockets.options.verifyClient
    expect(await ask({ WebSocketClose: { channel_id: 7 } })).toEqual({ Ok: 'WebSocketAck' })
    await open(CHANNELS_MAX.each)
    accept?.(true)
    await again
    expect(sent.slice(before).map(textOf).at(-1)).toBe(JSON.stringify({ Err: { WsOpenFailed: { url: `${url}/` } } }))
    await until(() => sockets.clients.size === CHANNELS_MAX.each)
  })

  test('refuses pushes without a payload, text that is none, and pings that are too long', async () => {
    await open()
    expect(await push('Text')).toEqual({ Err: 'WsPushNoBlob' })
    const bad = { WebSocketPush: { channel_id: 7, message_type: 'Text' } }
    expect(await ask(bad, { bytes: Uint8Array.of(0xff) })).toEqual({ Err: 'WsPushBadText' })
    expect(await push('Ping', 'x'.repeat(126))).toEqual({ Err: 'MalformedRequest' })
  })

  test.each([
    ['http://127.0.0.1:1/', { WsOpenFailed: { url: 'http://127.0.0.1:1/' } }],
    ['ws://127.0.0.1:1', { WsOpenFailed: { url: 'ws://127.0.0.1:1/' } }],
    ['ftp://x', { WsOpenFailed: { url: 'ftp://x/' } }],
    ['nonsense', { BadUrl: { url: 'nonsense' } }],
  ])('to %s is not opened, and that is said even to who does not wait', async (address, error) => {
    const request = { WebSocketOpen: { url: address, headers: {}, channel_id: 1 } }
    expect(await ask(request, { expects: undefined })).toEqual({ Err: error })
  })

  test('is never opened to a socket of this machine that no network reaches', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'http-client-'))
    const local = createServer()
    const inside = new WebSocketServer({ server: local })
    try {
      await new Promise<void>((resolve) => local.listen(join(folder, 'socket'), resolve))
      const address = `ws+unix:${join(folder, 'socket')}:/`
      expect(await ask({ WebSocketOpen: { url: address, headers: {}, channel_id: 1 } })).toEqual({
        Err: { WsOpenFailed: { url: address } },
      })
    } finally {
      for (const socket of inside.clients) socket.terminate()
      await new Promise((resolve) => local.close(resolve))
      await rm(folder, { recursive: true })
    }
  })

  test('does not keep what its opening came with', async () => {
    async function openWithBlob(): Promise<WeakRef<Uint8Array>> {
      const bytes = new Uint8Array(1_024)
      expect(await open(7, { bytes })).toEqual({ Ok: 'WebSocketAck' })
      return new WeakRef(bytes)
    }
    const blob = await openWithBlob()
    await collectGarbage()
    expect(blob.deref()).toBeUndefined()
    expect(await push('Text', 'still open')).toEqual({ Ok: 'WebSocketAck' })
  })

  test('of a process that is gone is ended', async () => {
    await open()
    vi.advanceTimersByTime(30_000)
    expect(await push('Text', 'hello')).toEqual({ Ok: 'WebSocketAck' })
    lives = false
    vi.advanceTimersByTime(30_000)
    await until(() => heard.includes('close'))
    expect(await push('Text', 'late')).toEqual({ Err: { WsPushUnknownChannel: { channel_id: 7 } } })
  })

  test('waits with what its process has no room for, and loses nothing', async () => {
    await open()
    room = 1
    for (let index = 0; index < 20; index += 1) accepted[0]?.send(`${index}`)
    await until(() => sent.length === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sent).toHaveLength(2)
    room = Infinity
    await until(() => sent.length === 21)
    expect(sent.slice(1).map(({ blob }) => Buffer.from(blob?.bytes ?? []).toString())).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}`),
    )
  })
})
