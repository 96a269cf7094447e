import { type IncomingRequest, messages, print, respond, state, timer } from '@hyperware/process'
import { isJsonObject } from '@hyperware/protocol'

const MINUTE_MS = 60_000

/** Answers whoever says something, and remembers over restarts how often it did. */
export function init(our: string): void {
  let greetings = keptGreetings()
  print(`${our} is here; it has answered ${greetings} times`)
  timer.set(MINUTE_MS)
  for (const message of messages()) {
    switch (message.kind) {
      case 'request':
        greetings += 1
        state.setJson({ greetings })
        respond({ json: { heard: textOf(message), greetings } })
        break
      case 'response': // of the timer
        print(`${greetings} answers so far`, 1)
        timer.set(MINUTE_MS)
        break
      case 'send-error':
        print(message.error.message)
        break
      default:
        message satisfies never
    }
  }
}

function keptGreetings(): number {
  const kept = state.getJson()
  const greetings = kept !== undefined && isJsonObject(kept) ? kept['greetings'] : 0
  return Number(greetings)
}

/** Anybody may send any bytes. */
function textOf({ body }: IncomingRequest): string {
  return new TextDecoder().decode(body)
}
