import { setFlagsFromString } from 'node:v8'
import type { GuestRunner, RunningGuest } from '../kernel/guest.ts'
import { createBusyThreads } from './busy-threads.ts'
import { type CompiledComponent, compileComponent } from './component/component.ts'
import { startGuest } from './guest-process.ts'
import { createMemoryBound, defaultBoundBytes } from './memory-bound.ts'
import { cachePrepared } from './prepared-cache.ts'
import { bundleThreadCode } from './thread-code.ts'
import { createThreadPool } from './thread-pool.ts'

/** What the linear memories of a process may hold together when its package asks for nothing else. Real ones use 2 to 64 MiB. */
export const MEMORY_MAX_BYTES = 128 * 1_024 * 1_024

export type ComponentRunner = GuestRunner<CompiledComponent> & {
  /** Ends all processes and the threads that wait for one. */
  readonly close: () => Promise<void>
}

export type ComponentRunnerOptions = {
  /** How many threads wait booted for the next starts. */
  readonly idleThreads?: number
  /** What the linear memories of all processes may hold together. */
  readonly memoryBoundBytes?: number | undefined
}

/** Runs components, each instance in a thread of its own. */
export function createComponentRunner({
  idleThreads = 2,
  memoryBoundBytes = defaultBoundBytes(),
}: ComponentRunnerOptions = {}): ComponentRunner {
  // By default V8 lets unoptimized loops run until they have counted down a budget, and only then looks whether the thread
  // shall end: a loop of large `memory.fill` would outlive its kill by minutes. Without the budget each round looks.
  setFlagsFromString('--no-wasm-dynamic-tiering')
  const pool = createThreadPool({ code: bundleThreadCode(), idleCount: idleThreads })
  const busyThreads = createBusyThreads()
  const memoryBound = createMemoryBound(memoryBoundBytes)
  const running = new Set<RunningGuest>()
  return {
    prepare: cachePrepared(compileComponent),
    start: ({ prepared, our, kernel }) => {
      const guest = startGuest(
        { pool, busyThreads, memoryBound },
        {
          component: prepared,
          our,
          kernel: {
            ...kernel,
            exited: (exit) => {
              running.delete(guest)
              kernel.exited(exit)
            },
          },
        },
      )
      const kill = (): Promise<void> => {
        running.delete(guest)
        return guest.kill()
      }
      running.add(guest)
      return { ...guest, kill }
    },
    close: async () => {
      await Promise.all([...running].map((guest) => guest.kill()))
      running.clear()
      await pool.close()
    },
  }
}
