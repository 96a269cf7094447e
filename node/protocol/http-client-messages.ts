import {
  enumeration,
  type JsonCodec,
  option,
  record,
  structVariant,
  text,
  u16,
  u32,
  unit,
  variant,
} from './json-codecs.ts'
import { unitEnum } from './json-parts.ts'
import type { ProcessId } from './processes.ts'

/** The process that makes HTTP requests and opens WebSockets for others. */
export const HTTP_CLIENT_PROCESS: ProcessId = { process: 'http-client', package: 'distro', publisher: 'sys' }

/** What a WebSocket carries, to a server and from one. */
export const WS_MESSAGE_TYPES = ['Text', 'Binary', 'Ping', 'Pong', 'Close'] as const
export type WsMessageType = (typeof WS_MESSAGE_TYPES)[number]
export const wsMessageTypeJson: JsonCodec<WsMessageType> = unitEnum(WS_MESSAGE_TYPES)

/** What the http-client is asked (modules.md section 8). The body of a request or a push comes as the blob. */
export type HttpClientRequest =
  | {
      readonly kind: 'Http'
      readonly method: string
      readonly version: string | undefined
      readonly url: string
      readonly headers: ReadonlyMap<string, string>
    }
  | {
      readonly kind: 'WebSocketOpen'
      readonly url: string
      readonly headers: ReadonlyMap<string, string>
      readonly channelId: number
    }
  | { readonly kind: 'WebSocketPush'; readonly channelId: number; readonly messageType: WsMessageType }
  | { readonly kind: 'WebSocketClose'; readonly channelId: number }

export const httpClientRequestJson: JsonCodec<HttpClientRequest> = enumeration<HttpClientRequest>([
  structVariant<HttpClientRequest, 'Http'>('Http', {
    method: ['method', text],
    version: ['version', option(text)],
    url: ['url', text],
    headers: ['headers', record(text)],
  }),
  structVariant<HttpClientRequest, 'WebSocketOpen'>('WebSocketOpen', {
    url: ['url', text],
    headers: ['headers', record(text)],
    channelId: ['channel_id', u32],
  }),
  structVariant<HttpClientRequest, 'WebSocketPush'>('WebSocketPush', {
    channelId: ['channel_id', u32],
    messageType: ['message_type', wsMessageTypeJson],
  }),
  structVariant<HttpClientRequest, 'WebSocketClose'>('WebSocketClose', { channelId: ['channel_id', u32] }),
])

/** What the opener of a WebSocket hears from it: requests without an answer, with the payload as their blob. */
export type HttpClientEvent = Extract<HttpClientRequest, { kind: 'WebSocketPush' | 'WebSocketClose' }>

export const httpClientEventJson: JsonCodec<HttpClientEvent> = enumeration<HttpClientEvent>([
  structVariant<HttpClientEvent, 'WebSocketPush'>('WebSocketPush', {
    channelId: ['channel_id', u32],
    messageType: ['message_type', wsMessageTypeJson],
  }),
  structVariant<HttpClientEvent, 'WebSocketClose'>('WebSocketClose', { channelId: ['channel_id', u32] }),
])

/** The body of an `Http` response comes as the blob. */
export type HttpClientResponse =
  | { readonly kind: 'Http'; readonly status: number; readonly headers: ReadonlyMap<string, string> }
  | { readonly kind: 'WebSocketAck' }

export type HttpClientError =
  | { readonly kind: 'MalformedRequest' | 'WsPushNoBlob' | 'WsPushBadText' }
  | { readonly kind: 'BadMethod'; readonly method: string }
  | { readonly kind: 'BadUrl' | 'WsOpenFailed'; readonly url: string }
  | { readonly kind: 'BadVersion'; readonly version: string }
  | { readonly kind: 'BuildRequestFailed' | 'ExecuteRequestFailed'; readonly reason: string }
  | { readonly kind: 'WsPushUnknownChannel' | 'WsCloseFailed'; readonly channelId: number }

export type HttpClientAnswer =
  | { readonly kind: 'Ok'; readonly response: HttpClientResponse }
  | { readonly kind: 'Err'; readonly error: HttpClientError }

const response: JsonCodec<HttpClientResponse> = enumeration<HttpClientResponse>([
  structVariant<HttpClientResponse, 'Http'>('Http', { status: ['status', u16], headers: ['headers', record(text)] }),
  unit<HttpClientResponse>({ kind: 'WebSocketAck' }),
])

function reasonCase(kind: 'BuildRequestFailed' | 'ExecuteRequestFailed') {
  return variant<HttpClientError, typeof kind, string>(
    kind,
    text,
    ({ reason }) => reason,
    (reason) => ({ kind, reason }),
  )
}

function urlCase(kind: 'BadUrl' | 'WsOpenFailed') {
  return structVariant<HttpClientError, typeof kind>(kind, { url: ['url', text] })
}

function channelCase(kind: 'WsPushUnknownChannel' | 'WsCloseFailed') {
  return structVariant<HttpClientError, typeof kind>(kind, { channelId: ['channel_id', u32] })
}

const error: JsonCodec<HttpClientError> = enumeration<HttpClientError>([
  unit<HttpClientError>({ kind: 'MalformedRequest' }),
  structVariant<HttpClientError, 'BadMethod'>('BadMethod', { method: ['method', text] }),
  urlCase('BadUrl'),
  structVariant<HttpClientError, 'BadVersion'>('BadVersion', { version: ['version', text] }),
  reasonCase('BuildRequestFailed'),
  reasonCase('ExecuteRequestFailed'),
  urlCase('WsOpenFailed'),
  channelCase('WsPushUnknownChannel'),
  unit<HttpClientError>({ kind: 'WsPushNoBlob' }),
  unit<HttpClientError>({ kind: 'WsPushBadText' }),
  channelCase('WsCloseFailed'),
])

export const httpClientAnswerJson: JsonCodec<HttpClientAnswer> = enumeration<HttpClientAnswer>([
  variant<HttpClientAnswer, 'Ok', HttpClientResponse>(
    'Ok',
    response,
    (answer) => answer.response,
    (value) => ({ kind: 'Ok', response: value }),
  ),
  variant<HttpClientAnswer, 'Err', HttpClientError>(
    'Err',
    error,
    (answer) => answer.error,
    (value) => ({ kind: 'Err', error: value }),
  ),
])
