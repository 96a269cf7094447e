import { createHash } from 'node:crypto'
import type { PreparedGuest } from '../kernel/guest.ts'

/** What may be kept compiled when no process uses it any more: the number of components, and their bytes in all. */
export const PREPARED_MAX = { components: 64, bytes: 256 * 1_024 * 1_024 } as const

type Prepare<P> = (wasm: Uint8Array, limits: { readonly memoryMaxBytes: number }) => Promise<P>

/**
 * Prepares each component once: processes of one file share its compiled code, also when they start together. The least
 * recently used go first when the cache is full.
 */
export function cachePrepared<P extends PreparedGuest>(
  prepare: Prepare<P>,
  max: { readonly components: number; readonly bytes: number } = PREPARED_MAX,
): Prepare<P> {
  const kept = new Map<string, { readonly prepared: Promise<P>; readonly bytes: number }>()
  let bytes = 0

  function forget(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0
    kept.delete(key)
  }

  return async (wasm, limits) => {
    const key = `${createHash('sha256').update(wasm).digest('hex')} ${limits.memoryMaxBytes}`
    const known = kept.get(key)
    if (known !== undefined) {
      kept.delete(key)
      kept.set(key, known) // now the most recently used
      return known.prepared
    }
    const prepared = prepare(wasm, limits)
    kept.set(key, { prepared, bytes: wasm.length })
    bytes += wasm.length
    for (const oldest of kept.keys()) {
      if (kept.size <= max.components && bytes <= max.bytes) break
      forget(oldest)
    }
    prepared.catch(() => kept.get(key)?.prepared === prepared && forget(key))
    return prepared
  }
}
