/**
 * Memory that the node's thread and one process's thread share, where long bytes land on their way into the process: they
 * are copied once, into pages that are there already. Whoever receives them copies them on before it asks again.
 */
export type Landing = {
  /** Makes room for the next answer. */
  readonly clear: () => void
  /** Copies bytes into shared memory; undefined when they are too long for it. */
  readonly place: (bytes: Uint8Array) => Uint8Array | undefined
}

/** A process that once received so much keeps it. */
const LANDING_MAX_BYTES = 2_097_152

export function createLanding(): Landing {
  let area = new Uint8Array(new SharedArrayBuffer(0))
  let used = 0
  return {
    clear: () => {
      used = 0
    },
    place: (bytes) => {
      if (bytes.length > LANDING_MAX_BYTES) return undefined
      if (used + bytes.length > area.length) {
        area = new Uint8Array(new SharedArrayBuffer(2 ** Math.ceil(Math.log2(bytes.length))))
        used = 0
      }
      const placed = area.subarray(used, used + bytes.length)
      placed.set(bytes)
      used += bytes.length
      return placed
    },
  }
}
