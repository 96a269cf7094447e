/** A process as far as memory goes. */
export type Holding = {
  /** The package it belongs to. */
  readonly package: string
  readonly heldBytes: number
  /** What it waits for beyond that; 0 when it does not wait. */
  readonly wantedBytes: number
}

/** What the processes of each package have and want together. */
export type PackageSizes = ReadonlyMap<string, number>

export function sizesOfPackages(processes: Iterable<Holding>): PackageSizes {
  const sizes = new Map<string, number>()
  for (const process of processes) {
    sizes.set(process.package, (sizes.get(process.package) ?? 0) + sizeOf(process))
  }
  return sizes
}

/**
 * Who has to end so that others get memory: the largest process of the largest package. What is wanted counts like what is
 * held: so whoever asks for more while the memory is full ends itself, unless somebody else has more even then; and of n
 * packages none is ended for another that has less than a part of n with what it asks for. Undefined when there is no
 * process that holds or wants anything.
 */
export function whoGoes<T extends Holding>(processes: Iterable<T>, sizes: PackageSizes): T | undefined {
  let goer: T | undefined
  for (const process of processes) {
    if (sizeOf(process) === 0) continue
    if (goer === undefined || goesBefore(process, goer, sizes)) goer = process
  }
  return goer
}

/** Those that wait, in the order in which they get what comes free: the smallest package first. */
export function inTurn<T extends Holding>(waiting: Iterable<T>, sizes: PackageSizes): readonly T[] {
  return [...waiting].toSorted((one, other) => packageSizeOf(one, sizes) - packageSizeOf(other, sizes))
}

function goesBefore(process: Holding, other: Holding, sizes: PackageSizes): boolean {
  const differences = [
    packageSizeOf(process, sizes) - packageSizeOf(other, sizes),
    // Of packages that are as large, always the same one.
    compareNames(other.package, process.package),
    sizeOf(process) - sizeOf(other),
    // Ending the one that holds more gives more back.
    process.heldBytes - other.heldBytes,
  ]
  return (differences.find((difference) => difference !== 0) ?? 0) > 0
}

function compareNames(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function packageSizeOf(process: Holding, sizes: PackageSizes): number {
  return sizes.get(process.package) ?? sizeOf(process)
}

function sizeOf({ heldBytes, wantedBytes }: Holding): number {
  return heldBytes + wantedBytes
}
