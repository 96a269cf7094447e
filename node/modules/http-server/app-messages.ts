import type { IncomingMessage } from 'node:http'
import {
  type HttpServerRequest,
  httpServerRequestJson,
  type HttpServerResponse,
  httpServerResponseJson,
  json,
  type KernelMessage,
} from '@hyperware/protocol'
import { isSendable } from '../http-client/request-plan.ts'
import { hostName, targetOf } from './app-origin.ts'
import type { Match, PathBinding } from './bindings.ts'
import { COOKIE_PREFIX } from './session.ts'

/** What a process hears of a request (modules.md section 9.2). */
export function appRequest(incoming: IncomingMessage, path: string, match: Match<PathBinding>): Uint8Array {
  const { query } = targetOf(incoming)
  const request: HttpServerRequest = {
    kind: 'Http',
    sourceSocketAddr: socketAddress(incoming),
    method: incoming.method ?? 'GET',
    url: `http://${hostName(incoming.headers.host ?? 'localhost')}${path}`,
    boundPath: match.binding.boundPath,
    headers: appHeaders(incoming.rawHeaders),
    urlParams: match.params,
    queryParams: new Map(new URLSearchParams(query)),
  }
  return json.encodeWith(httpServerRequestJson, request)
}

export function socketAddress({ socket: { remoteAddress, remotePort } }: IncomingMessage): string | undefined {
  if (remoteAddress === undefined) return undefined
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`
}

/** Names in lower case, the last of repeated ones, and no cookie of the node: with it a process could act as its owner. */
function appHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.set((rawHeaders[at] ?? '').toLowerCase(), rawHeaders[at + 1] ?? '')
  }
  const cookies = headers.get('cookie')
  if (cookies === undefined) return headers
  const kept = cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => !cookie.startsWith(COOKIE_PREFIX))
  if (kept.length === 0) headers.delete('cookie')
  else headers.set('cookie', kept.join('; '))
  return headers
}

/** How an answer is framed, and what becomes of the connection, is not for a process to say. */
const NOT_FOR_APPS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** At the node's own origin these would reach beyond the path. */
const NOT_BESIDE_THE_NODE = new Set([
  'clear-site-data',
  'content-security-policy',
  'content-security-policy-report-only',
  'set-cookie',
  'strict-transport-security',
])
const NO_BODY = new Set([204, 205, 304])
const DEFAULT_TYPE = 'application/octet-stream'

/** The HTTP response that a process's answer stands for; undefined when it stands for none. */
export function appResponse(answer: KernelMessage, beside: 'node' | 'package'): Response | undefined {
  const said = json.decodeRequest(httpServerResponseJson, 'the answer', answer.message.body)
  if (!said.ok || said.value.status < 200 || said.value.status > 599) return undefined
  const body = NO_BODY.has(said.value.status) ? null : new Uint8Array(answer.blob?.bytes ?? [])
  return new Response(body, { status: said.value.status, headers: responseHeaders(said.value, beside) })
}

function responseHeaders({ headers }: HttpServerResponse, beside: 'node' | 'package'): Headers {
  const usable = new Headers({ 'content-type': DEFAULT_TYPE })
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (NOT_FOR_APPS.has(key) || (beside === 'node' && NOT_BESIDE_THE_NODE.has(key))) continue
    if (key === 'set-cookie' && value.trimStart().startsWith(COOKIE_PREFIX)) continue
    if (isSendable(name, value)) usable.set(name, value)
  }
  return usable
}
