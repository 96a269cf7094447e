import { type IncomingRequest, isLocal, messages, our, print, respond, sameTarget, send } from '@hyperware/process'
import { bytesToUtf8, decodeJson, formatAddress, isJsonObject, quote, SCRIPT_FAILED } from '@hyperware/protocol'
import { Aliases } from './aliases.ts'
import { startScript } from './start-script.ts'
import { SCRIPT_SECONDS, WaitingLines } from './waiting-lines.ts'
import { splitWord } from './words.ts'

/** What somebody who waits hears of a script that only printed, as live scripts do. */
const WORDLESS = "The script ended without an answer; what it printed is in the node's terminal"
/** The page and the command line speak through this process. */
const HTTP_SERVER = 'our@http-server:distro:sys'

/**
 * `terminal:terminal:sys`: a line typed at the console comes as a request of this process to itself. Its first word is
 * an alias or the id of a script, the rest is the script's argument. Other processes may edit aliases.
 */
export function init(): void {
  const aliases = new Aliases()
  const lines = new WaitingLines()
  for (const message of messages()) {
    switch (message.kind) {
      case 'request':
        if (isLocal(message)) takeRequest({ aliases, lines }, message)
        break
      case 'response':
        if (lines.isCheck(message)) {
          if (lines.hasEnded(message)) respond(WORDLESS)
        } else if (lines.take(message)) {
          respond(message.body, { metadata: message.metadata, blob: message.blob })
        }
        break
      case 'send-error':
        if (lines.take(message)) {
          respond(`The script took more than ${SCRIPT_SECONDS} s`, { metadata: SCRIPT_FAILED })
        }
        break
      default:
        message satisfies never
    }
  }
}

type Terminal = { readonly aliases: Aliases; readonly lines: WaitingLines }

function takeRequest(terminal: Terminal, request: IncomingRequest): void {
  const isLine = sameTarget(request.source, our()) || sameTarget(request.source, HTTP_SERVER)
  if (!isLine) return editAlias(terminal.aliases, request)
  const waits = request.expectsResponse !== undefined
  try {
    runLine(terminal, request.text(), waits)
  } catch (error) {
    fail(waits, error instanceof Error ? error.message : String(error))
  }
}

function runLine({ aliases, lines }: Terminal, line: string, waits: boolean): void {
  const [word, rest] = splitWord(line)
  if (word === '') return waits ? respond('') : undefined
  const script = aliases.find(word)
  if (script === undefined) {
    return fail(waits, `${quote(word)} not found, either as an alias or process ID; help lists what there is`)
  }
  const process = startScript(script)
  if (waits) lines.wait(process, rest)
  else send({ node: our().node, process }, rest)
}

function fail(waits: boolean, text: string): void {
  if (waits) respond(text, { metadata: SCRIPT_FAILED })
  else print(text)
}

function editAlias(aliases: Aliases, request: IncomingRequest): void {
  const outcome = outcomeOf(aliases, request)
  if (outcome === undefined) return print(`terminal: ignored a request of ${formatAddress(request.source)}`, 1)
  if (request.expectsResponse !== undefined) respond({ json: { EditAlias: outcome } })
}

function outcomeOf(aliases: Aliases, request: IncomingRequest): string | undefined {
  const text = bytesToUtf8(request.body)
  const parsed = text.ok ? decodeJson(text.value) : text
  const body = parsed.ok ? parsed.value : null
  const edit = isJsonObject(body) ? body['EditAlias'] : undefined
  if (edit === undefined || !isJsonObject(edit) || typeof edit['alias'] !== 'string') return undefined
  const process = edit['process'] ?? undefined
  if (process !== undefined && typeof process !== 'string') return undefined
  return aliases.edit(edit['alias'], process)
}
