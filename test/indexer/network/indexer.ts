import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../helpers/free-port.ts'

const START = join(import.meta.dirname, '../../../indexer/start.ts')
/** How long the index may stay where it is and say nothing, on a machine that is busy with other things too. */
const STANDSTILL_MS = 240_000
/** For tests that start the index several times, each time with a database. */
export const SEVERAL_STARTS = { testTimeout: 1_200_000, hookTimeout: 1_200_000 }

export const newFolder = () => mkdtempSync(join(tmpdir(), 'hyperware-index-'))

/** Runs `indexer/start.ts` until it ends by itself. */
export async function runIndexer(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const run = spawnIndexer(args)
  const [code] = (await once(run.child, 'close')) as [number | null] // with all that it said
  return { code, output: run.output() }
}

/** A running indexer on its own folder and port. */
export type TestIndexer = Awaited<ReturnType<typeof startIndexer>>

export async function startIndexer(input: { rpcUrl: string; dir: string }) {
  const port = await freePort()
  const run = spawnIndexer(['--port', String(port), '--rpc', input.rpcUrl, '--dir', input.dir])
  const exited = once(run.child, 'close') as Promise<[number | null]>
  const url = `http://127.0.0.1:${port}`

  const post = (path: string, body: string) =>
    fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })

  async function ask(query: string, variables: Record<string, unknown> = {}) {
    const response = await post('/graphql', JSON.stringify({ query, variables }))
    // oxlint-disable-next-line typescript/no-explicit-any -- answers have the shape of the query each test writes
    return (await response.json()) as { data?: Record<string, any>; errors?: { message: string }[] }
  }

  /** Waits until the index has the block, by the index's own word, for as long as it gets on. */
  async function reach(block: number): Promise<void> {
    let deadline = Date.now() + STANDSTILL_MS
    let seen: unknown
    let said = 0
    for (;;) {
      try {
        const { data } = await ask('{ status { block } }')
        const at: unknown = data?.['status'].block
        if (typeof at === 'number' && at >= block) return
        if (at !== seen) deadline = Date.now() + STANDSTILL_MS
        seen = at
      } catch (error) {
        const { exitCode, signalCode } = run.child
        if (exitCode !== null || signalCode !== null)
          throw new Error(`The indexer ended early:\n${run.output()}`, { cause: error })
      }
      if (run.output().length !== said) deadline = Date.now() + STANDSTILL_MS
      said = run.output().length
      if (Date.now() > deadline) throw new Error(`The index did not reach block ${block}:\n${run.output()}`)
      await sleep(25)
    }
  }

  return {
    url,
    pid: run.child.pid,
    output: run.output,
    ask,
    post,
    reach,
    /** The data of an answer without errors. */
    async data(query: string, variables: Record<string, unknown> = {}) {
      const { data, errors } = await ask(query, variables)
      if (errors !== undefined || data === undefined) throw new Error(JSON.stringify(errors))
      return data
    },
    /** The exit code, once it ends by itself. */
    ended: async () => (await exited)[0],
    /** Ends it, and says how it ended. */
    async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGKILL'): Promise<number | null> {
      if (run.child.exitCode === null && run.child.signalCode === null) run.child.kill(signal)
      return (await exited)[0]
    },
  }
}

function spawnIndexer(args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  return { child, output: () => output }
}
