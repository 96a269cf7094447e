import { createComponentRunner } from '../../node/wasm/runner.ts'
import { startComponentNode } from '../../test/node/wasm/component-node.ts'
import { readFileSync } from 'node:fs'
import { startBareThreads } from './bare-threads.ts'
import { line, microsecondsEach, summarize } from './samples.ts'

/**
 * Batches differ by five times, in spells of seconds. Small messages are fastest while the system happens to keep all
 * threads on one processor, so their medians are compared; large ones while no buffers are collected, so their best are.
 */
const SIZES = [
  { name: '100 B', sizeBytes: 100, rounds: 20, batches: 1_500, compared: 'median', wanted: 2.2 },
  { name: '1 MB', sizeBytes: 1_000_000, rounds: 5, batches: 200, compared: 'best', wanted: 1.3 },
] as const

/** A request to the guest `asking`: how many round trips it shall make, with how many bytes. */
export function roundTrips(count: number, sizeBytes: number): Uint8Array {
  const body = new Uint8Array(sizeBytes)
  new DataView(body.buffer).setUint32(0, count, true)
  return body
}

/** Round trips between two processes through the kernel, beside those of threads without any of it. */
export async function measureConversation(echo: string, asker: string): Promise<void> {
  const runner = createComponentRunner()
  const node = startComponentNode(runner, { memoryMaxBytes: 16 * 1_048_576 })
  await node.launch('echo', readFileSync(echo))
  await node.launch('asker', readFileSync(asker))
  const bare = startBareThreads()

  await node.request('asker', roundTrips(20_000, 100)) // the code that both run becomes optimized
  await bare.through(20_000, 100)
  await bare.between(20_000, 100)
  for (const { name, sizeBytes, rounds, batches, compared, wanted } of SIZES) {
    const ours: number[] = []
    const between: number[] = []
    const through: number[] = []
    // In turns, so that what else the machine does meanwhile meets all three alike.
    for (let batch = 0; batch < batches; batch += 1) {
      ours.push(await microsecondsEach(rounds, () => node.request('asker', roundTrips(rounds, sizeBytes))))
      between.push(await microsecondsEach(rounds, () => bare.between(rounds, sizeBytes)))
      through.push(await microsecondsEach(rounds, () => bare.through(rounds, sizeBytes)))
    }
    const mine = summarize(ours)
    for (const [peer, values, most] of [
      ['postMessage from thread to thread and back', through, wanted],
      ['postMessage to one thread and back, half the way', between, undefined],
    ] as const) {
      const theirs = summarize(values)
      const ratio = mine[compared] / theirs[compared]
      const [medians, best] = (['median', 'best'] as const).map((which) => {
        return `${mine[which].toFixed(0)} / ${theirs[which].toFixed(0)}`
      })
      line(
        `${name} there and back; ${peer}`,
        `${ratio.toFixed(2)} (median ${medians}, best ${best} µs)`,
        most === undefined ? '' : `${most} times`,
        most === undefined || ratio <= most,
      )
    }
  }
  await bare.end()
  await node.stop()
  await runner.close()
}
