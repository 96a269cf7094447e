import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatError } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { NetworkError } from '../errors.ts'
import type { ChainLog, DevChain } from './chain.ts'
import { homePaths, lockHome } from './home.ts'
import { openLogFile, type LogFile } from './log-file.ts'
import { endLeftovers, openProcessList } from './processes.ts'
import { createProgress, type Progress } from './progress.ts'
import type { StageContext } from './chain-stage.ts'
import type { Child, SupervisorNews } from './supervisor.ts'

/** A stop takes at most these times one after the other, and then the chain's own second or so: under 5 s together. */
const NODE_GRACE_MS = 2_000
const INDEX_GRACE_MS = 1_500
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type ForegroundOptions = { home: string; fresh: boolean; json: boolean; quiet: boolean }

/** What runs; filled in as it starts, so that a failure at any stage stops all there is by then. */
export type Running = { nodes: Child[]; index: Child | undefined; chain: DevChain | undefined }

/** Deletes what earlier networks left in a home, apart from the lock that this process holds. */
function emptyHome(home: string): void {
  const { lock, lockHolder } = homePaths(home)
  const kept = new Set([lock, `${lock}-journal`, lockHolder])
  for (const name of readdirSync(home)) {
    const path = join(home, name)
    if (!kept.has(path)) rmSync(path, { recursive: true, force: true })
  }
}

/** Folders that hold something else are not ours to write to, let alone to delete. */
function expectNetworkHome(home: string): void {
  if (!existsSync(home) || readdirSync(home).length === 0 || existsSync(homePaths(home).lock)) return
  const detail = 'it holds files that are not of a network'
  throw new NetworkError({ code: 'home-unusable', home, detail }, `Cannot use "${home}" as a home: ${detail}`, {
    hint: 'name an empty folder, or one that does not exist, with --home',
  })
}

async function stopAll(running: Running): Promise<void> {
  await Promise.all(running.nodes.map((node) => node.stop(NODE_GRACE_MS)))
  await running.index?.stop(INDEX_GRACE_MS)
  await running.chain?.close()
}

/** Aborts with the first request to stop. Later ones change nothing: the stop is under way, and bounded. */
function listenForStop(): { signal: AbortSignal; stopped: Promise<void>; close: () => void } {
  const controller = new AbortController()
  const { signal } = controller
  const stop = () => controller.abort(new NetworkError({ code: 'interrupted' }, 'Cannot go on: asked to stop'))
  for (const name of STOP_SIGNALS) process.on(name, stop)
  return {
    signal,
    stopped: new Promise((resolveStop) => {
      signal.addEventListener('abort', () => resolveStop())
    }),
    close: () => {
      for (const name of STOP_SIGNALS) process.removeListener(name, stop)
    },
  }
}

function createNews(progress: Progress): SupervisorNews {
  return ({ name, how, restartInMs, lastWords }) => {
    const next = restartInMs === undefined ? '' : `; starting it again in ${restartInMs / 1000} s`
    const words = lastWords === '' ? '' : ` (${lastWords})`
    progress.say(`${name} stopped: ${how}${words}${next}`)
  }
}

function createChainLog(file: LogFile, progress: Progress): ChainLog {
  return (event, fields = {}) => {
    file.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
    if (event === 'chain-stopped') progress.say(`chain stopped: ${String(fields['how'])}; starting it again`)
    if (event === 'chain-start-failed') progress.say(`chain could not be started: ${String(fields['problem'])}`)
  }
}

function openProgress(io: CommandIo, options: ForegroundOptions): Progress {
  const stream = options.json ? process.stderr : process.stdout
  if (options.quiet) {
    const silent = createProgress({ write: () => {}, isTerminal: false, columns: 80 }, () => performance.now())
    return { ...silent, say: (line) => io.err(line) }
  }
  const write = (text: string) => void stream.write(text)
  const columns = stream.columns > 0 ? stream.columns : 100 // some terminals do not know theirs
  return createProgress({ write, isTerminal: stream.isTTY, columns }, () => performance.now())
}

/**
 * Takes a home for this process, ends what a killed run left behind there, runs `start`, and keeps what it started
 * running until a signal asks to stop or a part has to be given up; then stops all of it in order.
 *
 * @param deps.start fills in `running` as it goes.
 * @param deps.onStarted told what `start` returned.
 * @throws NetworkError when the home is in use or unusable; whatever `start` throws. All is stopped by then.
 */
export async function runInForeground<T>(
  deps: {
    io: CommandIo
    start: (context: StageContext, running: Running) => Promise<T>
    onStarted: (result: T, context: StageContext) => void
  },
  options: ForegroundOptions,
): Promise<void> {
  const { io } = deps
  const home = resolve(options.home)
  expectNetworkHome(home)
  const lock = lockHome(home)
  const paths = homePaths(home)
  const stop = listenForStop()
  const progress = openProgress(io, options)
  const running: Running = { nodes: [], index: undefined, chain: undefined }
  let starting: Promise<T> | undefined
  try {
    const left = await endLeftovers(paths.processes)
    if (left.length > 0) progress.say(`ended what a killed run left behind: ${left.join(', ')}`)
    if (options.fresh) emptyHome(home)
    const context: StageContext = {
      home,
      progress,
      processes: openProcessList(paths.processes, (problem) => progress.say(problem)),
      takenPorts: new Set(),
      onNews: createNews(progress),
      log: createChainLog(openLogFile(paths.log('chain')), progress),
      signal: stop.signal,
    }
    starting = deps.start(context, running)
    const started = await Promise.race([starting.then((result) => ({ result })), stop.stopped])
    progress.close()
    if (started !== undefined) {
      deps.onStarted(started.result, context)
      const children = running.index === undefined ? running.nodes : [...running.nodes, running.index]
      await Promise.race([stop.stopped, ...children.map((child) => child.ended)])
    }
    progress.say('stopping')
  } finally {
    progress.close()
    try {
      await stopAll(running)
      await starting?.catch(() => undefined) // it fails when its parts are stopped under it
      await stopAll(running) // what it had begun to start meanwhile
    } catch (error) {
      io.err(`Cannot stop everything in order: ${formatError(error)}`)
    }
    stop.close()
    lock.release()
  }
}
