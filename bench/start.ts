// How long a start takes, stage by stage: the first one in an empty home, and the second one that resumes it.
//   npx node bench/start.ts           with what is installed here
//   npx node bench/start.ts --clone   from a clean clone of the last commit, install included
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { npmScript } from '../scripts/cli/npm-script.ts'

/** What a start may take, in seconds, on a machine with two cores. */
const LIMITS = { clone: 120, first: 60, second: 12, stop: 5 } as const

type StageSeconds = { stage: string; seconds: number }
type Measured = { total: number; stages: StageSeconds[]; stop: number }

/** Reads a line of progress, such as `chain    id 31337 at http://127.0.0.1:8545 (0.2 s)`. */
function parseStage(line: string): StageSeconds | undefined {
  const match = /^(\w+) .*\((\d+\.\d) s\)$/.exec(line) ?? /^(setup) .*installed in (\d+\.\d) s$/.exec(line)
  return match?.[1] === undefined ? undefined : { stage: match[1], seconds: Number(match[2]) }
}

/** Starts a network, waits until it is ready, stops it. */
async function measure(command: readonly string[], cwd: string): Promise<Measured> {
  const startedAt = performance.now()
  const [program = '', ...args] = command
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const stages: StageSeconds[] = []
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    const stage = parseStage(line)
    if (stage !== undefined) stages.push(stage)
  })
  const ended = new Promise<number | null>((settle) => child.once('exit', settle))
  const ready = new Promise<number>((settle) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready":true')) settle((performance.now() - startedAt) / 1000)
    })
  })
  const total = await Promise.race([ready, ended.then(() => undefined)])
  if (total === undefined) throw new Error(`Cannot measure: the start ended early and said:\n${said.join('\n')}`)
  const stopsAt = performance.now()
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT') // npm and what it runs, as Ctrl-C does
  await ended
  return { total, stages, stop: (performance.now() - stopsAt) / 1000 }
}

function print(title: string, { total, stages, stop }: Measured, limit: number): boolean {
  console.log(`\n${title}`)
  for (const { stage, seconds } of stages) console.log(`  ${stage.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s`)
  const judge = (what: string, seconds: number, most: number): boolean => {
    const within = seconds <= most
    console.log(`  ${what.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${within ? 'within' : 'BEYOND'} ${most} s`)
    return within
  }
  const verdicts = [judge('ready', total, limit), judge('Ctrl-C', stop, LIMITS.stop)]
  return verdicts.every(Boolean)
}

const { clone = false } = npmScript('npx node bench/start.ts', 'Measures how long a first and a second start take.')
  .option('--clone', 'from a clean clone of the last commit, install included')
  .parse()
  .opts<{ clone?: true }>()
const folder = mkdtempSync(join(tmpdir(), 'hyperware-bench-'))
try {
  const root = clone ? join(folder, 'clone') : resolve(import.meta.dirname, '..')
  if (clone) spawnSync('git', ['clone', '--quiet', resolve(import.meta.dirname, '..'), root], { stdio: 'inherit' })
  const home = join(folder, 'home')
  const command = clone
    ? ['npm', 'start', '--silent', '--', '--json', '--home', home]
    : [process.execPath, 'scripts/hyperware.ts', 'start', '--json', '--home', home]
  const first = await measure(command, root)
  const firstOk = print(
    clone ? 'First start, from a clean clone' : 'First start',
    first,
    clone ? LIMITS.clone : LIMITS.first,
  )
  const second = await measure(command, root)
  const secondOk = print('Second start', second, LIMITS.second)
  process.exitCode = firstOk && secondOk ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
