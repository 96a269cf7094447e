// Plays random calls on the model and on the contracts: `node test/contracts/model/run.ts --calls 1000000 --seed 1`.
import { parseArgs } from 'node:util'
import { checkMany, SEQUENCE_LENGTH } from './check-many.ts'
import { openChain } from './chain.ts'

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const calls = Number(values.calls)
const seed = Number(values.seed)
if (!Number.isSafeInteger(calls) || calls < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error(`Cannot run with --calls ${values.calls} --seed ${values.seed}, expected whole numbers`)
  process.exit(2)
}

/** Calls on one chain: the simulator keeps some memory of every block, also of those taken back. */
const CALLS_PER_CHAIN = 250 * SEQUENCE_LENGTH

const startedAt = Date.now()
const done = { calls: 0, succeeded: 0 }
const errors = new Map<string, number>()
const events = new Map<string, number>()
let failure: string | undefined

while (done.calls < calls && failure === undefined) {
  const chain = await openChain()
  const part = {
    calls: Math.min(CALLS_PER_CHAIN, calls - done.calls),
    seed,
    firstSequence: done.calls / SEQUENCE_LENGTH,
  }
  const report = await checkMany(chain, part, (progress) => {
    if (progress.calls % (SEQUENCE_LENGTH * 10) === 0) showProgress(done.calls + progress.calls)
  })
  await chain.close()
  done.calls += report.calls
  done.succeeded += report.succeeded
  for (const [name, count] of report.errors) errors.set(name, (errors.get(name) ?? 0) + count)
  for (const [name, count] of report.events) events.set(name, (events.get(name) ?? 0) + count)
  failure = report.failure
}

console.log(
  `${done.calls} calls from seed ${seed} in ${secondsSoFar().toFixed(1)} s, of which ${done.succeeded} succeeded`,
)
console.log(`errors met: ${[...errors].map(([name, count]) => `${name} ${count}`).join(', ')}`)
console.log(`events met: ${[...events].map(([name, count]) => `${name} ${count}`).join(', ')}`)
if (failure !== undefined) {
  console.error(failure)
  process.exitCode = 1
}

function showProgress(made: number): void {
  console.log(`${made} of ${calls} calls, ${Math.round(made / secondsSoFar())} per second`)
}

function secondsSoFar(): number {
  return (Date.now() - startedAt) / 1000
}
