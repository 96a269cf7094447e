/** Counts what runs or is held, by who asked for it, and says when there is no more room. */
export type Tally = {
  /** False when `who`, or all together, would have more than they may; then nothing is counted. One, unless `count` says more. */
  readonly enter: (who: string, count?: number) => boolean
  readonly leave: (who: string, count?: number) => void
  readonly of: (who: string) => number
  readonly total: () => number
}

export function createTally({ each, all }: { readonly each: number; readonly all: number }): Tally {
  const counts = new Map<string, number>()
  let total = 0
  return {
    enter(who, count = 1) {
      const counted = (counts.get(who) ?? 0) + count
      if (counted > each || total + count > all) return false
      counts.set(who, counted)
      total += count
      return true
    },
    leave(who, count = 1) {
      const counted = counts.get(who) ?? 0
      const left = Math.max(0, counted - count)
      if (left === 0) counts.delete(who)
      else counts.set(who, left)
      total -= counted - left
    },
    of: (who) => counts.get(who) ?? 0,
    total: () => total,
  }
}
