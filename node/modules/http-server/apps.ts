import type { IncomingMessage } from 'node:http'
import { formatPackageId, formatProcessId, type ProcessId } from '@hyperware/protocol'
import { createByteBudget } from '../byte-budget.ts'
import { createTally } from '../tally.ts'
import { type AppAccess, TICKET } from './app-access.ts'
import { appRequest, appResponse } from './app-messages.ts'
import {
  addressAt,
  isFromElsewhere,
  isNavigation,
  type Origin,
  originOf,
  secureSubdomain,
  targetOf,
} from './app-origin.ts'
import type { Asker } from './asker.ts'
import {
  type BindingTable,
  firstSegment,
  isOfHomepage,
  type Match,
  type PathBinding,
  withoutLastSlash,
} from './bindings.ts'
import { secured } from './guard.ts'
import { OUR_PATH, OUR_SCRIPT_PATH, ourScript } from './our-script.ts'
import { loginPage } from './pages.ts'

/** Longest body of a request to a process, and of all that are being read, in bytes. */
export const APP_BODY_MAX_BYTES = 32 * 1_024 * 1_024
const READING_MAX_BYTES = 128 * 1_024 * 1_024
/** Requests that may wait for an answer at one time, of one package, whose processes may be many, and of all. */
export const APP_WAITING_MAX = { each: 32, all: 96 } as const
/** How long a process may take to answer unless the client says otherwise, and the longest it may say. */
const ANSWER_SECONDS = 15
const ANSWER_SECONDS_MAX = 600
const TIMEOUT_HEADER = 'x-hyperware-http-server-timeout'

/** Where live nodes take messages from this machine, when they are told to (modules.md section 9.6). */
const RPC_PATH = '/rpc:distro:sys/message'

/** Serves the paths that processes bound. */
export type Apps = {
  /** Whether a request is for them, not for the node's own pages. */
  readonly owns: (incoming: IncomingMessage) => boolean
  readonly serve: (incoming: IncomingMessage) => Promise<Response>
}

export type AppsDeps = {
  readonly node: string
  readonly bindings: Pick<BindingTable<PathBinding>, 'find'>
  readonly access: AppAccess
  readonly asker: Pick<Asker, 'ask'>
}

/**
 * The order of modules.md section 9.2: the binding, its origin, its login, its reach, then its content or its process.
 * At the node's own origin a page of a process never runs: a browser is sent on to the origin of the package, and what
 * programs fetch there says that it must not be run.
 */
