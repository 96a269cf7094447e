import { print, state } from '@hyperware/process'
import { decodeProcessId, isJsonObject, type JsonValue, type ProcessId } from '@hyperware/protocol'

/** Words that stand for scripts of this package from the beginning. */
const DEFAULTS = ['alias', 'cat', 'echo', 'help', 'hi', 'kill', 'm', 'top']
/** The most aliases that are kept, and the longest. */
export const ALIASES_MAX = 1_000
export const ALIAS_MAX_LENGTH = 100

export type AliasOutcome = 'AliasSet' | 'AliasRemoved' | 'AliasNotFound' | 'InvalidProcessId'

/** Which script each word stands for; what changes is kept before it is acknowledged. */
export class Aliases {
  readonly #scripts: Map<string, string>

  constructor() {
    const kept = readKept()
    const entries = kept !== undefined && isJsonObject(kept) ? Object.entries(kept) : DEFAULTS.map(defaultOf)
    this.#scripts = new Map(entries.flatMap(([alias, id]) => (typeof id === 'string' ? [[alias, id] as const] : [])))
  }

  find(word: string): ProcessId | undefined {
    const known = this.#scripts.get(word)
    const id = decodeProcessId(known ?? word)
    return id.ok ? id.value : undefined
  }

  edit(alias: string, process: string | undefined): AliasOutcome {
    if (process === undefined) {
      if (!this.#scripts.delete(alias)) return 'AliasNotFound'
      this.#keep()
      return 'AliasRemoved'
    }
    const full = this.#scripts.size >= ALIASES_MAX && !this.#scripts.has(alias)
    if (!decodeProcessId(process).ok || alias.length > ALIAS_MAX_LENGTH || full) return 'InvalidProcessId'
    this.#scripts.set(alias, process)
    this.#keep()
    return 'AliasSet'
  }

  #keep(): void {
    state.setJson(Object.fromEntries(this.#scripts))
  }
}

/** What cannot be read is told and left behind: a terminal without its aliases is better than none. */
function readKept(): JsonValue | undefined {
  try {
    return state.getJson()
  } catch (error) {
    print(`terminal: aliases were lost: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function defaultOf(word: string): readonly [string, string] {
  return [word, `${word}:terminal:sys`]
}
