import { spawn, type ChildProcess } from 'node:child_process'
import { formatError } from '@hyperware/protocol'
import { NetworkError } from '../errors.ts'
import { openLogFile } from './log-file.ts'
import { signalGroup, type ProcessList } from './processes.ts'

/** A child that dies is started again after these waits; one that lived a minute starts over with the first. */
const BACKOFF_MS = [100, 500, 1_000, 2_000, 5_000, 10_000]
const SETTLED_MS = 60_000
const LINE_MAX_CHARS = 65_536

export type ChildPlan = {
  name: string
  /** Program and arguments. Asked before every start, so that a restarted child sees what changed meanwhile. */
  command: () => readonly string[] | Promise<readonly string[]>
  env: Readonly<Record<string, string>>
  cwd: string
  logFile: string
  /** Told of each line on standard output. */
  onLine?: (line: string) => void
  /** Told of each start, first one included. */
  onStart?: (pid: number) => void
  /** Whether no restart can help after this exit code; the child is given up then. */
  isFinal?: (exitCode: number) => boolean
}

export type Child = {
  name: string
  pid: () => number | undefined
  /** Bytes that it has written so far, to standard output or error, through all its starts. */
  heardBytes: () => number
  /** Rejects when the child is given up or could not be run; otherwise settles only after `stop`. */
  ended: Promise<void>
  /** SIGTERM to the child and what it started, SIGKILL after `graceMs`. */
  stop: (graceMs: number) => Promise<void>
}

export type SupervisorNews = (news: {
  name: string
  how: string
  restartInMs: number | undefined
  lastWords: string
}) => void

/** Cuts a stream into lines; a line longer than 64 KiB comes in pieces. */
function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    rest += chunk.toString('utf8')
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length < LINE_MAX_CHARS) return
    onLine(rest)
    rest = ''
  }
}

/**
 * Runs a child process in a session of its own and starts it again whenever it dies, until stopped. Its output goes to a
 * log of bounded size.
 */
export function supervise(plan: ChildPlan, processes: ProcessList, onNews: SupervisorNews): Child {
  const log = openLogFile(plan.logFile)
  let child: ChildProcess | undefined
  let stopping = false
  let failures = 0
  let heardBytes = 0
  let timer: NodeJS.Timeout | undefined
  let lastWords: string[] = []
  let settle: { done: () => void; failed: (error: Error) => void }
  const ended = new Promise<void>((resolve, reject) => {
    settle = { done: resolve, failed: reject }
  })
  ended.catch(() => undefined) // whoever waits on it hears of it

  const giveUp = (how: string) => {
    const problem = { code: 'process-stopped', name: plan.name, detail: how } as const
    const said = lastWords.length === 0 ? '' : `; it said: ${lastWords.join('; ')}`
    settle.failed(
      new NetworkError(problem, `Cannot keep ${plan.name} running: ${how}${said}`, {
        hint: `its log is ${plan.logFile}`,
      }),
    )
  }

  const onExit = (startedAtMs: number, pid: number | undefined, code: number | null, signal: NodeJS.Signals | null) => {
    if (pid !== undefined) {
      signalGroup(pid, 'SIGKILL') // what the dead leader started must not live on beside its successor
      processes.remove(pid)
    }
    child = undefined
    if (stopping) {
      settle.done()
      return
    }
    const how = signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`
    onFailure(how, Date.now() - startedAtMs, code !== null && plan.isFinal?.(code) === true)
  }

  const onFailure = (how: string, livedMs: number, isFinal: boolean) => {
    failures = livedMs > SETTLED_MS ? 1 : failures + 1
    const restartInMs = isFinal ? undefined : (BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? 0)
    onNews({ name: plan.name, how, restartInMs, lastWords: lastWords.join('; ') })
    if (restartInMs === undefined) giveUp(how)
    else timer = setTimeout(start, restartInMs)
  }

  const run = async () => {
    const [program, ...args] = await plan.command()
    if (stopping) {
      settle.done()
      return
    }
    const started = spawn(program ?? '', args, {
      cwd: plan.cwd,
      env: { ...process.env, ...plan.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const startedAtMs = Date.now()
    const { pid } = started
    child = started
    lastWords = []
    started.once('error', (error) => giveUp(`it could not be run: ${error.message}`))
    started.once('exit', (code, signal) => onExit(startedAtMs, pid, code, signal))
    const onLine = plan.onLine ?? (() => {})
    const lines = lineReader(onLine)
    const words = lineReader((line) => {
      // What a program says to people before it ends; its structured log lines are in the log.
      if (line.trim() !== '' && !line.startsWith('{')) lastWords = [...lastWords, line.trim().slice(0, 500)].slice(-4)
    })
    started.stdout?.on('data', (chunk: Buffer) => {
      heardBytes += chunk.length
      log.write(chunk)
      lines(chunk)
    })
    started.stderr?.on('data', (chunk: Buffer) => {
      heardBytes += chunk.length
      log.write(chunk)
      words(chunk)
    })
    if (pid === undefined) return
    processes.add(plan.name, pid)
    plan.onStart?.(pid)
  }
  const start = () => {
    run().catch((error: unknown) => {
      if (stopping) settle.done()
      else onFailure(`it could not be prepared: ${formatError(error)}`, 0, false)
    })
  }
  start()

  return {
    name: plan.name,
    pid: () => child?.pid,
    heardBytes: () => heardBytes,
    ended,
    stop: async (graceMs) => {
      stopping = true
      clearTimeout(timer)
      const pid = child?.pid
      if (pid === undefined) {
        settle.done()
      } else {
        signalGroup(pid, 'SIGTERM')
        const kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
        await ended.catch(() => undefined)
        clearTimeout(kill)
      }
      log.close()
    },
  }
}
