/** Random numbers that a seed repeats. */
export type Random = {
  /** A whole number from zero to below `bound`. */
  below: (bound: number) => number
  /** True in `share` of all cases, 0 to 1. */
  chance: (share: number) => boolean
  pick: <T>(items: readonly T[]) => T
}

/** The generator known as mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('cannot pick from an empty list, expected at least one item')
      return item
    },
  }
}

/** Picks by weight, the first number of each pair. */
export function pickWeighted<T>(random: Random, choices: readonly (readonly [weight: number, item: T])[]): T {
  const total = choices.reduce((sum, [weight]) => sum + weight, 0)
  let rest = random.below(total)
  for (const [weight, item] of choices) {
    if (rest < weight) return item
    rest -= weight
  }
  throw new Error(`cannot pick with total weight ${total}, expected positive weights`)
}
