import { formatProcessId, type ProcessId } from '@hyperware/protocol'
import { createLogFiles, type LogFileOptions, LOG_FILE_DEFAULTS } from './log-files.ts'
import { formatPrintout, isShown, MESSAGES_LEVEL, printable, type Verbosity, VERBOSITY_MAX } from './printout.ts'

/** Where lines go: the console of the node, and its log files. */
export type Terminal = {
  readonly print: (print: { verbosity: number; source: ProcessId; text: string }) => void
  readonly verbosity: () => number
  /** Shows more: one level up, and from the highest back to 0. Says which. */
  readonly nextVerbosity: () => number
  /** Turns log files on or off. Says which. */
  readonly toggleLogging: () => boolean
  /** Whether messages are to be printed: somebody sees them. */
  readonly wantsMessages: () => boolean
  readonly flush: () => Promise<void>
}

export type TerminalOptions = {
  readonly verbosity: Verbosity
  readonly logging: boolean
  readonly logFiles?: LogFileOptions
  readonly colours: boolean
}

/**
 * The terminal of a node (kernel.md section 15). `show` takes a finished line for the screen; log files take every
 * line, whatever is shown.
 */
export function createTerminal(
  deps: { readonly home: string; readonly show: (line: string) => void; readonly logFailed: (error: unknown) => void },
  options: TerminalOptions,
): Terminal {
  const files = createLogFiles(
    { home: deps.home, now: () => new Date(), failed: deps.logFailed },
    options.logFiles ?? LOG_FILE_DEFAULTS,
  )
  let { level } = options.verbosity
  let { logging } = options
  const { overrides } = options.verbosity

  return {
    print({ verbosity, source, text }) {
      const printout = { verbosity, source: formatProcessId(source), text }
      if (logging) files.write(`${printout.source}: ${printable(text)}`)
      if (isShown({ level, overrides }, printout)) {
        deps.show(formatPrintout(printout, new Date(), { colours: options.colours }))
      }
    },
    verbosity: () => level,
    nextVerbosity() {
      level = level >= VERBOSITY_MAX ? 0 : level + 1
      return level
    },
    toggleLogging() {
      logging = !logging
      return logging
    },
    wantsMessages: () =>
      level >= MESSAGES_LEVEL ||
      [...overrides.values()].some((override) => override !== 'muted' && override >= MESSAGES_LEVEL),
    flush: () => files.flush(),
  }
}
