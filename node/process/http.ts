import {
  equalProcessIds,
  HTTP_CLIENT_PROCESS,
  HTTP_SERVER_PROCESS,
  type HttpClientError,
  httpClientAnswerJson,
  type HttpClientRequest,
  httpClientRequestJson,
  HyperwareError,
  type HttpServerAction,
  httpServerActionJson,
  httpServerAnswerJson,
  type HttpServerRequest,
  httpServerRequestJson,
  httpServerResponseJson,
  json,
  type JsonValue,
  quote,
  type WsMessageType,
} from '@hyperware/protocol'
import { type Body, bodyBytes, jsonOf, textOf } from './body.ts'
import { ask, type Incoming, isLocal, respond } from './messages.ts'
import { print } from './print.ts'

const CLIENT = { node: 'our', process: HTTP_CLIENT_PROCESS }
const SERVER = { node: 'our', process: HTTP_SERVER_PROCESS }
/** Seconds that `http.fetch` waits unless told otherwise. */
const FETCH_SECONDS = 30

export type HttpProblem = { code: HttpClientError['kind'] | 'unreadable' | 'refused'; what: string; reason: string }

/** Something that could not be fetched or bound. What a server answers is no error, whatever its status. */
export class HttpError extends HyperwareError<HttpProblem> {}

export type Fetch = {
  readonly url: string
  /** GET unless given. */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Body | undefined
  /** 30 unless given. */
  readonly timeoutSeconds?: number | undefined
}

/** A body, in whichever form it is wanted. */
type Bytes = {
  readonly body: Uint8Array
  /** @throws BodyError */
  readonly text: () => string
  /** @throws BodyError */
  readonly json: () => JsonValue
}

export type Fetched = Bytes & {
  readonly status: number
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
}

export type BindOptions = {
  /** Asks for a login of the node's owner: true unless given. */
  readonly authenticated?: boolean | undefined
  /** Answers only at the origin of the package, and always asks for a login. */
  readonly secure?: boolean | undefined
  /** Answers only to this machine, on nodes that expose such paths. */
  readonly localOnly?: boolean | undefined
}

/** A request to a path of this process. */
export type HttpRequest = Bytes & {
  readonly method: string
  /** Without the process id and the query: `/messages/7`. */
  readonly path: string
  /** As it was bound, in the same form: `/messages/:id`. */
  readonly boundPath: string
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** What the names of the bound path stand for. */
  readonly params: ReadonlyMap<string, string>
  readonly query: ReadonlyMap<string, string>
}

