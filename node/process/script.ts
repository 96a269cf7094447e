import { SCRIPT_FAILED } from '@hyperware/protocol'
import { respond, receive } from './messages.ts'
import { print } from './print.ts'

/** What a script says at its end. `failed` tells whoever called it that it did not do what it was asked. */
export type ScriptResult = string | { readonly failed: string }

/**
 * Runs a terminal script: its argument is the text of the first request. What it returns is the response when somebody
 * expects one, else it is printed. A thrown error is a failure with the error's message.
 */
export function runScript(main: (argument: string) => ScriptResult): void {
  const first = receive()
  if (first.kind !== 'request') return
  const result = resultOf(main, first.text())
  const text = typeof result === 'string' ? result : result.failed
  const metadata = typeof result === 'string' ? undefined : SCRIPT_FAILED
  if (first.expectsResponse !== undefined) respond(text, { metadata })
  else if (text !== '') print(text)
}

function resultOf(main: (argument: string) => ScriptResult, argument: string): ScriptResult {
  try {
    return main(argument)
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}
