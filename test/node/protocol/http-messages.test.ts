import { describe, expect, test } from 'vitest'
import {
  bytesToUtf8,
  type HttpClientAnswer,
  httpClientAnswerJson,
  type HttpClientEvent,
  httpClientEventJson,
  type HttpClientRequest,
  httpClientRequestJson,
  type HttpServerAction,
  httpServerActionJson,
  type HttpServerAnswer,
  httpServerAnswerJson,
  type HttpServerRequest,
  httpServerRequestJson,
  type HttpServerResponse,
  httpServerResponseJson,
  json,
  utf8ToBytes,
} from '@hyperware/protocol'

/** As modules.md sections 8 and 9 show them. */
const CLIENT_REQUESTS: readonly (readonly [string, HttpClientRequest])[] = [
  [
    '{"Http":{"method":"GET","version":null,"url":"https://example.org/x","headers":{"Accept":"*/*"}}}',
    {
      kind: 'Http',
      method: 'GET',
      version: undefined,
      url: 'https://example.org/x',
      headers: new Map([['Accept', '*/*']]),
    },
  ],
  [
    '{"WebSocketOpen":{"url":"wss://h/p","headers":{},"channel_id":7}}',
    { kind: 'WebSocketOpen', url: 'wss://h/p', headers: new Map(), channelId: 7 },
  ],
  [
    '{"WebSocketPush":{"channel_id":7,"message_type":"Text"}}',
    { kind: 'WebSocketPush', channelId: 7, messageType: 'Text' },
  ],
  ['{"WebSocketClose":{"channel_id":7}}', { kind: 'WebSocketClose', channelId: 7 }],
]

const CLIENT_EVENTS: readonly (readonly [string, HttpClientEvent])[] = [
  [
    '{"WebSocketPush":{"channel_id":7,"message_type":"Binary"}}',
    { kind: 'WebSocketPush', channelId: 7, messageType: 'Binary' },
  ],
  ['{"WebSocketClose":{"channel_id":4294967295}}', { kind: 'WebSocketClose', channelId: 4_294_967_295 }],
]

const CLIENT_ANSWERS: readonly (readonly [string, HttpClientAnswer])[] = [
  [
    '{"Ok":{"Http":{"status":200,"headers":{"Content-Type":"text/html"}}}}',
    { kind: 'Ok', response: { kind: 'Http', status: 200, headers: new Map([['Content-Type', 'text/html']]) } },
  ],
  ['{"Ok":"WebSocketAck"}', { kind: 'Ok', response: { kind: 'WebSocketAck' } }],
  ['{"Err":"MalformedRequest"}', { kind: 'Err', error: { kind: 'MalformedRequest' } }],
  ['{"Err":{"BadMethod":{"method":"G T"}}}', { kind: 'Err', error: { kind: 'BadMethod', method: 'G T' } }],
  ['{"Err":{"BadUrl":{"url":"x"}}}', { kind: 'Err', error: { kind: 'BadUrl', url: 'x' } }],
  ['{"Err":{"BadVersion":{"version":"9"}}}', { kind: 'Err', error: { kind: 'BadVersion', version: '9' } }],
  ['{"Err":{"BuildRequestFailed":"x"}}', { kind: 'Err', error: { kind: 'BuildRequestFailed', reason: 'x' } }],
  ['{"Err":{"ExecuteRequestFailed":"x"}}', { kind: 'Err', error: { kind: 'ExecuteRequestFailed', reason: 'x' } }],
  ['{"Err":{"WsOpenFailed":{"url":"ws://h"}}}', { kind: 'Err', error: { kind: 'WsOpenFailed', url: 'ws://h' } }],
  [
    '{"Err":{"WsPushUnknownChannel":{"channel_id":7}}}',
    { kind: 'Err', error: { kind: 'WsPushUnknownChannel', channelId: 7 } },
  ],
  ['{"Err":"WsPushNoBlob"}', { kind: 'Err', error: { kind: 'WsPushNoBlob' } }],
  ['{"Err":"WsPushBadText"}', { kind: 'Err', error: { kind: 'WsPushBadText' } }],
  ['{"Err":{"WsCloseFailed":{"channel_id":7}}}', { kind: 'Err', error: { kind: 'WsCloseFailed', channelId: 7 } }],
]

const SERVER_ACTIONS: readonly (readonly [string, HttpServerAction])[] = [
  [
    '{"Bind":{"path":"/messages","authenticated":true,"local_only":false,"cache":false}}',
    { kind: 'Bind', path: '/messages', authenticated: true, localOnly: false, cache: false },
  ],
  ['{"SecureBind":{"path":"/api","cache":false}}', { kind: 'SecureBind', path: '/api', cache: false }],
  ['{"Unbind":{"path":"/messages"}}', { kind: 'Unbind', path: '/messages' }],
  [
    '{"WebSocketBind":{"path":"/","authenticated":true,"extension":false}}',
    { kind: 'WebSocketBind', path: '/', authenticated: true, extension: false },
  ],
  [
    '{"WebSocketSecureBind":{"path":"/","extension":false}}',
    { kind: 'WebSocketSecureBind', path: '/', extension: false },
  ],
  ['{"WebSocketUnbind":{"path":"/"}}', { kind: 'WebSocketUnbind', path: '/' }],
  [
    '{"WebSocketPush":{"channel_id":9,"message_type":"Text"}}',
    { kind: 'WebSocketPush', channelId: 9, messageType: 'Text' },
  ],
  [
    '{"WebSocketExtPushOutgoing":{"channel_id":9,"message_type":"Binary","desired_reply_type":"Response"}}',
    { kind: 'WebSocketExtPushOutgoing', channelId: 9, messageType: 'Binary', desiredReplyType: 'Response' },
  ],
  ['{"WebSocketClose":9}', { kind: 'WebSocketClose', channelId: 9 }],
]

