import {
  decodeJson,
  type Decoded,
  decoded,
  decodeProcessId,
  isJsonObject,
  type JsonValue,
  quote,
  undecodable,
} from '@hyperware/protocol'

/** A line that some part of the node wants people to see. `source` is the text of a process id. */
export type Printout = {
  /** 0 always; 1 for debugging; 2 for what the runtime does; 3 for messages; 4 for everything. */
  readonly verbosity: number
  readonly source: string
  readonly text: string
  /** Of a complaint that somebody can cause at will, what it is about: so many of one subject are shown, and no more. */
  readonly subject?: string | undefined
}

/** What is shown of one process, whatever the level of the others is. */
export type VerbosityOverride = number | 'muted'

/** What is shown: up to `level`, except for the processes that have an override (kernel.md section 15). */
export type Verbosity = { readonly level: number; readonly overrides: ReadonlyMap<string, VerbosityOverride> }

export const VERBOSITY_MAX = 4
/** From this level on, messages themselves are printed. */
export const MESSAGES_LEVEL = 3

export function isShown({ level, overrides }: Verbosity, { verbosity, source }: Printout): boolean {
  const override = overrides.get(source) ?? level
  return override !== 'muted' && verbosity <= override
}

/** Reads `{"chat:chat:template.os":{"U8":3},"spam:spam:x.os":"Muted"}`. */
export function decodeOverrides(text: string): Decoded<ReadonlyMap<string, VerbosityOverride>> {
  const json = decodeJson(text)
  if (!json.ok) return json
  if (!isJsonObject(json.value)) return undecodable(`${quote(text)} is not an object of process ids`)
  const overrides = new Map<string, VerbosityOverride>()
  for (const [process, value] of Object.entries(json.value)) {
    const id = decodeProcessId(process)
    if (!id.ok) return id
    const override = overrideOf(value)
    if (override === undefined) return undecodable(`the verbosity of ${process} is not "Muted" or {"U8":0 to 255}`)
    overrides.set(process, override)
  }
  return decoded(overrides)
}

function overrideOf(value: JsonValue): VerbosityOverride | undefined {
  if (value === 'Muted') return 'muted'
  const level = isJsonObject(value) ? value['U8'] : undefined
  return typeof level === 'number' && Number.isInteger(level) && level >= 0 && level <= 255 ? level : undefined
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const GREEN = '\u001b[32m'
const MAGENTA = '\u001b[35m'
const RED = '\u001b[31m'
const RESET = '\u001b[0m'

/** The line on the screen: weekday, time, and the text in the colour of its level. */
export function formatPrintout({ verbosity, text }: Printout, at: Date, { colours }: { colours: boolean }): string {
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}`
  const colour = verbosity === 0 ? '' : verbosity === 1 ? GREEN : verbosity === 2 ? MAGENTA : RED
  const line = `${WEEKDAYS[at.getDay()]} ${clock} `
  if (!colours) return line + withoutColours(printable(text))
  return `${line}${colour}${printable(text)}${RESET}`
}

function pad(value: number): string {
  return value.toString().padStart(2, '0')
}

/**
 * Text of a process as a terminal may have it: line breaks, tabs and colours stay. Everything else that moves the
 * cursor or talks to the terminal is left out, since any process may print.
 */
export function printable(text: string): string {
  let safe = ''
  let at = 0
  for (const { index, 0: colour } of text.matchAll(COLOUR)) {
    safe += stripControls(text.slice(at, index)) + colour
    at = index + colour.length
  }
  return safe + stripControls(text.slice(at))
}

// Escape, bracket, digits and semicolons, m: the sequences that only colour. Written by code, as control characters are.
const ESCAPE = '\u001b'
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g')

function stripControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : ''))
}

function withoutColours(text: string): string {
  return text.replace(COLOUR, '')
}
