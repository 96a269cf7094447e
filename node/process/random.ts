/** Bytes drawn from the host at a time: 128 numbers. */
const DRAWN_BYTES = 1_024

/**
 * Numbers in [0, 1) with 53 random bits each. Until `begin` gives a source of random bytes they come from `before`, and
 * nothing of the source is drawn ahead of its first number.
 */
export function createRandom(before: () => number): {
  readonly random: () => number
  readonly begin: (draw: (length: number) => Uint8Array) => void
} {
  let draw: ((length: number) => Uint8Array) | undefined
  let pool: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  return {
    random() {
      if (draw === undefined) return before()
      if (at === pool.byteLength) {
        const { buffer, byteOffset, byteLength } = draw(DRAWN_BYTES)
        pool = new DataView(buffer, byteOffset, byteLength)
        at = 0
      }
      const high = pool.getUint32(at) >>> 5
      const low = pool.getUint32(at + 4) >>> 6
      at += 8
      return (high * 2 ** 26 + low) / 2 ** 53
    },
    begin(source) {
      draw = source
    },
  }
}

/**
 * `Math.random` of the process. The engine is set up once, when the component is built: a generator that began then would
 * give every start the same numbers. So this one, which module-level code may keep, asks the host from the start on.
 */
const { random, begin } = createRandom(Math.random)
Math.random = random
export { begin as beginRandom }
