import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileAtomically } from './files.ts'

/** A process as it can be told from a later one that was given the same id. `boot` as of `currentBoot`. */
export type ProcessMark = { name: string; pid: number; startedAt: string; boot: string }

/** What names the time since the system was booted, for which process ids mean anything; empty when it does not tell. */
function currentBoot(): string {
  if (process.platform === 'linux') {
    try {
      return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    } catch {
      return ''
    }
  }
  const result = spawnSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }) // as macOS has it
  return (result.stdout ?? '').trim()
}

/** When a process started, in the system's own words (compare, do not interpret); undefined when there is none. */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it may hold anything
      return fields[0] === 'Z' ? undefined : fields[19]
    } catch {
      return undefined
    }
  }
  const result = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const start = result.stdout.trim()
  return start === '' ? undefined : start
}

const isRunning = (mark: ProcessMark) => processStart(mark.pid) === mark.startedAt

/**
 * Sends a signal to the group that a process leads, so that the children it started hear of it too. Returns whether
 * anybody could be told: there may be nobody any more, or only processes of another user.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}

/** The list of started processes on disk, from which the next run ends what a killed run left behind. */
export type ProcessList = { add: (name: string, pid: number) => void; remove: (pid: number) => void }

/**
 * Begins the list anew. Throws when it cannot be written; later, `onProblem` hears of that in words, since what runs must
 * go on when the disk is full.
 */
export function openProcessList(file: string, onProblem: (problem: string) => void): ProcessList {
  let marks: ProcessMark[] = []
  const boot = currentBoot()
  writeFileAtomically(file, '[]\n')
  const write = () => {
    try {
      writeFileAtomically(file, `${JSON.stringify(marks)}\n`)
    } catch (error) {
      onProblem(`cannot note down what runs: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    add: (name, pid) => {
      const startedAt = processStart(pid)
      if (startedAt === undefined) return
      marks = [...marks.filter(isRunning), { name, pid, startedAt, boot }]
      write()
    },
    remove: (pid) => {
      marks = marks.filter((mark) => mark.pid !== pid)
      write()
    },
  }
}

/** The marks of this boot: ids of earlier ones have gone to other processes since. */
function readMarks(file: string, boot = currentBoot()): ProcessMark[] {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!Array.isArray(value)) return []
    return value.filter(
      (item): item is ProcessMark =>
        typeof item === 'object' &&
        item !== null &&
        Number.isSafeInteger((item as ProcessMark).pid) &&
        (item as ProcessMark).pid > 1 &&
        typeof (item as ProcessMark).name === 'string' &&
        typeof (item as ProcessMark).startedAt === 'string' &&
        (item as ProcessMark).boot === boot,
    )
  } catch {
    return [] // absent on a first start; a damaged list names no process that could be ended with certainty
  }
}

/** The processes of a group, whether or not its leader still lives. */
function groupMembers(pgid: number): number[] {
  const result = spawnSync('ps', ['-A', '-o', 'pid=,pgid='], { encoding: 'utf8' })
  return (result.stdout ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, group]) => group === pgid)
    .flatMap(([pid]) => (pid === undefined ? [] : [pid]))
}

const remains = (mark: ProcessMark) => isRunning(mark) || groupMembers(mark.pid).length > 0

/**
 * Ends what an earlier run of the same home started and could not stop, because it was killed itself, since the system
 * was booted: each process that still has the recorded start time, with the group it leads; and groups whose leader died,
 * which no newer process can have taken while members remain. What belongs to another user is none of it. Returns the
 * names of what was ended.
 */
export async function endLeftovers(file: string): Promise<string[]> {
  const boot = currentBoot()
  const isOrphaned = ({ pid }: ProcessMark) => processStart(pid) === undefined && groupMembers(pid).length > 0
  const left = readMarks(file, boot)
    .filter((mark) => isRunning(mark) || (boot !== '' && isOrphaned(mark)))
    .filter((mark) => signalGroup(mark.pid, 'SIGTERM'))
  const deadline = Date.now() + 3_000
  while (left.some(remains) && Date.now() < deadline) await sleep(25)
  for (const mark of left.filter(remains)) signalGroup(mark.pid, 'SIGKILL')
  while (left.some(remains) && Date.now() < deadline + 1_000) await sleep(25)
  return left.map((mark) => mark.name)
}

/**
 * Asks the listed process of this name to end, if it still is the one that was started, and waits until it has.
 * Returns whether there was one.
 */
export async function endProcess(file: string, name: string): Promise<boolean> {
  const mark = readMarks(file).find((candidate) => candidate.name === name && isRunning(candidate))
  if (mark === undefined) return false
  process.kill(mark.pid, 'SIGTERM')
  for (const deadline = Date.now() + 10_000; isRunning(mark) && Date.now() < deadline;) await sleep(25)
  return true
}
