import { type WsMessageType, wsMessageTypeJson } from './http-client-messages.ts'
import {
  bool,
  enumeration,
  type JsonCodec,
  option,
  record,
  struct,
  structVariant,
  text,
  u16,
  u32,
  variant,
} from './json-codecs.ts'
import { nothing, unitEnum } from './json-parts.ts'
import type { ProcessId } from './processes.ts'

/** The process that serves HTTP for others. */
export const HTTP_SERVER_PROCESS: ProcessId = { process: 'http-server', package: 'distro', publisher: 'sys' }

/** What the http-server is asked to do (modules.md section 9.1). Content and payloads come as the blob. */
export type HttpServerAction =
  | {
      readonly kind: 'Bind'
      readonly path: string
      readonly authenticated: boolean
      readonly localOnly: boolean
      /** The blob is the answer to every GET. */
      readonly cache: boolean
    }
  | { readonly kind: 'SecureBind'; readonly path: string; readonly cache: boolean }
  | { readonly kind: 'Unbind' | 'WebSocketUnbind'; readonly path: string }
  | {
      readonly kind: 'WebSocketBind'
      readonly path: string
      readonly authenticated: boolean
      readonly extension: boolean
    }
  | { readonly kind: 'WebSocketSecureBind'; readonly path: string; readonly extension: boolean }
  | { readonly kind: 'WebSocketPush'; readonly channelId: number; readonly messageType: WsMessageType }
  | {
      readonly kind: 'WebSocketExtPushOutgoing'
      readonly channelId: number
      readonly messageType: WsMessageType
      readonly desiredReplyType: 'Request' | 'Response'
    }
  | { readonly kind: 'WebSocketClose'; readonly channelId: number }

function channelCase<T extends { kind: string }>(unpack: (channelId: number) => T & { kind: 'WebSocketClose' }) {
  return variant<T, 'WebSocketClose', number>(
    'WebSocketClose',
    u32,
    (value) => (value as unknown as { channelId: number }).channelId,
    unpack,
  )
}

export const httpServerActionJson: JsonCodec<HttpServerAction> = enumeration<HttpServerAction>([
  structVariant<HttpServerAction, 'Bind'>('Bind', {
    path: ['path', text],
    authenticated: ['authenticated', bool],
    localOnly: ['local_only', bool],
    cache: ['cache', bool],
  }),
  structVariant<HttpServerAction, 'SecureBind'>('SecureBind', { path: ['path', text], cache: ['cache', bool] }),
  pathCase('Unbind'),
  structVariant<HttpServerAction, 'WebSocketBind'>('WebSocketBind', {
    path: ['path', text],
    authenticated: ['authenticated', bool],
    extension: ['extension', bool],
  }),
  structVariant<HttpServerAction, 'WebSocketSecureBind'>('WebSocketSecureBind', {
    path: ['path', text],
    extension: ['extension', bool],
  }),
  pathCase('WebSocketUnbind'),
  structVariant<HttpServerAction, 'WebSocketPush'>('WebSocketPush', {
    channelId: ['channel_id', u32],
    messageType: ['message_type', wsMessageTypeJson],
  }),
  structVariant<HttpServerAction, 'WebSocketExtPushOutgoing'>('WebSocketExtPushOutgoing', {
    channelId: ['channel_id', u32],
    messageType: ['message_type', wsMessageTypeJson],
    desiredReplyType: ['desired_reply_type', unitEnum(['Request', 'Response'] as const)],
  }),
  channelCase<HttpServerAction>((channelId) => ({ kind: 'WebSocketClose', channelId })),
])

function pathCase(kind: 'Unbind' | 'WebSocketUnbind') {
  return structVariant<HttpServerAction, typeof kind>(kind, { path: ['path', text] })
}

const SERVER_ERRORS = [
  'MalformedRequest',
  'NoBlob',
  'InvalidSourceProcess',
  'WsPingPongTooLong',
  'WsChannelNotFound',
] as const
export type HttpServerErrorKind = (typeof SERVER_ERRORS)[number]

export type HttpServerAnswer = { readonly kind: 'Ok' } | { readonly kind: 'Err'; readonly error: HttpServerErrorKind }

export const httpServerAnswerJson: JsonCodec<HttpServerAnswer> = enumeration<HttpServerAnswer>([
  variant<HttpServerAnswer, 'Ok', null>(
    'Ok',
    nothing,
    () => null,
    () => ({ kind: 'Ok' }),
  ),
  variant<HttpServerAnswer, 'Err', HttpServerErrorKind>(
    'Err',
    unitEnum(SERVER_ERRORS),
    ({ error }) => error,
    (error) => ({ kind: 'Err', error }),
  ),
])

/** What a bound process hears (modules.md sections 9.2 and 9.3). Bodies and payloads come as the blob. */
export type HttpServerRequest =
  | {
      readonly kind: 'Http'
      readonly sourceSocketAddr: string | undefined
      readonly method: string
      /** Always `http://`, the host without its port, and no query. */
      readonly url: string
      /** With the process id in front, as the address has it. */
      readonly boundPath: string
      /** Names in lower case; of repeated headers the last. */
      readonly headers: ReadonlyMap<string, string>
      readonly urlParams: ReadonlyMap<string, string>
      readonly queryParams: ReadonlyMap<string, string>
    }
  | {
      readonly kind: 'WebSocketOpen'
      /** Without the process id. */
      readonly path: string
      readonly channelId: number
      readonly sourceSocketAddr: string | undefined
      readonly forwardedFor: string | undefined
    }
  | { readonly kind: 'WebSocketPush'; readonly channelId: number; readonly messageType: WsMessageType }
  | { readonly kind: 'WebSocketClose'; readonly channelId: number }

export const httpServerRequestJson: JsonCodec<HttpServerRequest> = enumeration<HttpServerRequest>([
  structVariant<HttpServerRequest, 'Http'>('Http', {
    sourceSocketAddr: ['source_socket_addr', option(text)],
    method: ['method', text],
    url: ['url', text],
    boundPath: ['bound_path', text],
    headers: ['headers', record(text)],
    urlParams: ['url_params', record(text)],
    queryParams: ['query_params', record(text)],
  }),
  structVariant<HttpServerRequest, 'WebSocketOpen'>('WebSocketOpen', {
    path: ['path', text],
    channelId: ['channel_id', u32],
    sourceSocketAddr: ['source_socket_addr', option(text)],
    forwardedFor: ['forwarded_for', option(text)],
  }),
  structVariant<HttpServerRequest, 'WebSocketPush'>('WebSocketPush', {
    channelId: ['channel_id', u32],
    messageType: ['message_type', wsMessageTypeJson],
  }),
  channelCase<HttpServerRequest>((channelId) => ({ kind: 'WebSocketClose', channelId })),
])

/** What a bound process answers an `Http` request with; the blob is the body. */
export type HttpServerResponse = { readonly status: number; readonly headers: ReadonlyMap<string, string> }

export const httpServerResponseJson: JsonCodec<HttpServerResponse> = struct<HttpServerResponse>({
  status: ['status', u16],
  headers: ['headers', record(text)],
})