export type HttpReply = {
  /** 200 unless given. */
  readonly status?: number | undefined
  /** The content type follows from the body unless it is among these. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Body | undefined
}

/** What a WebSocket of a page brings. */
export type SocketEvent =
  | { readonly kind: 'open'; readonly channelId: number; readonly path: string }
  | ({ readonly kind: 'message'; readonly channelId: number; readonly type: WsMessageType } & Bytes)
  | { readonly kind: 'close'; readonly channelId: number }

/** HTTP to other servers, and to this process at `/<process id>/…` of its node. */
export const http = {
  /** Waits for the response; redirects are followed. @throws HttpError, SendError */
  fetch(request: Fetch | string): Fetched {
    const { url, method = 'GET', headers = {}, body, timeoutSeconds } = asFetch(request)
    const asked: HttpClientRequest = {
      kind: 'Http',
      method,
      version: undefined,
      url,
      headers: withContentType(body, headers),
    }
    const answer = ask(CLIENT, json.encodeWith(httpClientRequestJson, asked), {
      timeoutSeconds: timeoutSeconds ?? FETCH_SECONDS,
      blob: body === undefined ? undefined : { mime: undefined, bytes: bodyBytes(body) },
    })
    const said = json.decodeWith(httpClientAnswerJson, 'the answer', answer.body)
    const what = `fetch ${quote(url)}`
    if (!said.ok) throw failure(what, 'unreadable', said.problem)
    if (said.value.kind === 'Err') throw failure(what, said.value.error.kind, describe(said.value.error))
    const { response } = said.value
    if (response.kind !== 'Http') throw failure(what, 'unreadable', `it answers ${response.kind}`)
    const lowerCase = [...response.headers].map(([name, value]) => [name.toLowerCase(), value] as const)
    return { status: response.status, headers: new Map(lowerCase), ...bytesOf(answer.blob?.bytes) }
  },

  /** From now on requests to the path come to this process: see `answer`. @throws HttpError, SendError */
  bind(path: string, options: BindOptions = {}): void {
    perform(`bind ${quote(path)}`, bindAction(path, options, false))
  },
  /** The node itself answers every GET of the path with this content. @throws HttpError, SendError */
  bindContent(path: string, content: Body, mime: string, options: BindOptions = {}): void {
    perform(`bind ${quote(path)}`, bindAction(path, options, true), { mime, bytes: bodyBytes(content) })
  },
  /** The path answers 404. @throws HttpError, SendError */
  unbind(path: string): void {
    perform(`unbind ${quote(path)}`, { kind: 'Unbind', path })
  },

  /** The request that a message brings; undefined when it brings none. Every one expects a `reply`. */
  readRequest(message: Incoming): HttpRequest | undefined {
    const request = readServer(message)
    if (request?.kind !== 'Http' || message.kind !== 'request') return undefined
    const { method, url, boundPath, headers, urlParams, queryParams } = request
    const path = url.slice(url.indexOf('/', 'http://'.length))
    return {
      method,
      path: withinProcess(path),
      boundPath: withinProcess(boundPath),
      headers,
      params: urlParams,
      query: queryParams,
      ...bytesOf(message.blob?.bytes),
    }
  },
  /** Replies to the latest request. */
  reply({ status = 200, headers = {}, body }: HttpReply): void {
    const all = withContentType(body, headers)
    const bytes = body === undefined ? new Uint8Array(0) : bodyBytes(body)
    respond(json.encodeWith(httpServerResponseJson, { status, headers: all }), { blob: { mime: undefined, bytes } })
  },
  /**
   * Replies with what `handle` makes of the request, and says whether the message was one. A throw is printed, and
   * replied to with 500: one bad request does not end the process.
   */
  answer(message: Incoming, handle: (request: HttpRequest) => HttpReply): boolean {
    const request = http.readRequest(message)
    if (request === undefined) return false
    try {
      http.reply(handle(request))
    } catch (error) {
      print(`${request.method} ${request.path} failed: ${error instanceof Error ? error.message : String(error)}`)
      http.reply({ status: 500, body: 'This page failed' })
    }
    return true
  },

  /** From now on pages may open WebSockets to the path: see `readSocket`. @throws HttpError, SendError */
  bindSocket(path: string, { authenticated = true, secure = false }: Omit<BindOptions, 'localOnly'> = {}): void {
    const what = `bind ${quote(path)}`
    if (secure) perform(what, { kind: 'WebSocketSecureBind', path, extension: false })
    else perform(what, { kind: 'WebSocketBind', path, authenticated, extension: false })
  },
  unbindSocket(path: string): void {
    perform(`unbind ${quote(path)}`, { kind: 'WebSocketUnbind', path })
  },
  /** What a WebSocket of a page brings with this message; undefined when it is none. */
  readSocket(message: Incoming): SocketEvent | undefined {
    const request = readServer(message)
    if (request === undefined || request.kind === 'Http' || message.kind !== 'request') return undefined
    const { channelId } = request
    if (request.kind === 'WebSocketOpen') return { kind: 'open', channelId, path: request.path }
    if (request.kind === 'WebSocketClose') return { kind: 'close', channelId }
    return { kind: 'message', channelId, type: request.messageType, ...bytesOf(message.blob?.bytes) }
  },
  /** Sends to a page: text and JSON as text, bytes as they are. @throws HttpError when the WebSocket is gone; SendError */
  push(channelId: number, body: Body): void {
    const messageType = body instanceof Uint8Array ? 'Binary' : 'Text'
    const blob = { mime: undefined, bytes: bodyBytes(body) }
    perform(`push to channel ${channelId}`, { kind: 'WebSocketPush', channelId, messageType }, blob)
  },
  closeSocket(channelId: number): void {
    perform(`close channel ${channelId}`, { kind: 'WebSocketClose', channelId })
  },
}

function asFetch(request: Fetch | string): Fetch {
  return typeof request === 'string' ? { url: request } : request
}

function perform(what: string, action: HttpServerAction, blob?: { mime: string | undefined; bytes: Uint8Array }): void {
  const answer = ask(SERVER, json.encodeWith(httpServerActionJson, action), { blob })
  const said = json.decodeWith(httpServerAnswerJson, 'the answer', answer.body)
  if (!said.ok) throw failure(what, 'unreadable', said.problem)
  if (said.value.kind === 'Err') throw failure(what, 'refused', said.value.error)
}

function bindAction(path: string, options: BindOptions, cache: boolean): HttpServerAction {
  const { authenticated = true, secure = false, localOnly = false } = options
  return secure ? { kind: 'SecureBind', path, cache } : { kind: 'Bind', path, authenticated, localOnly, cache }
}

/** Only this node's own server is believed. */
function readServer(message: Incoming): HttpServerRequest | undefined {
  if (message.kind !== 'request' || !isLocal(message)) return undefined
  if (!equalProcessIds(message.source.process, HTTP_SERVER_PROCESS)) return undefined
  const request = json.decodeWith(httpServerRequestJson, 'the request', message.body)
  return request.ok ? request.value : undefined
}

/** `/chat:chat:template.os/messages` is `/messages`. The home page alone has no process id in front. */
function withinProcess(path: string): string {
  const [, first = ''] = path.split('/', 2)
  const rest = first.includes(':') ? path.slice(first.length + 1) : path
  return rest === '' ? '/' : rest
}

function withContentType(body: Body | undefined, headers: Readonly<Record<string, string>>): Map<string, string> {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (body !== undefined && !(body instanceof Uint8Array) && !all.has('content-type')) {
    all.set('content-type', typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json')
  }
  return all
}

function bytesOf(body: Uint8Array = new Uint8Array(0)): Bytes {
  return { body, text: () => textOf(body), json: () => jsonOf(body) }
}

function describe(error: HttpClientError): string {
  if ('reason' in error) return error.reason
  if ('method' in error) return `there is no method ${quote(error.method)}`
  if ('url' in error) return 'this is not an address'
  return error.kind
}

function failure(what: string, code: HttpProblem['code'], reason: string): HttpError {
  return new HttpError({ code, what, reason }, `Cannot ${what}: ${reason}`)
}
