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

const chain = await openChain()
const startedAt = Date.now()
const report = await checkMany(chain, { calls, seed }, (progress) => {
  const seconds = (Date.now() - startedAt) / 1000
  if (progress.calls % (SEQUENCE_LENGTH * 10) !== 0) return
  const rate = Math.round(progress.calls / seconds)
  console.log(`${progress.calls} of ${calls} calls, ${progress.succeeded} succeeded, ${rate} per second`)
})
await chain.close()
const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
console.log(`${report.calls} calls from seed ${seed} in ${seconds} s, of which ${report.succeeded} succeeded`)
console.log(`errors met: ${[...report.errors].map(([name, count]) => `${name} ${count}`).join(', ')}`)
console.log(`events met: ${[...report.events].map(([name, count]) => `${name} ${count}`).join(', ')}`)
if (report.failure !== undefined) {
  console.error(report.failure)
  process.exitCode = 1
}
