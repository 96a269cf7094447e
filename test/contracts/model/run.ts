// Plays random calls on the model and on the contracts: `npx node test/contracts/model/run.ts --calls 1000000 --seed 1`.
// `--area token` plays those of one area only; `--sequence 7` one of its sequences; `--mutate` breaks the contracts one line
// at a time instead, and expects that the model notices each time.
import { Option } from 'commander'
import { npmScript } from '../../../scripts/cli/npm-script.ts'
import { integerArgument } from '../../../scripts/cli/options.ts'
import { AREA_NAMES, type AreaName } from './area.ts'
import { openArea, sharesOf } from './areas.ts'
import { checkMany, type Report } from './check-many.ts'
import { mutate } from './mutate.ts'

const COUNT_MAX = 999_999_999
const values = npmScript('npm run model --', 'Plays random calls on the contracts and on separate models of them.')
  .option('--calls <n>', 'how many calls', integerArgument(1, COUNT_MAX), 100_000)
  .option('--seed <n>', 'another seed plays other calls', integerArgument(0, COUNT_MAX), 1)
  .addOption(new Option('--area <name>', 'play one area only').choices(['all', ...AREA_NAMES]).default('all'))
  .option('--sequence <n>', 'play one sequence of the area only', integerArgument(0, COUNT_MAX))
  .option('--mutate', 'break the contracts one line at a time, and expect that the model notices each time')
  .parse()
  .opts<{ calls: number; seed: number; area: 'all' | AreaName; sequence?: number; mutate?: true }>()
const { calls, seed, sequence = 0 } = values
const chosen = AREA_NAMES.filter((name) => values.area === 'all' || values.area === name)

/** Sequences on one chain: the simulator keeps some memory of every block, also of those taken back. */
const SEQUENCES_PER_CHAIN = 250

const startedAt = Date.now()
if (values.mutate) {
  const { made, missed } = await mutate(chosen, seed)
  console.log(`${made - missed} of ${made} mistakes noticed`)
  if (missed > 0) process.exitCode = 1
} else {
  for (const { name, calls: share } of sharesOf(chosen, calls)) await runArea(name, share)
}

async function runArea(name: AreaName, calls: number): Promise<void> {
  const areaStartedAt = Date.now()
  const done = { calls: 0, succeeded: 0 }
  const errors = new Map<string, number>()
  const events = new Map<string, number>()
  let failure: string | undefined
  for (let first = sequence; done.calls < calls && failure === undefined; first += SEQUENCES_PER_CHAIN) {
    const area = await openArea(name)
    const wanted = values.sequence === undefined ? calls - done.calls : area.sequenceLength
    const part = { calls: Math.min(SEQUENCES_PER_CHAIN * area.sequenceLength, wanted), seed, firstSequence: first }
    const report = await checkMany(area, part, (progress) => {
      const made = done.calls + progress.calls
      if (made % (area.sequenceLength * 20) === 0)
        console.log(`${name}: ${made} of ${calls} calls, ${rate(made)} per second`)
    })
    await area.close()
    add(report)
    if (values.sequence !== undefined) break
  }
  console.log(
    `${name}: ${done.calls} calls from seed ${seed} in ${seconds(areaStartedAt).toFixed(1)} s, of which ${done.succeeded} succeeded`,
  )
  console.log(`errors met: ${[...errors].map(([error, count]) => `${error} ${count}`).join(', ')}`)
  console.log(`events met: ${[...events].map(([event, count]) => `${event} ${count}`).join(', ')}`)
  if (failure !== undefined) {
    console.error(failure)
    process.exitCode = 1
  }

  function add(report: Report): void {
    done.calls += report.calls
    done.succeeded += report.succeeded
    for (const [error, count] of report.errors) errors.set(error, (errors.get(error) ?? 0) + count)
    for (const [event, count] of report.events) events.set(event, (events.get(event) ?? 0) + count)
    failure = report.failure
  }

  function rate(made: number): number {
    return Math.round(made / seconds(areaStartedAt))
  }
}

if (chosen.length > 1) console.log(`all in ${seconds(startedAt).toFixed(1)} s`)

function seconds(since: number): number {
  return (Date.now() - since) / 1000
}
