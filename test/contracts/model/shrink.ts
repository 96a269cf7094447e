/** Drops what it can from `items` while `fails` stays true: halves first, then ever smaller pieces, down to single items. */
export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items
  let size = Math.ceil(kept.length / 2)
  while (size >= 1) {
    let dropped = false
    for (let start = 0; start < kept.length;) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)]
      if (rest.length < kept.length && (await fails(rest))) {
        kept = rest
        dropped = true
      } else {
        start += size
      }
    }
    if (size === 1 && !dropped) return kept
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  return kept
}
