/** Loads one item by its key; what is asked for in the same turn goes to the store in one query, and is kept. */
export type Load<K, V> = (key: K) => Promise<V>

type Waiting<K, V> = { key: K; resolve: (value: V) => void; reject: (reason: unknown) => void }

/**
 * A loader for the length of one request. `loadMany` answers in the order of its keys, which are unique and at most
 * `batchMax` of them.
 */
export function createLoader<K, V>(
  loadMany: (keys: readonly K[]) => Promise<readonly V[]>,
  batchMax = 1000,
): Load<K, V> {
  const known = new Map<K, Promise<V>>()
  let waiting: Waiting<K, V>[] = []

  async function flush(batch: readonly Waiting<K, V>[]): Promise<void> {
    try {
      const values = await loadMany(batch.map(({ key }) => key))
      for (const [index, { resolve }] of batch.entries()) resolve(values[index] as V)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  function flushAll(): void {
    const all = waiting
    waiting = []
    for (let start = 0; start < all.length; start += batchMax) void flush(all.slice(start, start + batchMax)) // never rejects
  }

  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const promise = new Promise<V>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flushAll)
      waiting.push({ key, resolve, reject })
    })
    known.set(key, promise)
    return promise
  }
}

/** One loader per set of arguments: lists asked for with the same arguments share their queries. */
export function createSliceLoader<S, K, V>(loadMany: (keys: readonly K[], slice: S) => Promise<readonly V[]>) {
  const loaders = new Map<string, Load<K, V>>()
  return (key: K, slice: S): Promise<V> => {
    const id = JSON.stringify(slice)
    const loader = loaders.get(id) ?? createLoader((keys: readonly K[]) => loadMany(keys, slice))
    loaders.set(id, loader)
    return loader(key)
  }
}
