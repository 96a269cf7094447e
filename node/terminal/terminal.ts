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
import { admit, linesOf, PRINTS, type Quiet, QUIET_MS, sumUp } from './quiet.ts'

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

/** The parts of the node itself choose what they print; nobody makes them print at will but by complaints. */
function isPartOfNode({ package: name, publisher }: ProcessId): boolean {
  return name === 'distro' && publisher === 'sys'
}

/** What a line that is kept back is shown at. */
const KEPT_BACK_LEVEL = 2

/** Characters of one print on the screen. */
export const SCREEN_TEXT_MAX = 262_144

function cut(text: string): string {
  if (text.length <= SCREEN_TEXT_MAX) return text
  return `${text.slice(0, SCREEN_TEXT_MAX)}… (${text.length - SCREEN_TEXT_MAX} more characters)`
}

/**
 * The terminal of a node (kernel.md section 15). `show` takes a finished line for the screen; log files take every
 * line, whatever is shown. Complaints of one subject, and what one process prints, are kept back after the first lines,
 * and summed up.
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
  const prints: Quiet = new Map()
  let summing: NodeJS.Timeout | undefined

  function show(printout: Printout): void {
    if (isShown({ level, overrides }, printout)) {
      deps.show(formatPrintout({ ...printout, text: cut(printout.text) }, new Date(), { colours: options.colours }))
    }
  }

  /** How verbose a line is once it is known how many of its kind there were. */
  function weigh({ subject, ...line }: Printout, isOurs: boolean): number {
    if (line.verbosity >= KEPT_BACK_LEVEL || (subject === undefined && isOurs)) return line.verbosity
    summing ??= setInterval(sumUpAll, QUIET_MS).unref()
    const nowMs = Date.now()
    const shown =
      subject === undefined
        ? admit(prints, { ...line, subject: line.source }, nowMs, PRINTS, linesOf(line.text))
        : admit(quiet, { ...line, subject }, nowMs)
    return shown ? line.verbosity : KEPT_BACK_LEVEL
  }

  function sumUpAll(): void {
    for (const counts of [quiet, prints]) for (const line of sumUp(counts, Date.now())) show(line)
    if (quiet.size + prints.size > 0) return
    clearInterval(summing)
    summing = undefined
  }

  return {
    print(print) {
      const printout = { ...print, source: formatProcessId(print.source) }
      if (logging) files.write(`${printout.source}: ${printable(print.text)}`)
      show({ ...printout, verbosity: weigh(printout, isPartOfNode(print.source)) })
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
