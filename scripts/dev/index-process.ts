import { fileURLToPath } from 'node:url'
import type { DevChain } from './chain.ts'
import type { StageContext } from './chain-stage.ts'
import { homePaths } from './home.ts'
import { openKeptPort } from './kept-port.ts'
import { supervise, type Child } from './supervisor.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const INDEX_PORT = 42_069
/** Starts that may fail before the first answer. After three failures the index begins anew, on the fourth start. */
const START_TRIES = 4

export type RunningIndex = {
  child: Child
  /** May change its port until the index has answered for the first time. */
  graphql: () => string
  /** Whether it is this index that answers there. Until it serves, another program may: the index of another network. */
  isServing: () => boolean
  /** To be called once it has. */
  answered: () => void
}

/** The process that says in this line of the index's log that it serves; undefined for other lines. */
function parseServing(line: string): number | undefined {
  if (!line.includes('"msg":"Serving GraphQL"')) return undefined
  try {
    const { pid } = JSON.parse(line) as { pid?: unknown }
    return typeof pid === 'number' ? pid : undefined
  } catch {
    return undefined // half a line, cut for its length
  }
}

/** Starts the index; resolves as soon as its process runs. */
export async function startIndex(context: StageContext, chain: DevChain): Promise<RunningIndex> {
  const paths = homePaths(context.home)
  const port = await openKeptPort(INDEX_PORT, context.takenPorts)
  let answered = false
  let refusals = 0
  let serving: number | undefined
  context.signal.throwIfAborted()
  const command = async () => {
    const flags = ['--port', String(await port.forStart()), '--rpc', chain.rpcUrl, '--dir', paths.index]
    return [process.execPath, 'indexer/start.ts', ...flags, '--chain-id', String(chain.chainId)]
  }
  const child = supervise(
    {
      name: 'index',
      command,
      env: {},
      cwd: ROOT,
      logFile: paths.log('index'),
      onLine: (line) => {
        serving = parseServing(line) ?? serving
      },
      isFinal: () => !answered && ++refusals >= START_TRIES,
    },
    context.processes,
    context.onNews,
  )
  return {
    child,
    graphql: () => `http://127.0.0.1:${port.current()}/graphql`,
    isServing: () => serving !== undefined && serving === child.pid(),
    answered: () => {
      answered = true
      port.keep()
    },
  }
}
