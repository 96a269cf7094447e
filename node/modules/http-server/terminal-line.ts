import {
  bytesToUtf8,
  HyperwareError,
  parseProcessId,
  type ProcessId,
  SCRIPT_FAILED,
  unreachable,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { Asker } from './asker.ts'

/** The process that runs what is typed. */
const TERMINAL_PROCESS: ProcessId = parseProcessId('terminal:terminal:sys')
/** A script may take a minute, and the terminal a little to start it (userspace.md section 3.3). */
const LINE_SECONDS = 65
/** Longest line, in UTF-8 bytes. */
export const LINE_MAX_BYTES = 8_192

export type LineProblem =
  | { code: 'line-too-long'; sizeBytes: number; maxBytes: number }
  | { code: 'script-timeout'; seconds: number }
  | { code: 'busy'; waiting: number }

/** A line that was not run. */
export class LineError extends HyperwareError<LineProblem> {}

/** What a script said; `failed` when it could not do what it was asked. */
export type LineOutput = { readonly output: string; readonly failed: boolean }

/**
 * Runs a line as if it were typed at the console, and waits for what its script says. @throws LineError
 */
export async function runLine(deps: { ourName: string; asker: Pick<Asker, 'ask'> }, line: string): Promise<LineOutput> {
  const body = utf8ToBytes(line)
  if (body.length > LINE_MAX_BYTES) {
    throw new LineError(
      { code: 'line-too-long', sizeBytes: body.length, maxBytes: LINE_MAX_BYTES },
      `Cannot run line: it is ${body.length} bytes long, expected at most ${LINE_MAX_BYTES}`,
    )
  }
  const target = { node: deps.ourName, process: TERMINAL_PROCESS }
  const outcome = await deps.asker.ask({ target, body, seconds: LINE_SECONDS })
  switch (outcome.kind) {
    case 'response': {
      const { body: said, metadata } = outcome.message.message
      const text = bytesToUtf8(said)
      return {
        output: text.ok ? text.value : `${said.length} bytes that are not text`,
        failed: metadata === SCRIPT_FAILED,
      }
    }
    case 'send-error':
      throw new LineError(
        { code: 'script-timeout', seconds: LINE_SECONDS },
        `Cannot run line: the terminal did not answer: ${outcome.error.reason}`,
        {
          hint: 'the node runs scripts only with its packages; "top" of the page shows whether terminal:terminal:sys runs',
        },
      )
    case 'busy':
      throw new LineError(
        { code: 'busy', waiting: outcome.waiting },
        `Cannot run line: ${outcome.waiting} requests are waiting already`,
        { hint: 'try again in a few seconds' },
      )
    default:
      return unreachable(outcome)
  }
}
