/** What may grow: a memory in pages, or a table in entries. */
export type Growing = {
  readonly minimum: number
  /** What it declares itself; undefined when it declares none. */
  readonly maximum: number | undefined
  /** How many instances have one of these. */
  readonly count: number
  /** Its part of what is shared out, beside the parts of the others. */
  readonly part: number
}

/**
 * Gives each a maximum such that all of them together never hold more than `total`: its minimum, and its part of what the
 * minimums leave, up to what it declares itself. What one does not want goes to the others, so that one alone has it all.
 * The minimums fit: whoever calls this has looked.
 */
export function shareOut(total: number, growing: readonly Growing[]): number[] {
  const maxima = growing.map(({ minimum }) => minimum)
  const sharing = [...growing.entries()].filter(([, { count, part }]) => count > 0 && part > 0)
  let left = total - sumOfMinimums(growing)
  let parts = sharing.reduce((sum, [, { count, part }]) => sum + part * count, 0)
  const wanted = ({ maximum = Infinity, minimum }: Growing): number => maximum - minimum
  // Whoever wants least for its part is served first, so that what it leaves is shared out with the rest.
  const modestFirst = sharing.toSorted(([, one], [, other]) => wanted(one) / one.part - wanted(other) / other.part || 0)
  for (const [index, each] of modestFirst) {
    const more = Math.min(wanted(each), Math.floor((left * each.part) / parts))
    maxima[index] = each.minimum + more
    left -= more * each.count
    parts -= each.part * each.count
  }
  return maxima
}

export function sumOfMinimums(growing: readonly Growing[]): number {
  return growing.reduce((sum, { minimum, count }) => sum + minimum * count, 0)
}
