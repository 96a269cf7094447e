import { validateHeaderName, validateHeaderValue } from 'node:http'
import { bytesToUtf8, type HttpClientError, type HttpClientRequest } from '@hyperware/protocol'

/** One request as it goes on the wire. */
export type RequestPlan = {
  readonly method: string
  readonly url: URL
  /** Names as the process wrote them; none twice, whatever their case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | undefined
}

export type Planned =
  { readonly ok: true; readonly plan: RequestPlan } | { readonly ok: false; readonly error: HttpClientError }

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const VERSIONS = new Set(['HTTP/0.9', 'HTTP/1.0', 'HTTP/1.1', 'HTTP/2.0', 'HTTP/3.0'])
/** What is spoken here. A server of an older version understands 1.1 as well. */
const SPOKEN = new Set(['HTTP/1.0', 'HTTP/1.1'])

/** How a message is framed, and what becomes of its connection, is not for a process to say. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Checks in the order of live nodes: method, URL, version (modules.md section 8). */
export function planRequest(
  { method, url: address, version, headers }: Extract<HttpClientRequest, { kind: 'Http' }>,
  body: Uint8Array | undefined,
): Planned {
  if (!METHOD.test(method)) return { ok: false, error: { kind: 'BadMethod', method } }
  const url = URL.parse(address)
  if (url === null) return { ok: false, error: { kind: 'BadUrl', url: address } }
  if (version !== undefined && !VERSIONS.has(version)) return { ok: false, error: { kind: 'BadVersion', version } }
  const problem = unspoken({ method, url, version })
  if (problem !== undefined) return { ok: false, error: { kind: 'BuildRequestFailed', reason: problem } }
  return { ok: true, plan: { method, url, headers: usableHeaders(headers), body } }
}

function unspoken({ method, url, version }: { method: string; url: URL; version: string | undefined }) {
  if (!isWeb(url)) return `the scheme of the URL is "${url.protocol.slice(0, -1)}", expected http or https`
  if (version !== undefined && !SPOKEN.has(version))
    return `${version} is not spoken here, expected HTTP/1.1 or HTTP/1.0`
  if (method.toUpperCase() === 'CONNECT') return 'CONNECT opens a tunnel, and none is opened here'
  return undefined
}

export function isWeb(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:'
}

/** Leaves out what cannot be sent, as live nodes do. Of two names that differ by case the last counts. */
export function usableHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const usable = new Map<string, readonly [string, string]>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (!FRAMING.has(key) && isSendable(name, value)) usable.set(key, [name, value])
  }
  return new Map(usable.values())
}

export function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false // the validators say what is wrong by throwing, and nobody is to hear of it
  }
}

/** `content-type` becomes `Content-Type`; of repeated headers the last is kept. */
export function responseHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.set(titleCase(rawHeaders[at] ?? ''), rawHeaders[at + 1] ?? '')
  }
  return headers
}

function titleCase(name: string): string {
  return name
    .split('-')
    .map((segment) => segment.slice(0, 1).toUpperCase() + segment.slice(1).toLowerCase())
    .join('-')
}

/** Most redirects that are followed for one request. */
export const REDIRECTS_MAX = 10

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What is meant for one server only. */
const SECRET = new Set(['authorization', 'cookie', 'cookie2', 'proxy-authorization', 'www-authenticate', 'host'])
const OF_THE_BODY = /^content-/

/** Headers are read byte by byte; addresses in them are UTF-8, when they are not ASCII. */
function utf8Of(header: string): string {
  const text = bytesToUtf8(Buffer.from(header, 'latin1'))
  return text.ok ? text.value : header
}

/** The request that a response asks for instead; undefined when the response is the answer. */
export function redirected(plan: RequestPlan, status: number, location: string | undefined): RequestPlan | undefined {
  const url = REDIRECTS.has(status) && location !== undefined ? URL.parse(utf8Of(location), plan.url) : null
  if (url === null) return undefined
  const dropsBody = status === 303 || ((status === 301 || status === 302) && plan.method === 'POST')
  const method = dropsBody && plan.method !== 'HEAD' ? 'GET' : plan.method
  const headers = [...plan.headers].filter(([name]) => {
    const key = name.toLowerCase()
    if (url.origin !== plan.url.origin && SECRET.has(key)) return false
    return !(dropsBody && OF_THE_BODY.test(key))
  })
  return { method, url, headers: new Map(headers), body: dropsBody ? undefined : plan.body }
}
