/** Whose turn it is: one at a time, and nobody waits. */
export type Turn = { readonly take: () => boolean; readonly end: () => void }

export function createTurn(): Turn {
  let taken = false
  return {
    take() {
      if (taken) return false
      taken = true
      return true
    },
    end() {
      taken = false
    },
  }
}
