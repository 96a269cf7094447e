import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** What `start --json` prints once ready. */
export type Network = {
  ready: true
  chain: { chainId: number; rpcUrl: string }
  graphql: string
  nodes: { name: string; url: string; password: string; home: string }[]
}

export type RunningNetwork = Network & {
  /** The first line on standard error of the start that brought it up, to the last. */
  log: () => string
  /** `Ctrl-C`. Resolves with the exit code and which of its processes are still there. */
  stop: () => Promise<{ code: number | null; left: readonly string[] }>
  /** `kill -9` of every process at once, the starting one included. */
  killAll: () => Promise<void>
  /** `kill -9` of one part, as named in the home's list of processes, such as `chain`. */
  kill: (part: string) => void
}

const exited = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once('exit', (code) => resolve(code))
  })

/** Runs `hyperware` to its end. */
export async function hyperware(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn('node', ['scripts/hyperware.ts', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = new Promise((resolve) => child.once('close', resolve))
  const code = await exited(child)
  await closed
  return { code, stdout, stderr }
}

/** Runs `hyperware ... --json` and reads its answer; a failure shows what it said. */
export async function hyperwareJson<T>(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { code, stdout, stderr } = await hyperware([...args, '--json'], env)
  if (code !== 0) throw new Error(`hyperware ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** Spawns a long-running `hyperware` command and waits for the line of JSON that says it is ready. */
export async function spawnUntilReady<T>(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; ready: T; log: () => string }> {
  const child = spawn('node', ['scripts/hyperware.ts', ...args, '--json'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const firstLine = new Promise<string | undefined>((resolve) => {
    const lines = createInterface({ input: child.stdout })
    lines.once('line', resolve)
    lines.once('close', () => resolve(undefined))
  })
  const line = await firstLine
  if (line === undefined) throw new Error(`hyperware ${args.join(' ')} ended with ${await exited(child)}: ${stderr}`)
  return { child, ready: JSON.parse(line) as T, log: () => stderr }
}

type ProcessMark = { name: string; pid: number }

function processesOf(home: string): ProcessMark[] {
  return JSON.parse(readFileSync(join(home, 'processes.json'), 'utf8')) as ProcessMark[]
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The end of each log in the home, for the message of a failed start. */
function logTails(home: string): string {
  const folder = join(home, 'logs')
  const files = existsSync(folder) ? readdirSync(folder) : []
  const tail = (file: string) => readFileSync(join(folder, file), 'utf8').split('\n').slice(-20).join('\n')
  return files.map((file) => `${file}:\n${tail(file)}`).join('\n')
}

/** Starts a network in `home` and waits until it is ready. */
export async function startNetwork(home: string, flags: readonly string[] = []): Promise<RunningNetwork> {
  const { child, ready, log } = await spawnUntilReady<Network>(['start', '--home', home, ...flags]).catch((cause) => {
    throw new Error(`Cannot start a network in ${home}:\n${logTails(home)}`, { cause })
  })
  return {
    ...ready,
    log,
    stop: async () => {
      const marks = processesOf(home)
      child.kill('SIGINT')
      const code = await exited(child)
      return { code, left: marks.filter(({ pid }) => existsSync(`/proc/${pid}`)).map(({ name }) => name) }
    },
    killAll: async () => {
      const marks = processesOf(home)
      child.kill('SIGKILL')
      for (const { pid } of marks) killGroup(pid)
      await exited(child)
    },
    kill: (part) => {
      const mark = processesOf(home).find(({ name }) => name === part)
      if (mark === undefined) throw new Error(`There is no part "${part}" among ${JSON.stringify(processesOf(home))}`)
      killGroup(mark.pid)
    },
  }
}

/** Asks a GraphQL endpoint; throws what it answers instead of data. */
export async function askGraphql<T>(url: string, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const answer = (await response.json()) as { data?: T; errors?: unknown }
  if (answer.errors !== undefined || answer.data === undefined) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}

/** Longer than any of it takes on a machine that is busy with other things. */
const PATIENCE_MS = 120_000

/** Repeats `attempt` until it returns something else than undefined; throws after two minutes, naming what it waited for. */
export async function eventually<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  let problem: unknown
  do {
    try {
      const value = await attempt()
      if (value !== undefined) return value
    } catch (error) {
      problem = error
    }
    await sleep(200)
  } while (performance.now() < deadline)
  throw new Error(`Waited ${PATIENCE_MS / 1_000} s in vain for ${what}`, { cause: problem })
}
