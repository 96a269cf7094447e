/** The first word, and everything behind the space after it. */
export function splitWord(line: string): readonly [word: string, rest: string] {
  const trimmed = line.trim()
  const at = trimmed.search(/\s/)
  return at === -1 ? [trimmed, ''] : [trimmed.slice(0, at), trimmed.slice(at).trim()]
}

export type Arguments = {
  readonly words: readonly string[]
  /** What follows `-a` or `--await`. */
  readonly waitSeconds: string | undefined
}

/** Words of a line; single quotes keep spaces together. `-a seconds` may stand anywhere. */
export function readArguments(line: string): Arguments {
  const words: string[] = []
  let waitSeconds: string | undefined
  const found = [...line.matchAll(/'([^']*)'|(\S+)/g)]
  for (let index = 0; index < found.length; index += 1) {
    const [whole, quoted] = found[index] ?? []
    if (whole === '-a' || whole === '--await') {
      index += 1
      waitSeconds = found[index]?.[0] ?? ''
    } else words.push(quoted ?? whole ?? '')
  }
  return { words, waitSeconds }
}
