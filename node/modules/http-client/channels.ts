import {
  bytesToUtf8,
  formatPackageId,
  formatProcessId,
  type HttpClientAnswer,
  type HttpClientError,
  type HttpClientEvent,
  httpClientEventJson,
  type HttpClientRequest,
  json,
  type KernelMessage,
  type ProcessAddress,
  type ProcessId,
  replyTarget,
  unreachable,
  type WsMessageType,
} from '@hyperware/protocol'
import { WebSocket } from 'ws'
import { createTally } from '../tally.ts'
import { createMailbox, type Mailbox } from '../web-sockets/mailbox.ts'
import { listen, MESSAGE_MAX_BYTES, sendFrame } from '../web-sockets/frames.ts'
import { usableHeaders } from './request-plan.ts'

/**
 * WebSockets that may be open at one time, of one package, whose processes may be many, and in all. As many may be opening
 * to replace one of these, and as many that were closed may wait for their servers.
 */
export const CHANNELS_MAX = { each: 64, all: 512 } as const
/** How long a server may take to open one. */
const OPEN_MS = 10_000
/** How often it is looked whether the processes of open ones are still there. */
const SWEEP_MS = 30_000

type Open = Extract<HttpClientRequest, { kind: 'WebSocketOpen' }>
type Push = Extract<HttpClientRequest, { kind: 'WebSocketPush' }>
type Close = Extract<HttpClientRequest, { kind: 'WebSocketClose' }>

/** The WebSockets of this node's processes to servers, by process and the channel id it chose. */
export type Channels = {
  readonly open: (asked: KernelMessage, request: Open) => Promise<HttpClientAnswer>
  readonly push: (asked: KernelMessage, request: Push) => HttpClientAnswer
  readonly close: (asked: KernelMessage, request: Close) => HttpClientAnswer
  readonly stop: () => void
}

/** What is kept of the request that opened a socket. */
type Opener = Pick<KernelMessage, 'id' | 'target'>
type Channel = { readonly socket: WebSocket; readonly owner: ProcessAddress; readonly mailbox: Mailbox }

const ACK: HttpClientAnswer = { kind: 'Ok', response: { kind: 'WebSocketAck' } }

export function createChannels(deps: {
  readonly our: ProcessAddress
  readonly send: (message: KernelMessage) => boolean
  readonly knows: (process: ProcessId) => boolean
  readonly print: (verbosity: number, text: string, subject?: string) => void
}): Channels {
  const channels = new Map<string, Channel>()
  const opening = new Set<WebSocket>()
  const tally = createTally(CHANNELS_MAX)
  const replacing = createTally(CHANNELS_MAX)
  const closing = createTally(CHANNELS_MAX)

  const sweep = setInterval(() => {
    for (const [key, { owner }] of channels) if (!deps.knows(owner.process)) forget(key)?.socket.terminate()
  }, SWEEP_MS)
  sweep.unref()

  function forget(key: string): Channel | undefined {
    const channel = channels.get(key)
    if (channel === undefined) return undefined
    channels.delete(key)
    channel.mailbox.stop()
    tally.leave(formatPackageId(channel.owner.process))
    return channel
  }

  /** Its server has half a minute to agree, unless so many closed ones of the package wait for theirs already. */
  function close({ socket, owner }: Channel): void {
    const who = formatPackageId(owner.process)
    if (!closing.enter(who)) return socket.terminate()
    socket.once('close', () => closing.leave(who))
    socket.close()
  }

  function eventOf({ id, target }: Opener, event: HttpClientEvent, bytes?: Uint8Array): KernelMessage {
    const mime = event.kind === 'WebSocketPush' && event.messageType === 'Text' ? TEXT : BYTES
    return {
      id,
      source: deps.our,
      target,
      rsvp: undefined,
      message: {
        kind: 'request',
        inherit: false,
        expectsResponse: undefined,
        body: json.encodeWith(httpClientEventJson, event),
        metadata: undefined,
        capabilities: [],
      },
      blob: bytes === undefined ? undefined : { mime, bytes },
    }
  }

  /** The socket is open: from now on its process hears of it. */
  function join(asked: KernelMessage, channelId: number, socket: WebSocket): void {
    const key = keyOf(asked, channelId)
    const owner = replyTarget(asked)
    // Not the request itself, which would be kept as long as the socket: it may have come with any blob.
    const opener = { id: asked.id, target: owner }
    const mailbox = createMailbox({ send: deps.send, socket })
    channels.set(key, { socket, owner, mailbox })
    listen(socket, {
      message(messageType, bytes) {
        // One that closes may still hear its server, which the process takes for that of the socket in its place.
        if (channels.get(key)?.socket !== socket) return
        const carried = carriesBytes(messageType) ? bytes : undefined
        mailbox.deliver(eventOf(opener, { kind: 'WebSocketPush', channelId, messageType }, carried))
      },
      closed() {
        if (channels.get(key)?.socket !== socket) return
        // What came before the end is delivered before it.
        mailbox.deliver(eventOf(opener, { kind: 'WebSocketClose', channelId }))
        mailbox.finish()
        channels.delete(key)
        tally.leave(formatPackageId(owner.process))
      },
    })
  }

  return {
    async open(asked, { url: address, headers, channelId }) {
      const url = URL.parse(address)
      if (url === null) return failed({ kind: 'BadUrl', url: address })
      const notOpened = failed({ kind: 'WsOpenFailed', url: url.href })
      const key = keyOf(asked, channelId)
      const opener = formatProcessId(replyTarget(asked).process)
      const who = formatPackageId(replyTarget(asked).process)
      const full = (): HttpClientAnswer => {
        const count = `${tally.of(who)} WebSockets of ${tally.total()} in all`
        deps.print(0, `http-client: ${who} has ${count}, and gets no more`, opener)
        return notOpened
      }
      // It will have the place of the one that it replaces, which stays open until then.
      const room = channels.has(key) ? replacing : tally
      if (!room.enter(who)) return full()
      const socket = await openSocket(url, usableHeaders(headers), opening)
      room.leave(who)
      if (typeof socket === 'string') {
        deps.print(1, `http-client: no WebSocket of ${opener} to ${JSON.stringify(url.href.slice(0, 200))}: ${socket}`)
        return notOpened
      }
      // Only now: an opening that fails replaces nothing.
      const replaced = forget(key)
      if (replaced !== undefined) close(replaced)
      // What was to be replaced may have ended meanwhile, and another have its place.
      if (!tally.enter(who)) {
        socket.terminate()
        return full()
      }
      join(asked, channelId, socket)
      return ACK
    },

    push(asked, { channelId, messageType }) {
      const channel = channels.get(keyOf(asked, channelId))
      if (channel === undefined) return failed({ kind: 'WsPushUnknownChannel', channelId })
      const bytes = asked.blob?.bytes
      if (bytes === undefined && carriesBytes(messageType)) return failed({ kind: 'WsPushNoBlob' })
      if (messageType === 'Text' && bytes !== undefined && !bytesToUtf8(bytes).ok)
        return failed({ kind: 'WsPushBadText' })
      const sent = sendFrame(channel.socket, messageType, bytes ?? new Uint8Array(0))
      switch (sent) {
        case 'sent':
          return ACK
        case 'too-long':
          return failed({ kind: 'MalformedRequest' })
        case 'full':
          return failed({ kind: 'ExecuteRequestFailed', reason: 'the server does not take what was pushed before' })
        default:
          return unreachable(sent)
      }
    },

    close(asked, { channelId }) {
      const channel = forget(keyOf(asked, channelId))
      if (channel === undefined) return failed({ kind: 'WsCloseFailed', channelId })
      close(channel)
      return ACK
    },

    stop() {
      clearInterval(sweep)
      for (const socket of opening) socket.terminate()
      for (const key of channels.keys()) forget(key)?.socket.terminate()
    },
  }
}

