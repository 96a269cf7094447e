import type { AreaName } from './area.ts'
import { openArea } from './areas.ts'
import { sequenceSeed } from './check-many.ts'
import { mutants } from './mutants.ts'

/** Calls in which a mistake must show. */
const MOST_CALLS = 12_000

/** Breaks the contracts in one place at a time; gives back how many mistakes the model did not notice. */
export async function mutate(areas: readonly AreaName[], seed: number): Promise<{ made: number; missed: number }> {
  const chosen = mutants.filter(({ area }) => areas.includes(area))
  let missed = 0
  for (const { area: name, ...edit } of chosen) {
    const area = await openArea(name, [edit])
    let calls = 0
    let isCaught = false
    for (let sequence = 0; calls < MOST_CALLS && !isCaught; sequence++) {
      const { mismatch } = await area.runGenerated(sequenceSeed(seed, sequence), area.sequenceLength)
      calls += mismatch === undefined ? area.sequenceLength : mismatch.index + 1
      isCaught = mismatch !== undefined
    }
    await area.close()
    if (!isCaught) missed++
    console.log(`${isCaught ? `caught by call ${calls}` : `MISSED in ${calls} calls`}: ${describe(edit)}`)
  }
  return { made: chosen.length, missed }
}

function describe({ path, from, to }: { path: string; from: string; to: string }): string {
  return `${path}: ${from}  ->  ${to === '' ? 'nothing' : to}`
}
