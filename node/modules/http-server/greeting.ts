import {
  bytesToUtf8,
  HyperwareError,
  isName,
  type KernelMessage,
  type Name,
  NET_PROCESS,
  quote,
  unreachable,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { SendError } from '../../kernel/loop.ts'
import type { Asker } from './asker.ts'

/** How long another node may take to answer, in seconds (net.md section 10). */
export const GREETING_SECONDS = 10
/** Longest greeting, in UTF-8 bytes. */
export const GREETING_MAX_BYTES = 4_096
export type GreetingProblem =
  | { code: 'bad-name'; node: string }
  | { code: 'text-too-long'; sizeBytes: number; maxBytes: number }
  | { code: 'unknown-name'; node: Name }
  | { code: 'offline'; node: Name; reason: string }
  | { code: 'timeout'; node: Name; seconds: number }
  | { code: 'busy'; waiting: number }

/** A greeting that got no answer. */
export class GreetingError extends HyperwareError<GreetingProblem> {}

/** Says hello to nodes, this one included, and hears what they answer. */
export type Greeter = {
  /** Sends `text` to the net module of `node`; resolves with what it answers. @throws GreetingError */
  greet: (input: { node: string; text: string | undefined }) => Promise<{ answer: string; durationMs: number }>
}

/** `knows` tells whether the identity of a node is known. */
export function createGreeter(deps: {
  ourName: Name
  asker: Pick<Asker, 'ask'>
  knows: (node: Name) => boolean
  now: () => number
}): Greeter {
  return {
    async greet(input) {
      const node = checkNode(input.node)
      const body = utf8ToBytes(input.text ?? `hello from ${deps.ourName}`)
      if (body.length > GREETING_MAX_BYTES) throw textTooLong(node, body.length)
      if (node !== deps.ourName && !deps.knows(node)) throw unknownName(node)

      const startedMs = deps.now()
      const target = { node, process: NET_PROCESS }
      const outcome = await deps.asker.ask({ target, body, seconds: GREETING_SECONDS })
      switch (outcome.kind) {
        case 'response':
          return { answer: readAnswer(outcome.message), durationMs: deps.now() - startedMs }
        case 'send-error':
          throw sendFailed(node, outcome.error)
        case 'busy':
          throw busy(node, outcome.waiting)
        default:
          return unreachable(outcome)
      }
    },
  }
}

function checkNode(text: string): Name {
  if (text === '' || !isName(text)) {
    throw new GreetingError({ code: 'bad-name', node: text }, `Cannot greet ${quote(text)}: it is not a name`, {
      hint: 'names are lower-case labels with dots between them, such as "alice-home.os"',
    })
  }
  return text
}

function textTooLong(node: Name, sizeBytes: number): GreetingError {
  return new GreetingError(
    { code: 'text-too-long', sizeBytes, maxBytes: GREETING_MAX_BYTES },
    `Cannot greet "${node}": the text is ${sizeBytes} bytes long, expected at most ${GREETING_MAX_BYTES}`,
  )
}

function unknownName(node: Name): GreetingError {
  return new GreetingError({ code: 'unknown-name', node }, `Cannot greet "${node}": no node of this name is known`, {
    hint: 'check the spelling; a node is known once its ~net-key and routing are onchain and indexed',
  })
}

function busy(node: Name, waiting: number): GreetingError {
  return new GreetingError(
    { code: 'busy', waiting },
    `Cannot greet "${node}": ${waiting} greetings are waiting already`,
    { hint: 'try again in a few seconds' },
  )
}

function sendFailed(node: Name, error: SendError): GreetingError {
  if (error.kind === 'offline') {
    const { reason } = error
    return new GreetingError({ code: 'offline', node, reason }, `Cannot greet "${node}": it is offline: ${reason}`, {
      hint: 'the node, or all of its routers, cannot be reached now; try again later',
    })
  }
  return new GreetingError(
    { code: 'timeout', node, seconds: GREETING_SECONDS },
    `Cannot greet "${node}": ${error.reason} (${GREETING_SECONDS} s)`,
    { hint: 'the message may have arrived; try again' },
  )
}

function readAnswer(message: KernelMessage): string {
  const text = bytesToUtf8(message.message.body.subarray(0, GREETING_MAX_BYTES))
  return text.ok ? text.value : `${message.message.body.length} bytes that are not text`
}
