import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'

type Terminal = { readonly input: Readable; readonly output: Writable; readonly terminal?: boolean }

/** A line typed at the terminal; undefined when Ctrl-C or Ctrl-D is pressed instead. */
export async function askLine(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string | undefined> {
  const lines = createInterface(terminal)
  try {
    return await lines.question(question)
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'AbortError') throw cause
    terminal.output.write('\n')
    return undefined
  } finally {
    lines.close()
  }
}
