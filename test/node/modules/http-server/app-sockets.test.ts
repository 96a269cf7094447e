import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { bytesToUtf8 } from '@hyperware/protocol'
import { APP_SOCKETS_MAX } from '../../../../node/modules/http-server/app-sockets.ts'
import { until } from '../../../helpers/until.ts'
import type { Script } from '../../kernel/scripted.ts'
import { act, bind, cookie, echo, openWeb, type Web } from './served.ts'

const MAIN = 'main:app:pub.os'
const KEY = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

let web: Web
let heard: { readonly said: unknown; readonly content: string | undefined }[]
let opened: WebSocket[]

beforeEach(async () => {
  web = await openWeb()
  heard = []
  opened = []
})
afterEach(async () => {
  for (const socket of opened) socket.terminate()
  await web.stop()
})

function socketBind(path: string, more: { authenticated?: boolean; extension?: boolean } = {}) {
  return { WebSocketBind: { path, authenticated: false, extension: false, ...more } }
}

/** Binds, notes what it hears, and does what a text message tells it. */
function listener(...actions: readonly unknown[]): Script {
  return async (guest) => {
    for (const action of actions) await act(guest, action)
    for (;;) {
      const event = await guest.receive()
      if (event.kind !== 'request') continue
      const body = bytesToUtf8(event.request.body)
      const { blob } = event.request
      const content = blob === undefined ? undefined : Buffer.from(blob.bytes).toString()
      heard.push({ said: body.ok ? (JSON.parse(body.value) as unknown) : undefined, content })
      if (content?.startsWith('{') !== true) continue
      const { action, text } = JSON.parse(content) as { action: unknown; text?: string }
      heard.push({ said: await act(guest, action, text === undefined ? undefined : { text }), content: 'answer' })
    }
  }
}

