import { MEMORY_CEILING_BYTES } from '../../node/kernel/limits.ts'
import { createComponentRunner } from '../../node/wasm/runner.ts'
import { startComponentNode } from '../../test/node/wasm/component-node.ts'
import { readFileSync } from 'node:fs'
import { roundTrips } from './conversation.ts'
import { line, microsecondsEach, pause, summarize } from './samples.ts'

/** Until the code of all of them is optimized: that takes the processors too. */
const WARM_UP = 20_000
const ROUNDS = 2_000
const PAIRS = 9
const HOSTILE = ['spinner', 'allocator', 'flooder'] as const
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

  async function delays(rounds = ROUNDS): Promise<number[]> {
    const taken: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      taken.push(await microsecondsEach(1, () => node.request('asker', roundTrips(1, 100))))
    }
    return taken
  }

  await delays(WARM_UP)
  const ratios: number[] = []
  let rss = 0
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const idle = summarize(await delays())
    for (const name of HOSTILE) await launch(name)
    await pause(2_000) // as long as it takes to see that they are busy
    const busy = summarize(await delays())
    rss = Math.max(rss, process.memoryUsage.rss() / 1e6)
    for (const name of HOSTILE) await node.kill(name)
    ratios.push(busy.p99 / idle.p99)
    const medians = `medians ${busy.median.toFixed(0)} / ${idle.median.toFixed(0)} µs`
    line(
      '  p99 delay beside three hostile processes',
      `${busy.p99.toFixed(0)} / ${idle.p99.toFixed(0)} µs (${medians})`,
    )
  }
  const { median } = summarize(ratios)
  line(
    'p99 delay beside a spinning, an allocating, a flooding one',
    `${median.toFixed(1)} times that without, the median of ${PAIRS}`,
    `${RATIO_MAX} times`,
    median <= RATIO_MAX,
  )
  line('  memory of the node meanwhile', `${rss.toFixed(0)} MB`, `${RSS_MAX_MB} MB`, rss <= RSS_MAX_MB)
  await node.stop()
  await runner.close()
}

const FREED = 6
/** Longer than it takes to give back what a process may have. */
const FREEING_MS = 700

/** How much later others are answered while the memory of a killed process is given back. */
export async function measureFreeing(files: Readonly<Record<string, string>>): Promise<void> {
  const runner = createComponentRunner()
  const node = startComponentNode(runner, { memoryMaxBytes: MEMORY_CEILING_BYTES })
  const launch = (name: string): Promise<void> => node.launch(name, readFileSync(files[name] ?? ''))
  await launch('echo')
  await launch('asker')
  for (const [name, heldBytes] of [
    ['spinner', 0],
    ['filler', MEMORY_CEILING_BYTES],
  ] as const) {
    const taken: number[] = []
    for (let count = 0; count < FREED; count += 1) {
      const before = process.memoryUsage.rss()
      await launch(name)
      do await pause(200)
      while (process.memoryUsage.rss() - before < heldBytes * 0.98)
      const until = performance.now() + FREEING_MS
      await node.kill(name)
      while (performance.now() < until) {
        taken.push(await microsecondsEach(1, () => node.request('asker', roundTrips(1, 100))))
      }
    }
    const { p99, worst } = summarize(taken)
    const held = `${heldBytes / 1_048_576} MiB`
    line(
      `  delay of others while ${held} are given back`,
      `p99 ${p99.toFixed(0)} µs, worst ${(worst / 1e3).toFixed(0)} ms`,
    )
  }
  await node.stop()
  await runner.close()
}
