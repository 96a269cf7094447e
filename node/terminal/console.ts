import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface, emitKeypressEvents, type Interface } from 'node:readline'
import type { Terminal } from './terminal.ts'

const HISTORY_FILE = '.terminal_history'
const HISTORY_LINES = 1_000
const PROMPT = '> '
/** Lines typed while the node boots, which wait; with so many of them nothing more is read until then. */
const HELD_LINES = 100

/** The console of a node: a line to type in, below what is printed. */
export type Console = {
  /** Prints above the line that is being typed. */
  readonly show: (line: string) => void
  /** The node has booted: submits what was typed meanwhile, and from now on each line at once. */
  readonly accept: () => void
  readonly close: () => Promise<void>
}

/**
 * Reads lines from `input` and gives each to `submit`, once lines are accepted. Ctrl-C and Ctrl-D call `quit`; Ctrl-V changes how much is shown,
 * Ctrl-L turns log files on and off; the arrows go through earlier lines, which are kept in the home folder.
 */
export function openConsole(
  deps: {
    readonly home: string
    readonly terminal: () => Terminal
    readonly submit: (line: string) => void
    readonly quit: () => void
  },
  { input, output }: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
): Console {
  const historyPath = join(deps.home, HISTORY_FILE)
  const isTerminal = input.isTTY && output.isTTY
  const reader: Interface = createInterface({
    input,
    output: isTerminal ? output : undefined,
    terminal: isTerminal,
    prompt: PROMPT,
    historySize: HISTORY_LINES,
    history: readHistory(historyPath),
    removeHistoryDuplicates: true,
  })
  let history: readonly string[] = []
  let closed = false
  let held: string[] | undefined = []

  function submit(line: string): void {
    if (held === undefined) return deps.submit(line)
    if (held.push(line) >= HELD_LINES) reader.pause()
  }

  /** Also makes the reader read on, which it must not while too much waits. */
  function prompt(preserveCursor = false): void {
    if (isTerminal && !closed && (held?.length ?? 0) < HELD_LINES) reader.prompt(preserveCursor)
  }

  function show(line: string): void {
    if (isTerminal && !closed) output.write(`\r\u001b[K${line}\n`)
    else output.write(`${line}\n`)
    prompt(true)
  }

  function onKey(_: string | undefined, key: { readonly ctrl?: boolean; readonly name?: string } | undefined): void {
    if (key?.ctrl !== true) return
    if (key.name === 'v') show(`verbosity ${deps.terminal().nextVerbosity()}`)
    if (key.name === 'l') show(`log files ${deps.terminal().toggleLogging() ? 'on' : 'off'}`)
  }

  reader.on('line', (line) => {
    if (line.trim() !== '') submit(line)
    prompt()
  })
  reader.on('history', (lines: readonly string[]) => {
    history = lines
  })
  reader.on('SIGINT', deps.quit)
  reader.on('close', () => {
    closed = true
    // A console at its end means Ctrl-D; other inputs, such as a pipe, may end while the node goes on.
    if (isTerminal) deps.quit()
  })
  if (isTerminal) {
    emitKeypressEvents(input, reader)
    input.on('keypress', onKey)
    reader.prompt()
  }

  return {
    show,
    accept() {
      const lines = held ?? []
      held = undefined
      for (const line of lines) deps.submit(line)
      if (!closed) reader.resume()
    },
    async close() {
      input.off('keypress', onKey)
      if (!closed) reader.close()
      if (history.length > 0) await writeFile(historyPath, history.toReversed().join('\n'), { mode: 0o600 })
    },
  }
}

/** Earlier lines, the latest first; none when there are none yet. */
function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').toReversed().slice(0, HISTORY_LINES)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
