import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { bytesToUtf8, HTTP_SERVER_PROCESS, type KernelMessage, parseAddress, utf8ToBytes } from '@hyperware/protocol'
import { createServing } from '../../../../node/modules/http-server/serving.ts'
import { issueSession } from '../../../../node/modules/http-server/session.ts'
import { createTestKernel, OUR_NAME, type TestKernel } from '../../kernel/kernel-fixture.ts'
import type { Guest, Script } from '../../kernel/scripted.ts'
import { startBareServer } from './bare-server.ts'

const SECRET = new Uint8Array(32).fill(9)
const NOW_MS = 1_790_000_000_000
const SERVER = `our@http-server:distro:sys`

export type Got = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Asked = {
  readonly method?: string
  readonly host?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Uint8Array
}

export type Web = {
  readonly kernel: TestKernel
  readonly port: number
  readonly prints: readonly string[]
  /** Sends a path as it is, to a host of this machine. */
  readonly get: (path: string, asked?: Asked) => Promise<Got>
  /** Starts a process that the http-server and it may message each other. */
  readonly launch: (id: string, script: Script) => Promise<void>
  /** Stops the server alone. */
  readonly close: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The cookie of the node's owner, or of one process. */
export function cookie(process?: string): string {
  const token = issueSession(SECRET, { node: OUR_NAME, nowMs: NOW_MS, process })
  return `hyperware-auth_${OUR_NAME}${process === undefined ? '' : `@${process}`}=${token}`
}

/** A kernel with scripted processes, its http-server, and a socket to both. */
export async function openWeb(): Promise<Web> {
  const prints: string[] = []
  const serving = createServing({
    ourName: OUR_NAME,
    jwtSecret: SECRET,
    now: () => NOW_MS,
    send: (message: KernelMessage) => kernel.kernel.send(message),
    randomId: () => randomBytes(8).readBigUInt64BE(),
    knows: (process) => kernel.kernel.knows(process),
    print: (verbosity, text) => void prints.push(`${verbosity} ${text}`),
  })
  const kernel = createTestKernel({
    modules: [{ id: HTTP_SERVER_PROCESS, public: false, inbox: serving.inbox }],
    now: () => performance.now(),
    schedule(callback, waitMs) {
      const timer = setTimeout(callback, waitMs)
      return () => clearTimeout(timer)
    },
  })
  const server = await startBareServer({ node: OUR_NAME, jwtSecret: SECRET, now: () => NOW_MS, serving })
  const port = Number(new URL(server.url).port)
  return {
    kernel,
    port,
    prints,
    get: (path, asked = {}) => exchange(port, path, asked),
    launch: (id, script) =>
      kernel.launch(id, script, {
        public: true,
        capabilities: [{ issuer: parseAddress(`${OUR_NAME}@http-server:distro:sys`), params: '"messaging"' }],
      }),
    close: server.stop,
    async stop() {
      await server.stop()
      await kernel.kernel.stop()
    },
  }
}

function exchange(port: number, path: string, { method = 'GET', host, headers = {}, body }: Asked): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers: { host: `${host ?? 'localhost'}:${port}`, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Asks the http-server, and gives what it says. */
export async function act(guest: Guest, action: unknown, content?: { mime?: string; text: string }): Promise<string> {
  const blob = content && { mime: content.mime, bytes: utf8ToBytes(content.text) }
  const event = await guest.sendAndAwait(SERVER, {
    body: typeof action === 'string' ? action : JSON.stringify(action),
    expectsResponse: 5,
    ...(blob === undefined ? {} : { blob }),
  })
  if (event.kind !== 'response') return event.kind
  const text = bytesToUtf8(event.response.body)
  return text.ok ? text.value : 'not text'
}

export function bind(
  path: string,
  more: Partial<{ authenticated: boolean; local_only: boolean; cache: boolean }> = {},
) {
  return { Bind: { path, authenticated: false, local_only: false, cache: false, ...more } }
}

/** A process that answers with what it was asked, or with what it is told to say instead. */
export function echo(
  actions: readonly unknown[],
  say: { readonly body?: string; readonly blob?: string } = {},
): Script {
  return async (guest) => {
    for (const action of actions) {
      const answer = await act(guest, action)
      if (answer !== '{"Ok":null}') throw new Error(`the http-server says ${answer}`)
    }
    for (;;) {
      const event = await guest.receive()
      if (event.kind !== 'request') continue
      const body = say.body ?? '{"status":200,"headers":{"Content-Type":"application/json","X-Of-App":"1"}}'
      const asked = bytesToUtf8(event.request.body)
      const content = Buffer.from(event.request.blob?.bytes ?? []).toString()
      const echoed = asked.ok ? asked.value.replace(/}}$/, `},"body":${JSON.stringify(content)}}`) : 'not text'
      await guest.respond({ body, blob: say.blob ?? echoed })
    }
  }
}
