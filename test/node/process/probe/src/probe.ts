import {
  ask,
  BodyError,
  capabilitiesFor,
  dropCapabilities,
  FileError,
  type IncomingRequest,
  type IncomingError,
  type IncomingResponse,
  issue,
  messages,
  our,
  ourCapabilities,
  print,
  respond,
  saveCapabilities,
  send,
  SendError,
  setOnExit,
  spawn,
  SpawnError,
  state,
  timer,
  vfs,
} from '@hyperware/process'
import { formatAddress, formatJson, formatProcessId, isJsonObject, type JsonValue } from '@hyperware/protocol'

type Words = { readonly [name: string]: JsonValue }
type Deed = (words: Words, request: IncomingRequest) => JsonValue | undefined

function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : formatJson(value ?? null)
}

/** What came that nobody waited for, in order. */
let heard: JsonValue[] = []
// Kept, and used, while the component is built.
const { random: keptRandom } = Math
keptRandom()

/** What each request may ask of this process; the answer is JSON, or none when it is undefined. */
const DEEDS: Readonly<Record<string, Deed>> = {
  describe: (_, request) => ({
    source: formatAddress(request.source),
    metadata: request.metadata ?? null,
    expects: request.expectsResponse ?? null,
    capabilities: request.capabilities.map(({ issuer, params }) => `${formatAddress(issuer)} ${params}`),
    blob: request.blob === undefined ? null : `${request.blob.mime ?? 'none'} ${request.blob.bytes.join()}`,
  }),
  silence: () => undefined,
  slow: ({ ms }) => {
    timer.sleep(Number(ms))
    return 'slow'
  },
  note: ({ text }) => {
    heard.push(asText(text))
    return undefined
  },
  heard: () => {
    const all = heard
    heard = []
    return all
  },
  ask: ({ target, body, seconds, metadata, attach }) => {
    const capabilities = attach === undefined ? [] : [issue(attach)]
    const blob = attach === undefined ? undefined : { mime: 'text/plain', bytes: Uint8Array.of(1, 2, 3) }
    const answer = ask(
      asText(target),
      { json: body ?? null },
      {
        capabilities,
        blob,
        metadata: metadata === undefined ? undefined : asText(metadata),
        ...(seconds === undefined ? {} : { timeoutSeconds: Number(seconds) }),
      },
    )
    return { answer: answer.json(), source: formatAddress(answer.source) }
  },
  send: ({ target, body, seconds, context }) => {
    send(
      asText(target),
      { json: body ?? null },
      {
        timeoutSeconds: seconds === undefined ? undefined : Number(seconds),
        context: context === undefined ? undefined : new TextEncoder().encode(asText(context)),
      },
    )
    return 'sent'
  },
  forward: ({ target, body }) => {
    send(asText(target), { json: body ?? null }, { inherit: true })
    return undefined
  },
  keep: ({ value }) => {
    state.setJson(value ?? null)
    return state.getJson() ?? null
  },
  kept: () => state.getJson() ?? 'nothing',
  forget: () => {
    state.clear()
    return state.get() === undefined
  },
  sleep: ({ ms }) => {
    const startedMs = Date.now()
    timer.sleep(Number(ms))
    return Date.now() - startedMs
  },
  alarm: ({ ms }) => {
    timer.set(Number(ms), new TextEncoder().encode('alarm'))
    return 'set'
  },
  files: () => {
    const drive = vfs.createDrive('data')
    vfs.makeFolder(`${drive}/a/b`)
    vfs.write(`${drive}/a/text`, 'Grüße')
    vfs.append(`${drive}/a/text`, Uint8Array.of(0x21))
    vfs.rename(`${drive}/a/text`, `${drive}/a/renamed`)
    const seen = {
      drive,
      text: vfs.readText(`${drive}/a/renamed`),
      sizeBytes: vfs.sizeBytes(`${drive}/a/renamed`),
      there: vfs.exists(`${drive}/a/renamed`),
      gone: vfs.exists(`${drive}/a/text`),
      list: vfs.list(`${drive}/a`).map(({ path }) => path),
    }
    vfs.removeFile(`${drive}/a/renamed`)
    vfs.removeFolder(`${drive}/a`)
    return { ...seen, empty: vfs.list(drive).length === 0 }
  },
  read: ({ path }) => vfs.readText(asText(path)),
  spawn: ({ name, path }) =>
    formatProcessId(spawn({ name: asText(name), wasmPath: asText(path), onExit: { kind: 'none' }, public: true })),
  held: () => ourCapabilities().map(({ issuer, params }) => `${formatAddress(issuer)} ${params}`),
  heldOf: ({ target }) => capabilitiesFor(asText(target)).map(({ params }) => params),
  save: (_, request) => {
    saveCapabilities(request.capabilities)
    return 'saved'
  },
  drop: ({ target }) => {
    dropCapabilities(capabilitiesFor(asText(target)))
    return 'dropped'
  },
  random: () => `${Math.random()}`,
  keptRandom: () => `${keptRandom()}`,
  print: ({ text }) => {
    print(asText(text))
    return 'printed'
  },
  lastWords: ({ target, text }) => {
    const { node, process } = our()
    setOnExit({
      kind: 'requests',
      requests: [
        {
          target: { node, process: { ...process, process: asText(target) } },
          inherit: false,
          expectsResponse: undefined,
          body: new TextEncoder().encode(`{"do":"note","text":"${asText(text)}"}`),
          metadata: undefined,
          capabilities: [],
          blob: undefined,
        },
      ],
    })
    return 'set'
  },
  fail: ({ text }) => {
    throw new Error(asText(text))
  },
}

/** Does what each request asks, so that tests see the library from inside a process and from outside. */
export function init(): void {
  for (const message of messages()) {
    if (message.kind === 'request') answer(message)
    else heard.push(describe(message))
  }
}

function answer(request: IncomingRequest): void {
  const words = wordsOf(request)
  const deed = DEEDS[asText(words['do'])]
  if (deed === undefined) return respond({ json: { failed: 'unknown', message: request.text() } })
  if (words['do'] === 'fail') deed(words, request)
  try {
    const said = deed(words, request)
    if (said !== undefined) respond({ json: said }, { metadata: request.metadata })
  } catch (error) {
    const known =
      error instanceof SendError ||
      error instanceof FileError ||
      error instanceof SpawnError ||
      error instanceof BodyError
    if (!known) throw error
    respond({ json: { failed: error.problem.code, message: error.message } })
  }
}

function wordsOf(request: IncomingRequest): Words {
  const body = request.json()
  return isJsonObject(body) ? body : {}
}

function describe(message: IncomingResponse | IncomingError): JsonValue {
  const context = message.context === undefined ? null : new TextDecoder().decode(message.context)
  if (message.kind === 'send-error') return { error: message.error.problem.code, context }
  return { response: message.text(), context }
}
