/** Counts what runs, by who asked for it, and says when there is no more room. */
export type Tally = {
  /** False when `who`, or all together, have as much as they may. */
  readonly enter: (who: string) => boolean
  readonly leave: (who: string) => void
  readonly of: (who: string) => number
  readonly total: () => number
}

export function createTally({ each, all }: { readonly each: number; readonly all: number }): Tally {
  const counts = new Map<string, number>()
  let total = 0
  return {
    enter(who) {
      const count = counts.get(who) ?? 0
      if (count >= each || total >= all) return false
      counts.set(who, count + 1)
      total += 1
      return true
    },
    leave(who) {
      const count = counts.get(who) ?? 0
      if (count === 0) return
      if (count === 1) counts.delete(who)
      else counts.set(who, count - 1)
      total -= 1
    },
    of: (who) => counts.get(who) ?? 0,
    total: () => total,
  }
}
