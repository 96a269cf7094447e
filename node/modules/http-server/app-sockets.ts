import { isUtf8 } from 'node:buffer'
import { randomInt } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  formatPackageId,
  formatProcessId,
  HTTP_SERVER_PROCESS,
  type HttpServerErrorKind,
  type HttpServerRequest,
  httpServerRequestJson,
  json,
  type KernelMessage,
  type ProcessId,
  utf8ToBytes,
  type WsMessageType,
} from '@hyperware/protocol'
import { WebSocket, WebSocketServer } from 'ws'
import { createTally } from '../tally.ts'
import { listen, MESSAGE_MAX_BYTES, sendFrame } from '../web-sockets/frames.ts'
import { createMailbox, type Mailbox } from '../web-sockets/mailbox.ts'
import type { AppAccess } from './app-access.ts'
import { socketAddress } from './app-messages.ts'
import { isFromElsewhere, originOf, secureSubdomain, targetOf } from './app-origin.ts'
import { isPlainPath } from './apps.ts'
import { type BindingTable, type SocketBinding, withoutLastSlash } from './bindings.ts'

/** WebSockets that may be open, to one package, whose processes may be many, and to all (modules.md section 9.3). */
export const APP_SOCKETS_MAX = { each: 64, all: 128 } as const
/** How often it is looked whether the processes of open ones are still there. */
const SWEEP_MS = 30_000

export type AppSockets = {
  /** Whether a WebSocket may be opened; when not, the request is answered like any other. */
  readonly accepts: (incoming: IncomingMessage) => boolean
  readonly open: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Undefined when it was sent. */
  readonly push: (
    process: ProcessId,
    channelId: number,
    frame: { readonly type: WsMessageType; readonly bytes: Uint8Array },
  ) => HttpServerErrorKind | undefined
  readonly close: (process: ProcessId, channelId: number) => HttpServerErrorKind | undefined
  /** Ends those that are open, and opens no more. */
  readonly stop: () => void
}

type Channel = { readonly socket: WebSocket; readonly process: ProcessId; readonly mailbox: Mailbox }

