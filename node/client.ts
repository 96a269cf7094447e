import { HyperwareError, isName, quote } from '@hyperware/protocol'
import type { ProcessDiagnostics } from './kernel/diagnostics.ts'
import { isRecord } from './kernel/json.ts'
import { hashPassword } from './keys/password.ts'
import type { InstalledPackage } from './modules/packages/installer.ts'
import { PACKAGE_TYPE } from './modules/packages/package-type.ts'
import type { UninstalledPackage } from './modules/packages/uninstaller.ts'
import { printable } from './terminal/printout.ts'

export type NodeClientProblem =
  | { code: 'node-unreachable'; url: string }
  /** `reason` is the node's own code, such as `unknown-name` or `offline`. */
  | { code: 'node-refused'; url: string; status: number; reason: string }

/** A node that could not be asked, or said no. */
export class NodeClientError extends HyperwareError<NodeClientProblem> {}

/** Longest wait for an answer: a script may take a minute. */
const TIMEOUT_MS = 75_000

/**
 * Logs in to the node at `url`; resolves with its name and the value for the Cookie header of later requests. A node with
 * another name than the one `expected` hears nothing of the password. @throws NodeClientError
 */
export async function login(
  url: string,
  password: string,
  expected?: string,
): Promise<{ name: string; cookie: string }> {
  const name = await (await ask(url, '/our', {})).text()
  if (!isName(name)) throw refused(url, { status: 200, reason: 'not-a-node', message: 'it does not say its name' })
  if (expected !== undefined && name !== expected) {
    throw refused(url, { status: 200, reason: 'another-node', message: `it is ${name}, expected ${expected}` })
  }
  const password_hash = await hashPassword(name, password)
  const response = await ask(url, '/login', { body: { password_hash, subdomain: '' } })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
  if (cookie === undefined) throw refused(url, { status: 200, reason: 'no-cookie', message: 'it set no cookie' })
  return { name, cookie }
}

/**
 * Greets `node` from the node at `url`; resolves with what it answers. Without `text` the node chooses its words.
 * @throws NodeClientError, whose `reason` is one of `bad-name`, `unknown-name`, `offline`, `timeout`, ...
 */
export async function greet(
  url: string,
  cookie: string,
  node: string,
  text?: string,
): Promise<{ answer: string; durationMs: number }> {
  const response = await ask(url, '/api/hi', { cookie, body: text === undefined ? { node } : { node, text } })
  const answer: unknown = await response.json()
  if (!isRecord(answer) || typeof answer['answer'] !== 'string' || typeof answer['durationMs'] !== 'number') {
    throw refused(url, { status: 200, reason: 'not-a-node', message: 'its answer is not one of a node' })
  }
  return { answer: answer['answer'], durationMs: answer['durationMs'] }
}

/**
 * Runs a line at the terminal of the node at `url`, as if it were typed at its console; resolves with what its script
 * says, `failed` when it could not do what it was asked. The line has at most 8,192 bytes of UTF-8; the node waits 65 s for
 * its script. @throws NodeClientError
 */
export async function runLine(url: string, cookie: string, line: string): Promise<{ output: string; failed: boolean }> {
  const answer: unknown = await (await ask(url, '/api/terminal', { cookie, body: { line } })).json()
  if (!isRecord(answer) || typeof answer['output'] !== 'string' || typeof answer['failed'] !== 'boolean') {
    throw refused(url, { status: 200, reason: 'not-a-node', message: 'its answer is not one of a node' })
  }
  return { output: answer['output'], failed: answer['failed'] }
}

/** Every process and module of the node at `url`, as its kernel sees them now. @throws NodeClientError */
export async function listProcesses(url: string, cookie: string): Promise<readonly ProcessDiagnostics[]> {
  const answer: unknown = await (await ask(url, '/api/processes', { cookie })).json()
  if (!isRecord(answer) || !Array.isArray(answer['processes'])) {
    throw refused(url, { status: 200, reason: 'not-a-node', message: 'its answer is not one of a node' })
  }
  return answer['processes'] as readonly ProcessDiagnostics[]
}

/**
 * Installs the package of a bundle (a zip of at most 32 MiB) on the node at `url`, with the rights of its manifest. Waits 75 s at
 * most. @throws NodeClientError
 */
export async function install(url: string, cookie: string, bundle: Uint8Array): Promise<InstalledPackage> {
  const answer: unknown = await (await ask(url, '/api/packages', { cookie, bundle })).json()
  if (!isRecord(answer) || typeof answer['package'] !== 'string' || !Array.isArray(answer['processes'])) {
    throw refused(url, { status: 200, reason: 'not-a-node', message: 'its answer is not one of a node' })
  }
  return answer as InstalledPackage
}

/** Takes the package `hello:example.os` off the node at `url`. @throws NodeClientError */
export async function uninstall(url: string, cookie: string, packageId: string): Promise<UninstalledPackage> {
  const path = `/api/packages/${encodeURIComponent(packageId)}`
  const answer: unknown = await (await ask(url, path, { cookie, method: 'DELETE' })).json()
  if (!isRecord(answer) || typeof answer['package'] !== 'string' || !Array.isArray(answer['processes'])) {
    throw refused(url, { status: 200, reason: 'not-a-node', message: 'its answer is not one of a node' })
  }
  return answer as UninstalledPackage
}

/** A body makes it a POST unless `method` says otherwise. */
type Ask = { cookie?: string; body?: unknown; bundle?: Uint8Array; method?: 'DELETE' }

async function ask(url: string, path: string, { cookie, body, bundle, method }: Ask): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': bundle === undefined ? 'application/json' : PACKAGE_TYPE }
  if (cookie !== undefined) headers['cookie'] = cookie
  const json = body === undefined ? undefined : JSON.stringify(body)
  const sent = bundle === undefined ? json : Uint8Array.from(bundle)
  const request = sent === undefined ? { method: method ?? 'GET', headers } : { method: 'POST', headers, body: sent }
  const response = await fetch(new URL(path, url), { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new NodeClientError({ code: 'node-unreachable', url }, `Cannot ask the node at "${url}": nothing answers`, {
        hint: 'check that the node runs, and its address',
        cause,
      })
    },
  )
  if (response.ok) return response
  throw refused(url, await readRefusal(response))
}

type Refusal = { status: number; reason: string; message: string; hint?: string }

async function readRefusal(response: Response): Promise<Refusal> {
  const { status } = response
  const body: unknown = await response.json().catch(() => undefined)
  if (!isRecord(body) || typeof body['code'] !== 'string' || typeof body['message'] !== 'string') {
    return { status, reason: 'not-a-node', message: `it answered HTTP ${status}` }
  }
  const refusal = { status, reason: body['code'], message: body['message'] }
  return typeof body['hint'] === 'string' ? { ...refusal, hint: body['hint'] } : refusal
}

/** Whoever answers at that address wrote these words, and they are for a terminal. */
function refused(url: string, { status, reason, message, hint }: Refusal): NodeClientError {
  const words = printable(message)
  const told = words.startsWith('Cannot ') ? words : `Cannot ask the node at ${quote(url)}: ${words}`
  const shownHint = hint === undefined ? undefined : printable(hint)
  return new NodeClientError({ code: 'node-refused', url, status, reason }, told, { hint: shownHint })
}
