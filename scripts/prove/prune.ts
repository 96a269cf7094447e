/** A function with a body: all up to the body, its name, and the body. */
const functions = /^( {4}(?:function (\w+)|modifier (\w+))[^;{]*\{)(\n[\s\S]*?^ {4}| [^\n]*)\}$/gm

/**
 * The names of all functions that `start`, a piece of source, leads to, by way of any function of that name in `sources`.
 * Whatever is followed by a parenthesis counts as a call, so rather too many than too few.
 */
export function reachable(start: string, sources: readonly string[]): ReadonlySet<string> {
  const bodies = sources.flatMap((source) =>
    [...source.matchAll(functions)].map(([whole, , name = '', modifier = '']) => ({ name: name || modifier, whole })),
  )
  const found = new Set<string>()
  const open = [start]
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    for (const [, name = ''] of text.matchAll(/\b(\w+)\b/g)) {
      if (found.has(name)) continue
      found.add(name)
      open.push(...bodies.filter((body) => body.name === name).map(({ whole }) => whole))
    }
  }
  return found
}

/** The source with empty bodies for functions of other names. Checking them would take long, and nothing asks. */
export function prune(source: string, names: ReadonlySet<string>): string {
  return source.replace(functions, (whole, head: string, name = '') =>
    name === '' || names.has(name) ? whole : `${head}}`,
  )
}