export function createApps(deps: AppsDeps): Apps {
  const { access } = deps
  const waiting = createTally(APP_WAITING_MAX)
  const budget = createByteBudget(READING_MAX_BYTES)

  async function serve(incoming: IncomingMessage): Promise<Response> {
    const origin = originOf(incoming)
    const found = findBinding(deps.bindings, targetOf(incoming).path)
    if ('refusal' in found) return ownFile(incoming) ?? found.refusal
    const { path, match } = found
    const { process, secure, authenticated, localOnly } = match.binding
    const subdomain = secureSubdomain(process)
    if (origin.kind === 'package') {
      if (origin.subdomain !== subdomain) {
        if (isForEverybody(match.binding) && isReading(incoming)) return answer(incoming, origin, { path, match })
        // A link to another package, as live pages write them: the node knows the way to its origin.
        if (isNavigation(incoming)) return redirect(307, addressAt(incoming))
        return refuse(403, 'this origin serves one package, which is another')
      }
      const ticket = new URLSearchParams(targetOf(incoming).query).get(TICKET)
      if (ticket !== null) return redeem(incoming, ticket, process)
    }
    if (authenticated && !access.admits(incoming, origin, match.binding)) {
      return logIn(incoming, origin, { process, secure })
    }
    if (authenticated && !isReading(incoming) && isFromElsewhere(incoming)) {
      return refuse(403, `a page of ${incoming.headers.origin} sent it, and this path asks for a login`)
    }
    if (localOnly) return refuse(403, 'this path is for this machine only, and the node does not expose such paths')
    if (origin.kind === 'node' && isNavigation(incoming)) {
      return redirect(
        307,
        addressAt(incoming, subdomain, authenticated ? { [TICKET]: access.issueTicket(process) } : {}),
      )
    }
    const response = await answer(incoming, origin, { path, match })
    return origin.kind === 'node' ? inert(response) : response
  }

  /** What pages of every package ask for where they are, unless a home page has bound it. */
  function ownFile(incoming: IncomingMessage): Response | undefined {
    if (!isReading(incoming)) return undefined
    const { path } = targetOf(incoming)
    if (path === OUR_SCRIPT_PATH) return ourScript(deps.node)
    return path === OUR_PATH ? new Response(deps.node) : undefined
  }

  function redeem(incoming: IncomingMessage, ticket: string, process: ProcessId): Response {
    const cookie = access.redeem(ticket, process)
    const address = new URL(addressAt(incoming, secureSubdomain(process)))
    address.searchParams.delete(TICKET)
    return redirect(303, address.href, cookie === undefined ? {} : { 'set-cookie': cookie })
  }

  /** The password is asked for at the node's own origin only, where no script of a process can read along. */
  function logIn(incoming: IncomingMessage, origin: Origin, to: { process: ProcessId; secure: boolean }): Response {
    const atNode = origin.kind === 'node'
    if (!atNode && isNavigation(incoming)) return redirect(307, addressAt(incoming))
    if (atNode && to.secure && (access.isOwner(incoming) || !isNavigation(incoming))) {
      const ticket = access.isOwner(incoming) && isReading(incoming) ? { [TICKET]: access.issueTicket(to.process) } : {}
      return redirect(307, addressAt(incoming, secureSubdomain(to.process), ticket))
    }
    return secured(new Response(loginPage(deps.node), { headers: { 'content-type': 'text/html; charset=UTF-8' } }))
  }

  async function answer(
    incoming: IncomingMessage,
    origin: Origin,
    { path, match }: { path: string; match: Match<PathBinding> },
  ): Promise<Response> {
    const { content, process } = match.binding
    if (content !== undefined && isReading(incoming)) {
      return new Response(new Uint8Array(content.bytes), { headers: { 'content-type': contentType(content.mime) } })
    }
    const who = formatProcessId(process)
    const owner = formatPackageId(process)
    if (!waiting.enter(owner)) return refuse(503, `${waiting.of(owner)} requests wait for ${owner} already`)
    try {
      const body = appRequest(incoming, path, match)
      const read = await readBody(incoming)
      if ('refusal' in read) return read.refusal
      const asked = deps.asker.ask({
        target: { node: deps.node, process },
        body,
        seconds: secondsToWait(incoming),
        blob: { mime: undefined, bytes: read.body },
      })
      // From here on the kernel counts the bytes.
      budget.give(read.body.length)
      const outcome = await asked
      if (outcome.kind === 'busy') return refuse(503, `${who} has too many requests waiting`)
      if (outcome.kind === 'send-error') return refuse(408, `${who} did not answer: ${outcome.error.reason}`)
      const response = appResponse(outcome.message, origin.kind === 'node' ? 'node' : 'package')
      return response ?? refuse(500, `${who} answered with something that is no HTTP response`)
    } finally {
      waiting.leave(owner)
    }
  }

  async function readBody(incoming: IncomingMessage): Promise<{ body: Uint8Array } | { refusal: Response }> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      // A refused body must not end the connection before its answer is out.
      for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        const tooLong = bytes + chunk.length > APP_BODY_MAX_BYTES
        if (tooLong || !budget.take(chunk.length)) {
          budget.give(bytes)
          const why = tooLong ? `its body is longer than ${APP_BODY_MAX_BYTES} bytes` : 'too many bodies are being read'
          return { refusal: refuse(tooLong ? 413 : 503, why) }
        }
        bytes += chunk.length
        chunks.push(chunk)
      }
    } catch {
      budget.give(bytes)
      return { refusal: refuse(400, 'its body ended too early') }
    }
    return { body: new Uint8Array(Buffer.concat(chunks)) }
  }

  return {
    owns(incoming) {
      const origin = originOf(incoming)
      if (origin.kind !== 'node') return origin.kind === 'package'
      return firstSegment(targetOf(incoming).path).includes(':')
    },
    serve,
  }
}

type Found = { readonly path: string; readonly match: Match<PathBinding> } | { readonly refusal: Response }

/** Files of the home page that need no login, such as its style sheet, are for the pages of every package. */
function isForEverybody({ process, authenticated, content }: PathBinding): boolean {
  return isOfHomepage(process) && !authenticated && content !== undefined
}

/** The binding of a path, else that of its first segment (modules.md section 9.2). */
function findBinding(bindings: AppsDeps['bindings'], sent: string): Found {
  if (!isPlainPath(sent)) return { refusal: refuse(400, 'its path has parts that lead elsewhere') }
  const path = withoutLastSlash(sent)
  if (path === RPC_PATH)
    return { refusal: refuse(403, 'messages are taken from this machine only by nodes that expose it') }
  const match = bindings.find(path) ?? bindings.find(`/${firstSegment(path)}`)
  if (match === undefined || match === 'unbound') return { refusal: refuse(404, 'nothing is bound to this path') }
  return { path, match }
}

/** Paths that different readers would understand differently are nobody's: steps back, other slashes, other encodings. */
export function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || path.startsWith('//') || /[\\#\0-\x20\x7f]|%2f|%5c|%00/i.test(path)) return false
  return !path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function secondsToWait({ headers }: IncomingMessage): number {
  const asked = headers[TIMEOUT_HEADER]
  if (typeof asked !== 'string' || !/^\d{1,20}$/.test(asked)) return ANSWER_SECONDS
  return Math.min(Math.max(1, Number(asked)), ANSWER_SECONDS_MAX)
}

function contentType(mime: string | undefined): string {
  return mime !== undefined && /^[\x20-\x7e]+$/.test(mime) ? mime : 'text/plain'
}

/** Whatever it is, no browser runs it in the node's own origin. */
function inert(response: Response): Response {
  response.headers.set('content-security-policy', 'sandbox')
  response.headers.set('x-content-type-options', 'nosniff')
  return response
}

function redirect(status: 303 | 307, location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, {
    status,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', ...headers },
  })
}

function refuse(status: number, reason: string): Response {
  return secured(new Response(`Cannot serve this request: ${reason}`, { status }))
}
