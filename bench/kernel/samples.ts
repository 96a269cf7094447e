/** What was measured, sorted. A machine that does other things besides shows in the median long before the best. */
export type Samples = { readonly best: number; readonly median: number; readonly p99: number; readonly worst: number }

export function summarize(values: readonly number[]): Samples {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { best: at(0), median: at(0.5), p99: at(0.99), worst: at(1) }
}

/** Microseconds of one of `times` rounds that `run` makes. */
export async function microsecondsEach(times: number, run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return ((performance.now() - start) * 1_000) / times
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function line(what: string, measured: string, wanted = '', within = true): void {
  const verdict = wanted === '' ? '' : `${within ? 'within' : 'BEYOND'} ${wanted}`
  console.log(`${what.padEnd(58)} ${measured.padEnd(44)} ${verdict}`.trimEnd())
}
