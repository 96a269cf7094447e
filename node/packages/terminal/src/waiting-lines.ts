import { type IncomingError, type IncomingResponse, kernel, our, sameTarget, send, timer } from '@hyperware/process'
import { bytesToUtf8, formatProcessId, parseProcessId, type ProcessId, utf8ToBytes } from '@hyperware/protocol'

/** How long a script that somebody waits for may take, in seconds. */
export const SCRIPT_SECONDS = 60
/** How often it is looked after meanwhile: live scripts print, and end without an answer. */
const CHECK_MS = 200
const TIMER = 'our@timer:distro:sys'

/**
 * The scripts whose lines somebody waits for. What comes about one carries its id as context, and answers its line: with
 * each message the kernel brings back the request during which its own was sent.
 */
export class WaitingLines {
  /** Whether the script was gone when last looked for: what it said before may then still be on its way here. */
  private readonly gone = new Map<string, boolean>()

  /** Gives the script its argument. */
  wait(script: ProcessId, argument: string): void {
    const id = formatProcessId(script)
    const context = utf8ToBytes(id)
    send({ node: our().node, process: script }, argument, { timeoutSeconds: SCRIPT_SECONDS, context })
    this.gone.set(id, false)
    timer.set(CHECK_MS, context)
  }

  isCheck({ source }: IncomingResponse): boolean {
    return sameTarget(source, TIMER)
  }

  /** Whether the script ended, and without a word: asked when its timer rings. */
  hasEnded({ context }: IncomingResponse): boolean {
    const id = idOf(context)
    const wasGone = this.gone.get(id)
    if (wasGone === undefined) return false
    if (wasGone) return this.gone.delete(id)
    const isGone = !runs(parseProcessId(id))
    this.gone.set(id, isGone)
    timer.set(isGone ? 0 : CHECK_MS, context)
    return false
  }

  /** Whether its line still waits, which it then does no longer. */
  take({ context }: IncomingResponse | IncomingError): boolean {
    return this.gone.delete(idOf(context))
  }
}

function idOf(context: Uint8Array | undefined): string {
  const text = bytesToUtf8(context ?? new Uint8Array(0))
  return text.ok ? text.value : ''
}

function runs(id: ProcessId): boolean {
  const answer = kernel.ask({ kind: 'Debug', question: { kind: 'Process', id } })
  return answer.kind !== 'Debug' || answer.answer.kind !== 'Process' || answer.answer.process !== undefined
}