export function createAppSockets(deps: {
  readonly node: string
  readonly bindings: Pick<BindingTable<SocketBinding>, 'find'>
  readonly access: AppAccess
  readonly send: (message: KernelMessage) => boolean
  readonly knows: (process: ProcessId) => boolean
  readonly randomId: () => bigint
}): AppSockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MESSAGE_MAX_BYTES,
    perMessageDeflate: false,
  })
  const channels = new Map<number, Channel>()
  const tally = createTally(APP_SOCKETS_MAX)
  let stopped = false
  const sweep = setInterval(() => {
    for (const [id, { process }] of channels) if (!deps.knows(process)) forget(id)?.socket.terminate()
  }, SWEEP_MS)
  sweep.unref()

  function find(incoming: IncomingMessage): SocketBinding | undefined {
    if (stopped || !isHandshake(incoming)) return undefined
    const origin = originOf(incoming)
    const { path } = targetOf(incoming)
    if (origin.kind === 'foreign' || !isPlainPath(path)) return undefined
    const match = deps.bindings.find(withoutLastSlash(path))
    if (match === undefined || match === 'unbound') return undefined
    const { binding } = match
    if (origin.kind === 'package' && origin.subdomain !== secureSubdomain(binding.process)) return undefined
    // Extensions speak to this machine only, which takes a node that exposes such paths.
    if (binding.extension) return undefined
    const open = !binding.authenticated || (deps.access.admits(incoming, origin, binding) && !isFromElsewhere(incoming))
    return open ? binding : undefined
  }

  function forget(id: number): Channel | undefined {
    const channel = channels.get(id)
    if (channel === undefined) return undefined
    channels.delete(id)
    channel.mailbox.stop()
    tally.leave(formatPackageId(channel.process))
    return channel
  }

  function requestTo(process: ProcessId, said: HttpServerRequest, bytes?: Uint8Array): KernelMessage {
    return {
      id: deps.randomId(),
      source: { node: deps.node, process: HTTP_SERVER_PROCESS },
      target: { node: deps.node, process },
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: undefined,
        body: json.encodeWith(httpServerRequestJson, said),
        metadata: undefined,
        capabilities: [],
      },
      blob: bytes === undefined ? undefined : { mime: undefined, bytes },
    }
  }

  function join(socket: WebSocket, incoming: IncomingMessage, process: ProcessId): void {
    const channelId = freshChannelId(channels)
    const mailbox = createMailbox({ send: deps.send, socket })
    channels.set(channelId, { socket, process, mailbox })
    mailbox.deliver(
      requestTo(process, {
        kind: 'WebSocketOpen',
        path: pathWithin(process, targetOf(incoming).path),
        channelId,
        sourceSocketAddr: socketAddress(incoming),
        forwardedFor: forwardedFor(incoming),
      }),
    )
    const hear = (messageType: WsMessageType, bytes: Uint8Array): void =>
      mailbox.deliver(requestTo(process, { kind: 'WebSocketPush', channelId, messageType }, bytes))
    listen(socket, {
      message: hear,
      closed(reason) {
        if (!channels.delete(channelId)) return
        if (reason !== undefined) hear('Close', reason)
        mailbox.deliver(requestTo(process, { kind: 'WebSocketClose', channelId }))
        mailbox.finish()
        tally.leave(formatPackageId(process))
      },
    })
  }

  /** What its client still says is heard, and its end, since the client has half a minute to agree. */
  function close(process: ProcessId, channelId: number): HttpServerErrorKind | undefined {
    const channel = channels.get(channelId)
    if (channel === undefined) return undefined
    if (!isSame(channel.process, process)) return 'WsChannelNotFound'
    channel.socket.close()
    return undefined
  }

  return {
    accepts: (incoming) => {
      const binding = find(incoming)
      if (binding === undefined) return false
      const who = formatPackageId(binding.process)
      return tally.of(who) < APP_SOCKETS_MAX.each && tally.total() < APP_SOCKETS_MAX.all
    },
    open(incoming, duplex, head) {
      const binding = find(incoming)
      const who = binding === undefined ? '' : formatPackageId(binding.process)
      if (binding === undefined || !tally.enter(who)) return void duplex.destroy()
      let joined = false
      // A handshake that is malformed is refused by the library, which never calls back.
      duplex.once('close', () => {
        if (!joined) tally.leave(who)
      })
      server.handleUpgrade(incoming, duplex, head, (socket) => {
        joined = true
        join(socket, incoming, binding.process)
      })
    },
    push(process, channelId, { type, bytes }) {
      if (type === 'Close') return close(process, channelId)
      const channel = channels.get(channelId)
      if (channel === undefined || !isSame(channel.process, process)) return 'WsChannelNotFound'
      if (channel.socket.readyState !== WebSocket.OPEN) return 'WsChannelNotFound'
      const sent = sendFrame(channel.socket, type, type === 'Text' ? utf8Of(bytes) : bytes)
      if (sent === 'sent') return undefined
      if (sent === 'too-long') return type === 'Ping' || type === 'Pong' ? 'WsPingPongTooLong' : 'MalformedRequest'
      // A client that does not read is as good as gone.
      channel.socket.terminate()
      return 'WsChannelNotFound'
    },
    close,
    stop() {
      stopped = true
      clearInterval(sweep)
      for (const id of channels.keys()) forget(id)?.socket.terminate()
      server.close()
    },
  }
}

/** Whether this asks for a WebSocket as RFC 6455 has it; programs offer other protocols with any request. */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    HANDSHAKE_KEY.test(headers['sec-websocket-key'] ?? '')
  )
}

/** 16 bytes in base64. */
const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/

/** A client must end a connection by which a text comes that is none. */
function utf8Of(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : utf8ToBytes(Buffer.from(bytes).toString())
}

function isSame(a: ProcessId, b: ProcessId): boolean {
  return formatProcessId(a) === formatProcessId(b)
}

function freshChannelId(taken: ReadonlyMap<number, unknown>): number {
  for (;;) {
    const id = randomInt(2 ** 32)
    if (!taken.has(id)) return id
  }
}

/** The path as its process bound it: without the process id, and with one slash in front. */
function pathWithin(process: ProcessId, path: string): string {
  const prefix = `/${formatProcessId(process)}`
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : path
  return `/${withoutLastSlash(rest).replace(/^\/+/, '')}`
}

function forwardedFor({ headers }: IncomingMessage): string | undefined {
  const [first] = String(headers['x-forwarded-for'] ?? '').split(',')
  const found = [first?.trim(), headers['x-real-ip'], headers['cf-connecting-ip']].find(
    (value) => typeof value === 'string' && value !== '',
  )
  return typeof found === 'string' ? found : undefined
}
