import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Which processors a thread may run on. On Linux only, by its `taskset`: the platform has no call for that. Wherever it
 * cannot be had, nothing changes.
 */

/**
 * Keeps a thread of this process off the first processor of those that the process may use, so that one is always there
 * for the others. With a single processor there is none to spare.
 */
export function spareOneProcessor(thread: number): void {
  const others = othersOf(allowedProcessors())
  if (others === undefined) return
  execFile('taskset', ['--cpu-list', '--pid', others, String(thread)], () => {
    // The thread ended meanwhile, or there is no `taskset`: then it shares like the others.
  })
}

/** `0-3,8` to `1-3,8`; undefined when that is one processor, or none. */
export function othersOf(list: string): string | undefined {
  const [first = '', ...others] = list.split(',')
  const [from = NaN, to = from] = first.split('-').map(Number)
  if (Number.isNaN(from)) return undefined
  if (to > from) others.unshift(to === from + 1 ? String(to) : `${from + 1}-${to}`)
  return others.length === 0 ? undefined : others.join(',')
}

/** As the system writes it, such as `0-3,8`; empty where that cannot be known. */
function allowedProcessors(): string {
  try {
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  } catch {
    return '' // not Linux
  }
}
