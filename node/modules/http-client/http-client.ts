import {
  type Blob,
  formatError,
  formatPackageId,
  formatProcessId,
  HTTP_CLIENT_PROCESS,
  type HttpClientAnswer,
  httpClientAnswerJson,
  type HttpClientRequest,
  httpClientRequestJson,
  json,
  type KernelMessage,
  type ProcessId,
  unreachable,
} from '@hyperware/protocol'
import { answerTo } from '../answer.ts'
import { createTally } from '../tally.ts'
import { type Channels, createChannels } from './channels.ts'
import { exchange } from './exchange.ts'
import { planRequest } from './request-plan.ts'

/** Requests that may run at one time, of one package, whose processes may be many, and in all. */
export const REQUESTS_MAX = { each: 64, all: 256 } as const
/** Bytes of responses that are being read, of one package and of all: a server may take as long as a process waits. */
const READING_MAX_BYTES = { each: 128 * 1_024 * 1_024, all: 256 * 1_024 * 1_024 } as const
/** How long a request may take whose sender set no deadline, and the longest that any may. */
const DEFAULT_SECONDS = 300
const SECONDS_MAX = 24 * 60 * 60

/** What the http-client needs of its node. `knows` says whether there still is such a process. */
export type HttpClientDeps = {
  readonly ourName: string
  readonly send: (message: KernelMessage) => boolean
  readonly knows: (process: ProcessId) => boolean
  readonly print: (verbosity: number, text: string, subject?: string) => void
}

export type HttpClient = {
  /** Settles when the answer was sent, so that what a process asks for counts against it until then. */
  readonly handle: (message: KernelMessage) => Promise<void>
  /** Gives up whatever still runs. */
  readonly stop: () => void
}

type HttpRequest = Extract<HttpClientRequest, { kind: 'Http' }>

/** The module `http-client:distro:sys` (modules.md section 8). */
export function createHttpClient(deps: HttpClientDeps): HttpClient {
  const our = { node: deps.ourName, process: HTTP_CLIENT_PROCESS }
  const tally = createTally(REQUESTS_MAX)
  const reading = createTally(READING_MAX_BYTES)
  const stopping = new AbortController()
  const channels: Channels = createChannels({ ...deps, our })

  function answer(asked: KernelMessage, body: HttpClientAnswer, blob?: Blob): void {
    // A success is always told; a failure only to who waits, except of WebSockets (modules.md section 8).
    deps.send(answerTo(our, asked, { body: json.encodeWith(httpClientAnswerJson, body), blob }))
  }

  async function http(asked: KernelMessage, request: HttpRequest): Promise<void> {
    const expected = secondsExpected(asked)
    const refuse = (error: Extract<HttpClientAnswer, { kind: 'Err' }>['error']): void => {
      if (expected !== undefined) answer(asked, { kind: 'Err', error })
    }
    const planned = planRequest(request, asked.blob?.bytes)
    if (!planned.ok) return refuse(planned.error)
    const who = formatPackageId(asked.source.process)
    if (!tally.enter(who)) {
      const reason = `${tally.of(who)} requests of ${who} and ${tally.total()} in all are running, which is as many as may`
      return refuse({ kind: 'ExecuteRequestFailed', reason })
    }
    const deadline = AbortSignal.timeout(Math.min(Number(expected ?? DEFAULT_SECONDS), SECONDS_MAX) * 1_000)
    const signal = AbortSignal.any([deadline, stopping.signal])
    try {
      const { status, headers, body, release } = await exchange(planned.plan, {
        signal,
        take: (bytes) => reading.enter(who, bytes),
        give: (bytes) => reading.leave(who, bytes),
      })
      answer(asked, { kind: 'Ok', response: { kind: 'Http', status, headers } }, { mime: undefined, bytes: body })
      release()
    } catch (error) {
      // After its deadline nobody listens any more.
      if (!signal.aborted) refuse({ kind: 'ExecuteRequestFailed', reason: formatError(error) })
    } finally {
      tally.leave(who)
    }
  }

  return {
    async handle(asked) {
      if (asked.message.kind === 'response') return
      const who = `${asked.source.node}@${formatProcessId(asked.source.process)}`
      if (asked.source.node !== deps.ourName) {
        return deps.print(1, `http-client: request of ${who} ignored: it came from another node`)
      }
      const request = json.decodeRequest(httpClientRequestJson, 'the request', asked.message.body)
      if (!request.ok) {
        deps.print(1, `http-client: request of ${who} refused: ${request.problem}`)
        const expected = secondsExpected(asked) !== undefined
        return expected ? answer(asked, { kind: 'Err', error: { kind: 'MalformedRequest' } }) : undefined
      }
      switch (request.value.kind) {
        case 'Http':
          return http(asked, request.value)
        case 'WebSocketOpen':
          return answer(asked, await channels.open(asked, request.value))
        case 'WebSocketPush':
          return answer(asked, channels.push(asked, request.value))
        case 'WebSocketClose':
          return answer(asked, channels.close(asked, request.value))
        default:
          return unreachable(request.value)
      }
    },
    stop() {
      stopping.abort()
      channels.stop()
    },
  }
}

function secondsExpected({ message }: KernelMessage): bigint | undefined {
  return message.kind === 'request' ? message.expectsResponse : undefined
}
