import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  HTTP_CLIENT_PROCESS,
  HTTP_SERVER_PROCESS,
  type KernelMessage,
  parseAddress,
  parseProcessId,
  utf8ToBytes,
} from '@hyperware/protocol'
import { buildGuest } from '../../../node/kit/index.ts'
import { createHttpClient } from '../../../node/modules/http-client/http-client.ts'
import type { HttpServer } from '../../../node/modules/http-server/http-server.ts'
import { createServing } from '../../../node/modules/http-server/serving.ts'
import { type ComponentRunner, createComponentRunner, MEMORY_MAX_BYTES } from '../../../node/wasm/runner.ts'
import { startBareServer } from '../modules/http-server/bare-server.ts'
import { type ComponentNode, startComponentNode } from '../wasm/component-node.ts'

const NAME = 'alice.os'
const CACHE = fileURLToPath(new URL('../../../cache/components', import.meta.url))

let runner: ComponentRunner
let node: ComponentNode
let server: HttpServer
let elsewhere: Server
let stopModules: () => void

beforeAll(async () => {
  const wasm = await buildGuest(fileURLToPath(new URL('http-guest.ts', import.meta.url)), { cacheFolder: CACHE })
  runner = createComponentRunner({ idleThreads: 1 })
  const deps = {
    ourName: NAME,
    jwtSecret: new Uint8Array(32),
    now: () => Date.now(),
    send: (message: KernelMessage) => node.kernel.send(message),
    randomId: () => randomBytes(8).readBigUInt64BE(),
    knows: () => true,
    print: () => undefined,
  }
  const serving = createServing(deps)
  const client = createHttpClient(deps)
  node = startComponentNode(runner, {
    memoryMaxBytes: MEMORY_MAX_BYTES,
    modules: [
      { id: HTTP_SERVER_PROCESS, public: false, inbox: serving.inbox },
      {
        id: HTTP_CLIENT_PROCESS,
        public: false,
        inbox: (delivery) => (delivery.kind === 'message' ? client.handle(delivery.message) : undefined),
      },
    ],
  })
  await node.launch('site', wasm)
  await node.kernel.grant(
    parseProcessId('site:app:pub.os'),
    ['http-server', 'http-client'].map((name) => ({
      issuer: parseAddress(`${NAME}@${name}:distro:sys`),
      params: '"messaging"',
    })),
  )
  server = await startBareServer({ node: NAME, jwtSecret: deps.jwtSecret, now: deps.now, serving })
  elsewhere = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () =>
      response.writeHead(202, { 'X-Name': 'x' }).end(`${request.headers['content-type']} ${text}`),
    )
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  stopModules = () => {
    client.stop()
    serving.sockets.stop()
  }
  expect(await say('bind')).toBe('bound')
})

afterAll(async () => {
  stopModules()
  await server.stop()
  await new Promise((resolve) => elsewhere.close(resolve))
  await node.stop()
  await runner.close()
})

async function say(command: string): Promise<string> {
  return Buffer.from(await node.request('site', utf8ToBytes(command))).toString()
}

const page = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}/site:app:pub.os${path}`, { redirect: 'manual', ...init })

test('a process answers the requests to its paths', async () => {
  const answer = await page('/notes/7?q=a%26b', { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/x' } })
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(await answer.json()).toEqual({
    method: 'PUT',
    path: '/notes/7',
    boundPath: '/notes/:id',
    id: '7',
    q: 'a&b',
    type: 'text/x',
    text: 'hello',
  })
  expect(await (await page('')).json()).toMatchObject({ path: '/', boundPath: '/' })
  const made = await page('/made')
  expect([made.status, made.headers.get('content-type'), await made.text()]).toEqual([201, 'text/html', '<p>made</p>'])
})

test('a process whose page fails says so, and goes on', async () => {
  const broken = await page('/broken')
  expect([broken.status, await broken.text()]).toEqual([500, 'This page failed'])
  expect(node.prints).toEqual(['app:pub.os: GET /broken failed: nobody wrote this page'])
  expect((await page('/made')).status).toBe(201)
})

test('a process leaves content, takes paths away, and asks for a login', async () => {
  const style = await page('/style.css')
  expect([style.status, style.headers.get('content-type'), await style.text()]).toEqual([200, 'text/css', 'body{}'])
  expect((await page('/gone')).status).toBe(404)
  expect(await (await page('/private')).text()).toContain('Log in to alice.os')
})

test('a process speaks with its pages over a WebSocket', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/site:app:pub.os/live`)
  socket.on('open', () => socket.send('hello'))
  const answer = await new Promise<string>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data) => resolve(Buffer.isBuffer(data) ? data.toString() : 'not text'))
  })
  socket.terminate()
  expect(answer).toBe('{"heard":"hello"}')
})

test('a process fetches, and hears by name what went wrong', async () => {
  const { port } = elsewhere.address() as AddressInfo
  expect(await say(`fetch http://127.0.0.1:${port}/x`)).toBe('202 x application/json {"n":9223372036854775808}')
  expect(await say('fetch nowhere')).toBe('BadUrl: Cannot fetch "nowhere": this is not an address')
  expect(await say('fetch http://127.0.0.1:1/')).toMatch(
    /^ExecuteRequestFailed: Cannot fetch "http:.*": .*ECONNREFUSED/,
  )
})
