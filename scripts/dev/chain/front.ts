import {
  createServer,
  request as httpRequest,
  Agent,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import { formatError } from '@hyperware/protocol'
import { ChainError } from '../../errors.ts'
import { waitUntilMined } from './anvil.ts'
import type { ChainLog, DurableChain } from './durable-chain.ts'
import { REQUEST_MAX_BYTES, RPC_ERRORS, formatRpcError, parseRpcBody, readAnswers, type RpcBody } from './json-rpc.ts'
import { answersBeforeMining, changesChain, movesClock } from './methods.ts'

/** Most WebSocket clients at a time, and most bytes that may wait for one that reads too slowly. */
const SOCKETS_MAX = 256
const SOCKET_BACKLOG_MAX_BYTES = 256 * 1024 * 1024
/** How long a broken connection waits for the news that anvil itself has stopped, which a busy machine brings late. */
const STOP_NOTICE_MS = 10_000
const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])

type Accepted = Exclude<RpcBody, { kind: 'refused' }>

/** The public side of a development chain: JSON-RPC over HTTP and WebSocket on one port. */
export type ChainFront = { port: number; close: () => Promise<void> }

/** Names this machine gives itself. Other names mean a web page that had its own name resolve to this machine. */
function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOSTS.has((host ?? '').replace(/:\d+$/, ''))
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  if (Number(incoming.headers['content-length']) > REQUEST_MAX_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > REQUEST_MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Posts a request to anvil and hands over its answer unread, so that a long list of logs is never held here. */
function post(agent: Agent, url: string, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = httpRequest(url, { method: 'POST', agent, headers }, resolve)
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) })
  response.end(json)
}

/**
 * Serves `chain` on 127.0.0.1. An answer to a call that changes the chain is held until the change is mined and on disk;
 * everything else passes straight through. `port` 0 takes any free port.
 */
export async function openChainFront(input: { chain: DurableChain; port: number; log: ChainLog }): Promise<ChainFront> {
  const { chain, log } = input
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })

  const change = async (body: Accepted, text: string): Promise<string> => {
    if (body.calls.some((call) => movesClock(call.method))) chain.clockMoved()
    try {
      const anvil = await chain.anvil()
      const answer = await readText(await post(agent, anvil.url, text))
      const sends = new Set(body.calls.filter((call) => answersBeforeMining(call.method)).map((call) => call.id))
      const hashes = readAnswers(answer).flatMap(({ id, result }) =>
        sends.has(id) && typeof result === 'string' ? [result] : [],
      )
      await Promise.all(hashes.map((hash) => waitUntilMined(anvil, hash)))
      if ((await chain.save()) === anvil) return answer
      const detail = 'anvil stopped in the middle of it'
      throw new ChainError({ code: 'anvil-stopped', detail }, `Cannot save the change: ${detail}`)
    } catch (error) {
      const problem = `Cannot confirm the change: ${formatError(error)}; it may be lost, so look before sending it again`
      log('chain-change-unconfirmed', { methods: body.calls.slice(0, 8).map((call) => call.method), problem })
      return formatRpcError(body, RPC_ERRORS.unavailable, problem)
    }
  }

  const read = async (text: string): Promise<IncomingMessage> => {
    const first = await chain.anvil()
    try {
      return await post(agent, first.url, text)
    } catch (error) {
      await Promise.race([first.stopped, sleep(STOP_NOTICE_MS)])
      const second = await chain.anvil() // a read is safe to repeat, on the anvil that took the first one's place
      if (second === first) throw error
      return await post(agent, second.url, text)
    }
  }

  const answerHttp = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'content-type')
    response.setHeader('access-control-allow-methods', 'POST')
    if (!isLocalHost(incoming.headers.host)) {
      send(
        response,
        403,
        formatRpcError(undefined, RPC_ERRORS.invalidRequest, 'Cannot answer: expected a local host name'),
      )
      return
    }
    if (incoming.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    if (incoming.method !== 'POST') {
      response.setHeader('allow', 'POST, OPTIONS')
      send(
        response,
        405,
        formatRpcError(undefined, RPC_ERRORS.invalidRequest, 'Cannot answer: expected POST with JSON-RPC'),
      )
      return
    }
    const text = await readBody(incoming)
    if (text === undefined) {
      response.setHeader('connection', 'close')
      const message = `Cannot read the request: more than ${REQUEST_MAX_BYTES} bytes`
      send(response, 413, formatRpcError(undefined, RPC_ERRORS.tooLarge, message))
      return
    }
    const body = parseRpcBody(text)
    if (body.kind === 'refused') {
      send(response, 200, formatRpcError(body, body.code, body.message))
      return
    }
    if (body.calls.some((call) => changesChain(call.method))) {
      send(response, 200, await change(body, text))
      return
    }
    let upstream: IncomingMessage
    try {
      upstream = await read(text)
    } catch (error) {
      send(response, 503, formatRpcError(body, RPC_ERRORS.unavailable, formatError(error)))
      return
    }
    const length = upstream.headers['content-length']
    response.writeHead(upstream.statusCode ?? 502, {
      'content-type': 'application/json',
      ...(length === undefined ? {} : { 'content-length': length }),
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    // A client that left before the answer came has sent its "close" already.
    if (response.destroyed) upstream.destroy()
    else upstream.pipe(response)
  }

  const server = createServer((incoming, response) => {
    answerHttp(incoming, response).catch((error: unknown) => {
      log('chain-front-failed', { problem: formatError(error) })
      response.destroy()
    })
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: REQUEST_MAX_BYTES })
  server.on('upgrade', (incoming, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (!isLocalHost(incoming.headers.host) || sockets.clients.size >= SOCKETS_MAX) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(incoming, socket, head, (client) => {
      serveSocket(chain, client, change)
    })
  })
  await listen(server, input.port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : input.port,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      agent.destroy()
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

/** Joins one client to a WebSocket of anvil's own, so that subscriptions work, and takes changes the durable way. */
function serveSocket(
  chain: DurableChain,
  client: WebSocket,
  change: (body: Accepted, text: string) => Promise<string>,
): void {
  const early: string[] = []
  let upstream: WebSocket | undefined

  const toClient = (text: string) => {
    if (client.bufferedAmount > SOCKET_BACKLOG_MAX_BYTES) client.terminate()
    else if (client.readyState === WebSocket.OPEN) client.send(text)
  }
  const join = async () => {
    const { url } = await chain.anvil()
    if (client.readyState !== WebSocket.OPEN) return
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { maxPayload: 0 })
    upstream = socket
    socket.on('open', () => {
      for (const text of early.splice(0)) socket.send(text)
    })
    socket.on('message', (data: RawData) => toClient(textOf(data)))
    socket.on('error', () => client.terminate())
    socket.on('close', () => client.close(1012, 'the chain is starting again'))
  }
  client.on('message', (data: RawData) => {
    const text = textOf(data)
    const body = parseRpcBody(text)
    if (body.kind === 'refused') {
      toClient(formatRpcError(body, body.code, body.message))
    } else if (body.calls.some((call) => changesChain(call.method))) {
      void change(body, text).then(toClient) // never rejects: a failure is an answer too
    } else if (upstream?.readyState === WebSocket.OPEN) {
      upstream.send(text)
    } else if (early.length < SOCKETS_MAX) {
      early.push(text)
    } else {
      client.terminate()
    }
  })
  client.on('error', () => client.terminate())
  client.on('close', () => upstream?.terminate())
  join().catch(() => client.terminate())
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
