/** A process as far as memory goes. */
export type Holding = {
  /** The package it belongs to. */
  readonly package: string
  readonly heldBytes: number
  /** What it waits for beyond that; 0 when it does not wait. */
  readonly wantedBytes: number
}

/** Who has to end so that others get memory, and what all processes of its package hold and want. */
export type Goer<T extends Holding> = { readonly process: T; readonly packageBytes: number }

/**
 * The largest process of the largest package. What is wanted counts like what is held: so whoever asks for more while the
 * memory is full ends itself, unless somebody else has more even then; and of n packages none is ended for another that
 * has less than a part of n with what it asks for. Undefined when there is no process that holds or wants anything.
 */
export function whoGoes<T extends Holding>(processes: Iterable<T>): Goer<T> | undefined {
  const packages = new Map<string, Goer<T>>()
  for (const process of processes) {
    const bytes = sizeOf(process)
    if (bytes === 0) continue
    const before = packages.get(process.package)
    packages.set(process.package, {
      process: before === undefined || isLarger(process, before.process) ? process : before.process,
      packageBytes: bytes + (before?.packageBytes ?? 0),
    })
  }
  return [...packages.values()].reduce<Goer<T> | undefined>(
    (largest, each) => (largest === undefined || each.packageBytes > largest.packageBytes ? each : largest),
    undefined,
  )
}

function sizeOf({ heldBytes, wantedBytes }: Holding): number {
  return heldBytes + wantedBytes
}

/** Of two that are as large, ending the one that holds more gives more back. */
function isLarger(process: Holding, other: Holding): boolean {
  const more = sizeOf(process) - sizeOf(other)
  return more > 0 || (more === 0 && process.heldBytes > other.heldBytes)
}
