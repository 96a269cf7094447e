import { json, TIMER_PROCESS, timerRequestJson } from '@hyperware/protocol'
import { ask, send } from './messages.ts'

const TIMER = { node: 'our', process: TIMER_PROCESS }
/** What the answer may take beyond the time itself, in seconds. */
const GRACE_SECONDS = 1

function setTimer(durationMs: number): Uint8Array {
  return json.encodeWith(timerRequestJson, { kind: 'SetTimer', durationMs: BigInt(Math.ceil(durationMs)) })
}

export const timer = {
  /** After this long `receive` gives a response of the timer with an empty body and this context. */
  set(durationMs: number, context?: Uint8Array): void {
    send(TIMER, setTimer(durationMs), { timeoutSeconds: durationMs / 1_000 + GRACE_SECONDS, context })
  },
  /** Waits; what comes in the meantime is kept for `receive`. */
  sleep(durationMs: number): void {
    ask(TIMER, setTimer(durationMs), { timeoutSeconds: durationMs / 1_000 + GRACE_SECONDS })
  },
}
