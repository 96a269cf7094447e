import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isWeb, REDIRECTS_MAX, redirected, type RequestPlan, responseHeaders } from './request-plan.ts'

/** Longest body of a response, and all headers of one together, in bytes. */
export const RESPONSE_MAX_BYTES = 32 * 1_024 * 1_024
const HEADERS_MAX_BYTES = 64 * 1_024

/** A response, its body read. `release` says that the body is no longer held here. */
export type Exchanged = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  readonly release: () => void
}

type Limits = {
  readonly signal: AbortSignal
  /** Asks for memory; false when there is no room for so many more bytes. */
  readonly take: (bytes: number) => boolean
  readonly give: (bytes: number) => void
}

/** Sends a request, follows redirects, and reads the response. @throws Error that says why there is none. */
export async function exchange(plan: RequestPlan, limits: Limits): Promise<Exchanged> {
  let next = plan
  for (let redirects = 0; ; redirects += 1) {
    const response = await open(next, limits.signal)
    const target = redirected(next, response.statusCode ?? 0, response.headers.location)
    if (target === undefined) return read(response, limits)
    response.destroy()
    if (!isWeb(target.url)) throw new Error(`it redirects to a URL of the scheme ${target.url.protocol.slice(0, -1)}`)
    if (redirects === REDIRECTS_MAX) throw new Error(`it redirects more than ${REDIRECTS_MAX} times`)
    next = target
  }
}

function open(plan: RequestPlan, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, url, body } = plan
  const headers = Object.fromEntries(plan.headers)
  if (![...plan.headers.keys()].some((name) => name.toLowerCase() === 'accept')) headers['Accept'] = '*/*'
  if (body !== undefined) headers['Content-Length'] = String(body.length)
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { method, headers, signal, agent: false, maxHeaderSize: HEADERS_MAX_BYTES })
    request.once('response', resolve)
    request.once('upgrade', (_, socket) => {
      socket.destroy()
      reject(new Error('it answers 101 to a request that is no WebSocket'))
    })
    // Errors may follow the first one, such as of a connection that was ended because of it.
    request.on('error', reject)
    request.end(body)
  })
}

async function read(response: IncomingMessage, { take, give }: Limits): Promise<Exchanged> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      if (bytes + chunk.length > RESPONSE_MAX_BYTES) {
        throw new Error(`its body is longer than ${RESPONSE_MAX_BYTES} bytes`)
      }
      if (!take(chunk.length)) throw new Error('the responses being read fill the memory there is for them')
      bytes += chunk.length
      chunks.push(chunk)
    }
  } catch (error) {
    give(bytes)
    response.destroy()
    throw error
  }
  return {
    status: response.statusCode ?? 0,
    headers: responseHeaders(response.rawHeaders),
    body: new Uint8Array(Buffer.concat(chunks)),
    release: () => give(bytes),
  }
}
