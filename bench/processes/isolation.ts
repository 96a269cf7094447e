import { createComponentRunner } from '../../node/wasm/runner.ts'
import { startComponentNode } from '../../test/node/wasm/component-node.ts'
import { readFileSync } from 'node:fs'
import { roundTrips } from './conversation.ts'
import { line, microsecondsEach, pause, summarize } from './samples.ts'

const ROUNDS = 2_000
const RATIO_MAX = 5
const RSS_MAX_MB = 512
const GUEST_MAX_BYTES = 64 * 1_048_576

/** How much later others are answered while one process spins, one takes all memory and one floods. */
export async function measureIsolation(files: Readonly<Record<string, string>>): Promise<void> {
  const runner = createComponentRunner()
  const node = startComponentNode(runner, { memoryMaxBytes: GUEST_MAX_BYTES })
  const launch = (name: string): Promise<void> => node.launch(name, readFileSync(files[name] ?? ''))
  await launch('echo')
  await launch('asker')
  await launch('sink')

  async function delays(): Promise<number[]> {
    const taken: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      taken.push(await microsecondsEach(1, () => node.request('asker', roundTrips(1, 100))))
    }
    return taken
  }

  await delays()
  const idle = summarize(await delays())
  await launch('spinner')
  await launch('allocator')
  await launch('flooder')
  await pause(2_000) // as long as it takes to see that they are busy
  const busy = summarize(await delays())
  const rss = process.memoryUsage.rss() / 1e6
  for (const name of ['spinner', 'allocator', 'flooder']) await node.kill(name)

  const ratio = busy.p99 / idle.p99
  line(
    'p99 delay beside a spinning, an allocating and a flooding one',
    `${busy.p99.toFixed(0)} / ${idle.p99.toFixed(0)} µs = ${ratio.toFixed(1)} (medians ${(busy.median / idle.median).toFixed(1)})`,
    `${RATIO_MAX} times`,
    ratio <= RATIO_MAX,
  )
  line('  memory of the node meanwhile', `${rss.toFixed(0)} MB`, `${RSS_MAX_MB} MB`, rss <= RSS_MAX_MB)
  await node.stop()
  await runner.close()
}
