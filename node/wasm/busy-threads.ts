import { readFileSync, readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { spareOneProcessor } from './processors.ts'

/**
 * Threads that compute without pause step back, so that those that only answer now and then get the processor at once.
 * The system shares its processors evenly among threads that want them, in slices of milliseconds: long, beside the
 * microseconds that a message takes. A lower priority gives them less, but their slices are as long; so they also leave one
 * processor to the others. On Linux only; elsewhere a priority belongs to the whole process.
 */

/** The number by which the system knows the calling thread; undefined where that cannot be known. */
export function ownThreadNumber(): number | undefined {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return undefined // not Linux
  }
}

const LOOK_EVERY_MS = 500
/** A thread is busy when it ran this long since the last look, */
const BUSY_MIN_MS = 50
/** and, each time, this long before it slept: one that answers sleeps after each of its answers. */
const BUSY_RUN_MS = 20
/** So often in a row. */
const BUSY_LOOKS = 2
/** On a scale from -20 to 19. It cannot be taken back without privileges, so a process keeps it until it ends. */
const STEP_BACK = 10
const PRIORITY_LAST = 19
/** The unit of the times in `/proc`: a hundredth of a second on every Linux that Node runs on. */
const MS_PER_TICK = 10

export type BusyThreads = {
  /** Watches a thread, whose number may become known later. The returned function ends that. */
  readonly watch: (threadNumber: () => number | undefined) => () => void
}

type Watched = { readonly number: () => number | undefined; cpuMs: number; sleeps: number; busyLooks: number }

export function createBusyThreads(): BusyThreads {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    for (const thread of watched) {
      const number = thread.number()
      if (number === undefined) continue
      thread.busyLooks = isBusy(thread, number) ? thread.busyLooks + 1 : 0
      if (thread.busyLooks < BUSY_LOOKS) continue
      watched.delete(thread)
      stepBack(number)
    }
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    watch: (number) => {
      const thread: Watched = { number, cpuMs: 0, sleeps: 0, busyLooks: 0 }
      watched.add(thread)
      timer ??= setInterval(look, LOOK_EVERY_MS).unref()
      return () => void watched.delete(thread)
    },
  }
}

/** Whether a thread ran without pause since the last look. */
function isBusy(thread: Watched, number: number): boolean {
  const cpuMs = readCpuMs(number)
  const ranMs = cpuMs - thread.cpuMs
  thread.cpuMs = cpuMs
  if (ranMs < BUSY_MIN_MS) return false
  const sleeps = readSleeps(number)
  const slept = sleeps - thread.sleeps
  thread.sleeps = sleeps
  return ranMs >= BUSY_RUN_MS * slept
}

/** What a thread of this process has used since it began; 0 when it is gone. */
function readCpuMs(thread: number): number {
  const stat = readTask(thread, 'stat')
  const [user = '0', system = '0'] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * MS_PER_TICK
}

/** How often it gave the processor away by itself. */
function readSleeps(thread: number): number {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readTask(thread, 'status'))?.[1] ?? 0)
}

function readTask(thread: number, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/${file}`, 'latin1')
  } catch {
    return '' // it ended meanwhile
  }
}

function stepBack(thread: number): void {
  try {
    setPriority(thread, Math.min(getPriority(thread) + STEP_BACK, PRIORITY_LAST))
    spareOneProcessor(thread)
  } catch {
    // It ended meanwhile, or a sandbox forbids it: then it shares like the others.
  }
}
