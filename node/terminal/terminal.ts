import { formatProcessId, type ProcessId } from '@hyperware/protocol'
import { createLogFiles, type LogFileOptions, LOG_FILE_DEFAULTS } from './log-files.ts'
import {
  formatPrintout,
  isShown,
  MESSAGES_LEVEL,
  printable,
  type Printout,
  type Verbosity,
  VERBOSITY_MAX,
} from './printout.ts'
import { admit, type Quiet, QUIET_MS, sumUp } from './quiet.ts'

/** Where lines go: the console of the node, and its log files. */
export type Terminal = {
  readonly print: (print: Omit<Printout, 'source'> & { readonly source: ProcessId }) => void
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

/** What a complaint that is kept back is shown at. */
const KEPT_BACK_LEVEL = 2

/**
 * The terminal of a node (kernel.md section 15). `show` takes a finished line for the screen; log files take every
 * line, whatever is shown. Complaints of one subject are kept back after the first ones, and summed up.
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
  const quiet: Quiet = new Map()
  let summing: NodeJS.Timeout | undefined

  function show(printout: Printout): void {
    if (isShown({ level, overrides }, printout)) {
      deps.show(formatPrintout(printout, new Date(), { colours: options.colours }))
    }
  }

  /** How verbose a line is once it is known how many of its kind there were. */
  function weigh({ subject, ...line }: Printout): number {
    if (subject === undefined) return line.verbosity
    summing ??= setInterval(sumUpAll, QUIET_MS).unref()
    return admit(quiet, { ...line, subject }, Date.now()) ? line.verbosity : Math.max(line.verbosity, KEPT_BACK_LEVEL)
  }

  function sumUpAll(): void {
    for (const complaint of sumUp(quiet, Date.now())) show(complaint)
    if (quiet.size > 0) return
    clearInterval(summing)
    summing = undefined
  }

  return {
    print(print) {
      const printout = { ...print, source: formatProcessId(print.source) }
      if (logging) files.write(`${printout.source}: ${printable(print.text)}`)
      show({ ...printout, verbosity: weigh(printout) })
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