/** Resolves when it is open, or with the status of the refusal. */
function open(path: string, headers: Record<string, string> = {}): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${web.port}${path}`, {
    headers: { host: `localhost:${web.port}`, ...headers },
  })
  opened.push(socket)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.once('error', reject)
  })
}

async function openedAt(path: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = await open(path, headers)
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

function channelOf(index = 0): number {
  const said = heard[index]?.said as { WebSocketOpen?: { channel_id: number } } | undefined
  return said?.WebSocketOpen?.channel_id ?? -1
}

describe('a WebSocket to a process', () => {
  test('is told of when it opens, speaks and closes', async () => {
    await web.launch(MAIN, listener(socketBind('/chat')))
    const socket = await openedAt('/main:app:pub.os/chat/', { 'x-forwarded-for': '10.1.1.1, 10.2.2.2' })
    socket.send('hello')
    socket.send(Buffer.from('bytes'))
    socket.close(1_000, 'enough')
    await until(() => heard.length === 5)
    const channelId = channelOf()
    expect(heard).toEqual([
      {
        said: {
          WebSocketOpen: {
            path: '/chat',
            channel_id: channelId,
            source_socket_addr: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
            forwarded_for: '10.1.1.1',
          },
        },
        content: undefined,
      },
      { said: { WebSocketPush: { channel_id: channelId, message_type: 'Text' } }, content: 'hello' },
      { said: { WebSocketPush: { channel_id: channelId, message_type: 'Binary' } }, content: 'bytes' },
      { said: { WebSocketPush: { channel_id: channelId, message_type: 'Close' } }, content: 'enough' },
      { said: { WebSocketClose: channelId }, content: undefined },
    ])
  })

  test('carries what the process pushes, and is closed by it', async () => {
    await web.launch(MAIN, listener(socketBind('/')))
    const socket = await openedAt('/main:app:pub.os')
    const got: string[] = []
    socket.on('message', (data, isBinary) => got.push(`${isBinary} ${Buffer.isBuffer(data) ? data.toString() : ''}`))
    socket.on('close', (code) => got.push(`close ${code}`))
    await until(() => heard.length === 1)
    const channelId = channelOf()
    const push = (type: string) => ({ WebSocketPush: { channel_id: channelId, message_type: type } })
    socket.send(JSON.stringify({ action: push('Text'), text: 'hello' }))
    socket.send(JSON.stringify({ action: push('Binary'), text: 'bytes' }))
    socket.send(JSON.stringify({ action: push('Ping'), text: 'x'.repeat(126) }))
    socket.send(JSON.stringify({ action: { WebSocketClose: channelId } }))
    await until(() => got.length === 3)
    expect(got).toEqual(['false hello', 'true bytes', 'close 1005'])
    expect(heard.filter(({ content }) => content === 'answer').map(({ said }) => said)).toEqual([
      '{"Ok":null}',
      '{"Ok":null}',
      '{"Err":"WsPingPongTooLong"}',
      '{"Ok":null}',
    ])
  })

  test('belongs to its process alone', async () => {
    await web.launch(MAIN, listener(socketBind('/')))
    await web.launch('other:app:pub.os', listener(socketBind('/')))
    await openedAt('/main:app:pub.os')
    await until(() => heard.length === 1)
    const channelId = channelOf()
    const other = await openedAt('/other:app:pub.os')
    const push = { WebSocketPush: { channel_id: channelId, message_type: 'Text' } }
    other.send(JSON.stringify({ action: push, text: 'x' }))
    other.send(JSON.stringify({ action: { WebSocketClose: channelId } }))
    await until(() => heard.filter(({ content }) => content === 'answer').length === 2)
    const answers = heard.filter(({ content }) => content === 'answer').map(({ said }) => said)
    expect(answers).toEqual(['{"Err":"WsChannelNotFound"}', '{"Err":"WsChannelNotFound"}'])
  })

  test('that may not be opened is answered like any other request', async () => {
    await web.launch(
      MAIN,
      listener(socketBind('/'), socketBind('/asks', { authenticated: true }), socketBind('/ext', { extension: true }), {
        WebSocketSecureBind: { path: '/safe', extension: false },
      }),
    )
    for (const path of [
      '/nobody:app:pub.os',
      '/main:app:pub.os/below',
      '/main:app:pub.os/asks',
      '/main:app:pub.os/ext',
      '/',
    ]) {
      expect(await open(path), path).toBe(path === '/' ? 200 : 404)
    }
    expect(await open('/main:app:pub.os', { host: 'evil.example' })).toBe(421)
    expect(heard).toEqual([])
  })

  test.each([
    ['another protocol', 'GET', { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA' }],
    ['a WebSocket of another version', 'GET', { upgrade: 'websocket', 'sec-websocket-version': '8' }],
    ['a WebSocket without a key', 'GET', { upgrade: 'websocket', 'sec-websocket-version': '13' }],
    ['a WebSocket by another method', 'POST', { upgrade: 'websocket', 'sec-websocket-version': '13', ...KEY }],
  ])('is none when a request offers %s, which is answered as if it had not', async (_, method, headers) => {
    await web.launch(MAIN, echo([bind('/'), socketBind('/')]))
    const answer = await web.get('/main:app:pub.os', { method, headers: { connection: 'Upgrade', ...headers } })
    expect(answer.status).toBe(200)
  })

  test('that its process closes takes nothing more from it, and is heard to the end', async () => {
    await web.launch(MAIN, listener(socketBind('/')))
    const socket = await openedAt('/main:app:pub.os')
    await until(() => heard.length === 1)
    const channelId = channelOf()
    const push = (type: string) => ({ WebSocketPush: { channel_id: channelId, message_type: type } })
    socket.send(JSON.stringify({ action: push('Close'), text: '' }))
    socket.send(JSON.stringify({ action: push('Text'), text: 'late' }))
    socket.send(JSON.stringify({ action: { WebSocketClose: channelId } }))
    const isEnd = ({ said }: { said: unknown }): boolean => JSON.stringify(said) === `{"WebSocketClose":${channelId}}`
    await until(() => heard.some(isEnd) && heard.filter(({ content }) => content === 'answer').length === 3)
    expect(heard.filter(({ content }) => content === 'answer').map(({ said }) => said)).toEqual([
      '{"Ok":null}',
      '{"Err":"WsChannelNotFound"}',
      '{"Ok":null}',
    ])
    expect(heard.filter(isEnd)).toHaveLength(1)
  })

  test('that nobody has is closed with success, by a push too', async () => {
    const said: string[] = []
    await web.launch(MAIN, async (guest) => {
      said.push(await act(guest, { WebSocketClose: 1 }))
      said.push(await act(guest, { WebSocketPush: { channel_id: 1, message_type: 'Close' } }, { text: '' }))
    })
    await until(() => said.length === 2)
    expect(said).toEqual(['{"Ok":null}', '{"Ok":null}'])
  })

  test('carries a text that is none with its bad bytes replaced, for which a browser would end it', async () => {
    await web.launch(MAIN, async (guest) => {
      await act(guest, socketBind('/'))
      for (;;) {
        const event = await guest.receive()
        const body = event.kind === 'request' ? bytesToUtf8(event.request.body) : undefined
        const said = body?.ok === true ? (JSON.parse(body.value) as { WebSocketPush?: { channel_id: number } }) : {}
        if (said.WebSocketPush === undefined) continue
        const { channel_id } = said.WebSocketPush
        await guest.sendAndAwait('our@http-server:distro:sys', {
          body: JSON.stringify({ WebSocketPush: { channel_id, message_type: 'Text' } }),
          expectsResponse: 5,
          blob: { mime: undefined, bytes: Uint8Array.of(0x61, 0xff, 0x62) },
        })
      }
    })
    const socket = await openedAt('/main:app:pub.os')
    socket.send('say it')
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(data.toString()).toBe('a\ufffdb')
  })

  test('that asks for a login opens with one, and not from a page of another origin', async () => {
    await web.launch(
      MAIN,
      listener(socketBind('/', { authenticated: true }), { WebSocketSecureBind: { path: '/safe', extension: false } }),
    )
    const host = `app-pub-os.localhost:${web.port}`
    await openedAt('/main:app:pub.os', { cookie: cookie() })
    await openedAt('/main:app:pub.os', { cookie: cookie(MAIN), host, origin: `http://${host}` })
    await openedAt('/main:app:pub.os/safe', { cookie: cookie(MAIN), host })
    expect(await open('/main:app:pub.os', { cookie: cookie(), origin: 'http://localhost:3000' })).toBe(404)
    expect(await open('/main:app:pub.os/safe', { cookie: cookie(), host })).toBe(404)
    expect(await open('/main:app:pub.os/safe', { cookie: cookie(MAIN) })).toBe(404)
  })

  test('beyond what one package may have is refused, until another closes', async () => {
    for (const id of [MAIN, 'other:app:pub.os', 'main:other:pub.os']) await web.launch(id, listener(socketBind('/')))
    for (let index = 0; index < APP_SOCKETS_MAX.each; index += 1) {
      await openedAt(index % 2 === 0 ? '/main:app:pub.os' : '/other:app:pub.os')
    }
    await openedAt('/main:other:pub.os')
    expect(await open('/main:app:pub.os')).toBe(404)
    opened[0]?.close()
    await until(() => heard.some(({ said }) => typeof said === 'object' && said !== null && 'WebSocketClose' in said))
    await openedAt('/main:app:pub.os')
  })

  test('ends with the server, which opens no other meanwhile', async () => {
    await web.launch(MAIN, listener(socketBind('/')))
    const late = connect(web.port, '127.0.0.1')
    await once(late, 'connect')
    late.write('GET /main:app:pub.os HTTP/1.1\r\n')
    // By the time that this one is open the server has read the line before it.
    const ended = once(await openedAt('/main:app:pub.os'), 'close')
    const closed = web.close()
    late.write(`Host: localhost:${web.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`)
    late.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    const [answer] = (await once(late, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 404 /)
    await closed
    expect(await ended).toEqual([1_006, expect.anything()])
  })
})
