import { setTimeout as sleep } from 'node:timers/promises'
import { NetworkError } from '../errors.ts'
import type { ChainClient } from '../onchain/client.ts'
import { askIndex } from '../onchain/index-client.ts'
import type { StageContext } from './chain-stage.ts'
import { homePaths } from './home.ts'
import { NODE_PLANS } from './node-homes.ts'
import type { RunningIndex } from './index-process.ts'
import { watchMovement } from './patience.ts'

/** The index is given up when it has neither taken a block nor, before its first answer, written to its log for so long. */
const INDEX_STILL_MS = 90_000

/** Waits until the index has seen the newest block of the chain, however long that takes while it gets further. */
export async function waitForIndex(context: StageContext, index: RunningIndex, client: ChainClient): Promise<void> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('index')
  const head = Number(await client.reader.getBlockNumber({ cacheTime: 0 }))
  let problem = 'it does not answer'
  let seen: number | undefined
  // Once it answers, only blocks count: an index that fails again and again also writes.
  const isStill = watchMovement({ stillMs: INDEX_STILL_MS, moved: () => seen ?? -1 - index.child.heardBytes() })
  while (!isStill()) {
    try {
      const status = await askStatus(index)
      index.answered()
      seen = Math.max(seen ?? 0, status.block)
      stage.note(`block ${status.block} of ${head}`)
      if (status.block >= head) {
        stage.done(`caught up at block ${status.block}`)
        return
      }
      problem = `it is at block ${status.block} of ${head}`
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    await Promise.race([sleep(100), index.child.ended])
    context.signal.throwIfAborted()
  }
  stage.failed()
  const seconds = INDEX_STILL_MS / 1000
  throw new NetworkError(
    { code: 'stage-timeout', stage: 'index', seconds, detail: problem },
    `Cannot bring the index up to the chain: nothing moved for ${seconds} s, ${problem}`,
    { hint: `its log is ${homePaths(context.home).log('index')}` },
  )
}

async function askStatus(index: RunningIndex): Promise<{ block: number }> {
  if (!index.isServing()) throw new Error('it does not serve yet')
  const { status } = await askIndex<{ status: { block: number } }>(index.graphql(), '{ status { block } }')
  return status
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
