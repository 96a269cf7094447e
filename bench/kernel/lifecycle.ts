import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseAddress } from '@hyperware/protocol'
import type { RunningGuest } from '../../node/kernel/guest.ts'
import { MEMORY_CEILING_BYTES } from '../../node/kernel/limits.ts'
import { type ComponentRunner, createComponentRunner, MEMORY_MAX_BYTES } from '../../node/wasm/runner.ts'
import { line, pause, summarize } from './samples.ts'

const OUR = parseAddress('alice.os@main:app:pub.os')
const LIMITS = { memoryMaxBytes: MEMORY_MAX_BYTES }
const STARTS = 40
const START_MAX_MS = 10
const KILLS = 200
const KILL_MAX_MS = 50

/** Starts an instance; `called` resolves when it makes its first call. */
export function startOne(
  runner: ComponentRunner,
  prepared: Awaited<ReturnType<ComponentRunner['prepare']>>,
): { readonly guest: RunningGuest; readonly called: Promise<void> } {
  const called = Promise.withResolvers<void>()
  const call = (): void => called.resolve()
  const kernel = { act: call, ask: call, exited: call }
  return { guest: runner.start({ prepared, our: OUR, kernel }), called: called.promise }
}

/** Starts of a component that is compiled, in a thread that has booted. */
export async function measureStarts(wasmFile: string): Promise<void> {
  const runner = createComponentRunner({ idleThreads: 1 })
  const prepared = await runner.prepare(readFileSync(wasmFile), LIMITS)
  const taken: number[] = []
  for (let count = 0; count < STARTS; count += 1) {
    await pause(250) // until a thread waits again
    const start = performance.now()
    const { guest, called } = startOne(runner, prepared)
    await called
    taken.push(performance.now() - start)
    await guest.kill()
  }
  const { best, median, worst } = summarize(taken)
  const measured = `median ${median.toFixed(1)} ms (${best.toFixed(1)} to ${worst.toFixed(1)})`
  line('start to first call, compiled and booted before', measured, `${START_MAX_MS} ms`, median <= START_MAX_MS)
  await runner.close()
}

/** Kills of processes that do not cooperate. */
export async function measureKills(
  spinning: string,
  filling: string,
  waiting: string,
  printing: string,
): Promise<void> {
  const runner = createComponentRunner({ idleThreads: 2 })
  const all: number[] = []
  for (const [kind, wasmFile] of Object.entries({ spinning, 'filling 128 MiB': filling, waiting, printing })) {
    const prepared = await runner.prepare(readFileSync(wasmFile), LIMITS)
    const taken: number[] = []
    for (let count = 0; count < KILLS / 4; count += 1) {
      const { guest } = startOne(runner, prepared)
      await pause(150)
      const start = performance.now()
      await guest.kill()
      taken.push(performance.now() - start)
    }
    const { median, worst } = summarize(taken)
    line(`  kill while ${kind}`, `median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`)
    all.push(...taken)
  }
  const { p99 } = summarize(all)
  line(`${KILLS} kills`, `p99 ${p99.toFixed(1)} ms`, `${KILL_MAX_MS} ms`, p99 <= KILL_MAX_MS)
  await runner.close()
}

const LARGE_KILLS = 8

/** Kills of a process that fills all the memory it may ever have: for the first time, and once it has it all. */
export async function measureLargeKills(filling: string): Promise<void> {
  const runner = createComponentRunner({ idleThreads: 1 })
  for (const memoryMaxBytes of [MEMORY_MAX_BYTES, MEMORY_CEILING_BYTES]) {
    const prepared = await runner.prepare(readFileSync(filling), { memoryMaxBytes })
    for (const [when, filledBytes] of [
      ['for the first time', 0],
      ['once it has it all', memoryMaxBytes],
    ] as const) {
      const taken: number[] = []
      for (let count = 0; count < LARGE_KILLS; count += 1) {
        await pause(250)
        const before = process.memoryUsage.rss()
        const { guest, called } = startOne(runner, prepared)
        await called
        do await pause(10)
        while (process.memoryUsage.rss() - before < filledBytes * 0.98)
        const start = performance.now()
        await guest.kill()
        taken.push(performance.now() - start)
      }
      const { best, median, worst } = summarize(taken)
      line(
        `  kill while filling ${memoryMaxBytes / 1_048_576} MiB ${when}`,
        `median ${median.toFixed(0)} ms (${best.toFixed(0)} to ${worst.toFixed(0)})`,
      )
    }
  }
  await runner.close()
}

const IDLE = 50

/** What a node with many idle processes weighs; in a process of its own, for nothing else to count. */
export async function measureIdle(wasmFile: string, wantedMb?: number): Promise<void> {
  const wasm = readFileSync(wasmFile)
  const runner = createComponentRunner({ idleThreads: 0 })
  const prepared = await runner.prepare(wasm, LIMITS)
  const before = process.memoryUsage.rss()
  for (let count = 0; count < IDLE; count += 1) await startOne(runner, prepared).called
  await pause(1_000)
  const rss = process.memoryUsage.rss()
  const each = (rss - before) / IDLE / 1e6
  const measured = `${(rss / 1e6).toFixed(0)} MB in all, ${each.toFixed(1)} MB each`
  const wanted = wantedMb === undefined ? '' : `${wantedMb} MB`
  line(
    `${IDLE} idle processes of ${basename(wasmFile)}, no spare thread`,
    measured,
    wanted,
    rss / 1e6 <= (wantedMb ?? 0),
  )
  await runner.close()
}