const TEXT = 'text/plain'
const BYTES = 'application/octet-stream'

function keyOf(asked: KernelMessage, channelId: number): string {
  return `${formatProcessId(replyTarget(asked).process)} ${channelId}`
}

/** Other messages have no blob on their way to a process, and need none on the way from it. */
function carriesBytes(type: WsMessageType): boolean {
  return type === 'Text' || type === 'Binary'
}

function failed(error: HttpClientError): HttpClientAnswer {
  return { kind: 'Err', error }
}

/** By which an opener says what is to be spoken: the library has to know, since it compares what the server chose. */
const PROTOCOL = 'sec-websocket-protocol'
/** What else the library says of itself, such as that it speaks no extension. */
const OF_THE_HANDSHAKE = new Set(['sec-websocket-extensions', 'sec-websocket-key', 'sec-websocket-version'])

function takeProtocols(headers: ReadonlyMap<string, string>): {
  readonly protocols: string[]
  readonly others: Record<string, string>
} {
  const protocols: string[] = []
  const others: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (key === PROTOCOL) protocols.push(...value.split(',').map((protocol) => protocol.trim()))
    else if (!OF_THE_HANDSHAKE.has(key)) others[name] = value
  }
  return { protocols, others }
}

/** The open socket, or why there is none. */
function openSocket(
  url: URL,
  headers: ReadonlyMap<string, string>,
  opening: Set<WebSocket>,
): Promise<WebSocket | string> {
  // The library knows further ones; by one of them it goes to any socket in this machine's file system.
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    return Promise.resolve(`its scheme is "${url.protocol.slice(0, -1)}", expected ws or wss`)
  }
  const { protocols, others } = takeProtocols(headers)
  return new Promise((resolve) => {
    let socket: WebSocket
    try {
      socket = new WebSocket(url, protocols, {
        headers: others,
        handshakeTimeout: OPEN_MS,
        maxPayload: MESSAGE_MAX_BYTES,
        perMessageDeflate: false,
      })
    } catch (error) {
      return resolve(error instanceof Error ? error.message : String(error))
    }
    opening.add(socket)
    const settle = (result: WebSocket | string): void => {
      opening.delete(socket)
      // What the server sends at once must find its listeners, which are added after the answer.
      if (typeof result !== 'string') result.pause()
      resolve(result)
    }
    socket.once('open', () => settle(socket))
    socket.on('error', (error) => settle(error.message))
  })
}
