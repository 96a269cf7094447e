/** Bytes that may be held in memory at one time by all who share this. */
export type ByteBudget = {
  /** False when there is no room for so many more; then nothing was taken. */
  readonly take: (bytes: number) => boolean
  readonly give: (bytes: number) => void
  readonly taken: () => number
}

export function createByteBudget(maxBytes: number): ByteBudget {
  let taken = 0
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
    taken: () => taken,
  }
}
