/**
 * The paths that processes bind (modules.md section 9.1): segments are split at `/` and `.`; `:name` stands for one or
 * more characters other than `/`, `*name` for anything that is not empty, and the rest for itself.
 */
export type PathPattern = {
  readonly pieces: readonly Piece[]
  readonly counts: { readonly statics: number; readonly dynamics: number; readonly wildcards: number }
}

type Piece =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'dynamic' | 'wildcard'; readonly name: string }

/** Pieces of one pattern: matching costs this many times the length of the path. */
export const PIECES_MAX = 64

/** Undefined when the path has too many parts. */
export function compilePattern(path: string): PathPattern | undefined {
  const pieces: Piece[] = []
  const counts = { statics: 0, dynamics: 0, wildcards: 0 }
  for (const part of path.replace(/^\//, '').split(/([/.])/)) {
    if (part === '/' || part === '.') pieces.push({ kind: 'text', text: part })
    else if (part.startsWith(':')) {
      counts.dynamics += 1
      pieces.push({ kind: 'dynamic', name: part.slice(1) })
    } else if (part.startsWith('*')) {
      counts.wildcards += 1
      pieces.push({ kind: 'wildcard', name: part.slice(1) })
    } else if (part !== '') {
      counts.statics += 1
      pieces.push({ kind: 'text', text: part })
    }
  }
  return pieces.length > PIECES_MAX ? undefined : { pieces, counts }
}

export function isStatic({ counts }: PathPattern): boolean {
  return counts.dynamics === 0 && counts.wildcards === 0
}

/** Negative when `a` says more about its paths than `b`: more static parts, then more dynamic ones, then wildcards. */
export function compareSpecificity({ counts: a }: PathPattern, { counts: b }: PathPattern): number {
  return b.statics - a.statics || b.dynamics - a.dynamics || b.wildcards - a.wildcards
}

/** What the names stand for when the pattern matches; undefined when it does not. Its cost has no exponents. */
export function matchPattern({ pieces }: PathPattern, path: string): ReadonlyMap<string, string> | undefined {
  const text = path.replace(/^\//, '')
  // reachable[i] holds the places in the text where the first i pieces may end.
  const reachable: Uint8Array[] = [new Uint8Array(text.length + 1)]
  const start = reachable[0] as Uint8Array
  start[0] = 1
  for (const piece of pieces) reachable.push(advance(piece, text, reachable.at(-1) as Uint8Array))
  if (reachable.at(-1)?.[text.length] !== 1) return undefined
  const found: [string, string][] = []
  let end = text.length
  for (let index = pieces.length - 1; index >= 0; index -= 1) {
    const piece = pieces[index] as Piece
    const begin = beginOf(piece, text, reachable[index] as Uint8Array, end)
    if (piece.kind !== 'text') found.push([piece.name, text.slice(begin, end)])
    end = begin
  }
  return new Map(found.toReversed())
}

function advance(piece: Piece, text: string, from: Uint8Array): Uint8Array {
  const to = new Uint8Array(text.length + 1)
  if (piece.kind === 'text') {
    for (let at = 0; at < from.length; at += 1) {
      if (from[at] === 1 && text.startsWith(piece.text, at)) to[at + piece.text.length] = 1
    }
    return to
  }
  let open = false
  for (let at = 0; at < text.length; at += 1) {
    if (from[at] === 1) open = true
    if (piece.kind === 'dynamic' && text[at] === '/') open = false
    if (open) to[at + 1] = 1
  }
  return to
}

/** Where the piece that ends at `end` may begin: as early as it can, so that earlier names are as short as they can be. */
function beginOf(piece: Piece, text: string, from: Uint8Array, end: number): number {
  if (piece.kind === 'text') return end - piece.text.length
  let begin = end
  for (let at = end - 1; at >= 0; at -= 1) {
    if (piece.kind === 'dynamic' && text[at] === '/') break
    if (from[at] === 1) begin = at
  }
  return begin
}
