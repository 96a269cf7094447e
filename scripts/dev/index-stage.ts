import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { NetworkError } from '../errors.ts'
import type { ChainClient } from '../onchain/client.ts'
import { askIndex } from '../onchain/index-client.ts'
import type { DevChain } from './chain.ts'
import { homePaths } from './home.ts'
import { NODE_PLANS } from './node-homes.ts'
import { isPortFree, takeFreePort } from './ports.ts'
import type { StageContext } from './stages.ts'
import { supervise, type Child } from './supervisor.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const INDEX_PORT = 42_069
const INDEX_TIMEOUT_MS = 90_000
/** Starts that may fail before the first answer. After three failures the index begins anew, on the fourth start. */
const START_TRIES = 4

/** `graphql` may change its port until the index has answered for the first time. */
export type RunningIndex = { child: Child; graphql: () => string; answered: () => void }

/** Starts the index; resolves as soon as its process runs. */
export async function startIndex(context: StageContext, chain: DevChain): Promise<RunningIndex> {
  const paths = homePaths(context.home)
  let port = await takeFreePort(INDEX_PORT, context.takenPorts)
  let answered = false
  let refusals = 0
  context.signal.throwIfAborted()
  const command = async () => {
    // A port that was free may be taken by another program just before us; later, others rely on it.
    if (!answered && !(await isPortFree(port))) port = await takeFreePort(INDEX_PORT, context.takenPorts)
    const flags = ['--port', String(port), '--rpc', chain.rpcUrl, '--dir', paths.index]
    return [process.execPath, 'indexer/start.ts', ...flags, '--chain-id', String(chain.chainId)]
  }
  const child = supervise(
    {
      name: 'index',
      command,
      env: {},
      cwd: ROOT,
      logFile: paths.log('index'),
      isFinal: () => !answered && ++refusals >= START_TRIES,
    },
    context.processes,
    context.onNews,
  )
  return {
    child,
    graphql: () => `http://127.0.0.1:${port}/graphql`,
    answered: () => {
      answered = true
    },
  }
}

/** Waits until the index has seen the newest block of the chain. */
export async function waitForIndex(context: StageContext, index: RunningIndex, client: ChainClient): Promise<void> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('index')
  const deadline = Date.now() + INDEX_TIMEOUT_MS
  const head = Number(await client.reader.getBlockNumber({ cacheTime: 0 }))
  let problem = 'it does not answer'
  while (Date.now() < deadline) {
    try {
      const { status } = await askIndex<{ status: { block: number } }>(index.graphql(), '{ status { block } }')
      index.answered()
      stage.note(`block ${status.block} of ${head}`)
      if (status.block >= head) {
        stage.done(`caught up at block ${status.block}`)
        return
      }
      problem = `it is at block ${status.block} of ${head}`
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    await Promise.race([sleep(50), index.child.ended])
    context.signal.throwIfAborted()
  }
  stage.failed()
  const seconds = INDEX_TIMEOUT_MS / 1000
  throw new NetworkError(
    { code: 'stage-timeout', stage: 'index', seconds, detail: problem },
    `Cannot bring the index up to the chain within ${seconds} s: ${problem}`,
    { hint: `its log is ${homePaths(context.home).log('index')}` },
  )
}

/** Asks a question that only a working index answers rightly. */
export async function runGraphqlStage(context: StageContext, index: RunningIndex): Promise<void> {
  const stage = context.progress.stage('graphql')
  const url = index.graphql()
  const query = 'query ($name: String!) { nodeIdentity(name: $name) { kind } }'
  for (const { name } of NODE_PLANS) {
    const answer = await askIndex<{ nodeIdentity: { kind: string } | null }>(url, query, { name })
    if (answer.nodeIdentity === null) {
      stage.failed()
      const problem = { code: 'index-incomplete', url, name } as const
      throw new NetworkError(problem, `Cannot use the index at ${url}: it does not know "${name}"`, {
        hint: 'begin anew with --fresh',
      })
    }
  }
  stage.done(url)
}