const SERVER_ANSWERS: readonly (readonly [string, HttpServerAnswer])[] = [
  ['{"Ok":null}', { kind: 'Ok' }],
  ...(['MalformedRequest', 'NoBlob', 'InvalidSourceProcess', 'WsPingPongTooLong', 'WsChannelNotFound'] as const).map(
    (error) => [`{"Err":"${error}"}`, { kind: 'Err', error }] as const,
  ),
]

const SERVER_REQUESTS: readonly (readonly [string, HttpServerRequest])[] = [
  [
    '{"Http":{"source_socket_addr":"127.0.0.1:53124","method":"POST","url":"http://localhost/chat:chat:template.os/messages","bound_path":"/chat:chat:template.os/messages","headers":{"host":"localhost:8080"},"url_params":{},"query_params":{"a":"1"}}}',
    {
      kind: 'Http',
      sourceSocketAddr: '127.0.0.1:53124',
      method: 'POST',
      url: 'http://localhost/chat:chat:template.os/messages',
      boundPath: '/chat:chat:template.os/messages',
      headers: new Map([['host', 'localhost:8080']]),
      urlParams: new Map(),
      queryParams: new Map([['a', '1']]),
    },
  ],
  [
    '{"WebSocketOpen":{"path":"/","channel_id":9,"source_socket_addr":"127.0.0.1:5","forwarded_for":null}}',
    { kind: 'WebSocketOpen', path: '/', channelId: 9, sourceSocketAddr: '127.0.0.1:5', forwardedFor: undefined },
  ],
  [
    '{"WebSocketPush":{"channel_id":9,"message_type":"Close"}}',
    { kind: 'WebSocketPush', channelId: 9, messageType: 'Close' },
  ],
  ['{"WebSocketClose":9}', { kind: 'WebSocketClose', channelId: 9 }],
]

const SERVER_RESPONSES: readonly (readonly [string, HttpServerResponse])[] = [
  [
    '{"status":200,"headers":{"Content-Type":"application/json"}}',
    { status: 200, headers: new Map([['Content-Type', 'application/json']]) },
  ],
]

function checks<T>(codec: json.JsonCodec<T>, cases: readonly (readonly [string, T])[]): void {
  test.each(cases)('%s', (text, value) => {
    const written = bytesToUtf8(json.encodeWith(codec, value))
    expect(written).toEqual({ ok: true, value: text })
    expect(json.decodeWith(codec, 'it', utf8ToBytes(text))).toEqual({ ok: true, value })
  })
}

describe('requests to the http-client', () => checks(httpClientRequestJson, CLIENT_REQUESTS))
describe('events of the http-client', () => checks(httpClientEventJson, CLIENT_EVENTS))
describe('answers of the http-client', () => checks(httpClientAnswerJson, CLIENT_ANSWERS))
describe('actions of the http-server', () => checks(httpServerActionJson, SERVER_ACTIONS))
describe('answers of the http-server', () => checks(httpServerAnswerJson, SERVER_ANSWERS))
describe('requests of the http-server', () => checks(httpServerRequestJson, SERVER_REQUESTS))
describe('responses to the http-server', () => checks(httpServerResponseJson, SERVER_RESPONSES))

test.each([
  ['{"Http":{"method":"GET","url":"http://h"}}', 'it.Http has no field "headers"'],
  ['{"Http":{"method":7,"url":"http://h","headers":{}}}', 'it.Http.method is "7", expected a string'],
  [
    '{"WebSocketClose":{"channel_id":4294967296}}',
    'it.WebSocketClose.channel_id is "4294967296", expected a whole number from 0 to 4294967295',
  ],
  [
    '{"WebSocketPush":{"channel_id":7,"message_type":"text"}}',
    'it.WebSocketPush.message_type: "text" is not one of Text, Binary, Ping, Pong, Close',
  ],
  ['"Http"', 'it "Http" comes without its value'],
])('%s is no request to the http-client', (text, problem) => {
  expect(json.decodeWith(httpClientRequestJson, 'it', utf8ToBytes(text))).toEqual({ ok: false, problem })
})

test.each([
  ['{"WebSocketOpen":{"path":"/","channel_id":9}}', /^it is "WebSocketOpen", expected one of Bind, /],
  ['{"Bind":{"path":"/","authenticated":true,"cache":false}}', /^it\.Bind has no field "local_only"$/],
  ['{"Bind":{"path":"/","authenticated":1,"local_only":false,"cache":false}}', /^it\.Bind\.authenticated is "1"/],
])('%s is no action of the http-server', (text, problem) => {
  const decoded = json.decodeWith(httpServerActionJson, 'it', utf8ToBytes(text))
  expect(decoded).toEqual({ ok: false, problem: expect.stringMatching(problem) as string })
})
