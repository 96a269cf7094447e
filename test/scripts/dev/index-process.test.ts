import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StageContext } from '../../../scripts/dev/chain-stage.ts'
import { type RunningIndex, startIndex } from '../../../scripts/dev/index-process.ts'
import { waitForIndex } from '../../../scripts/dev/index-stage.ts'
import { openProcessList } from '../../../scripts/dev/processes.ts'
import { createProgress } from '../../../scripts/dev/progress.ts'
import { connectChain } from '../../../scripts/onchain/client.ts'
import { type TestChain, startChain } from '../../indexer/network/chain.ts'
import { openFront } from '../../indexer/network/front.ts'
import { SEVERAL_STARTS } from '../../indexer/network/indexer.ts'

vi.setConfig(SEVERAL_STARTS)

const home = mkdtempSync(join(tmpdir(), 'hyperware-index-process-'))
let chain: TestChain
let index: RunningIndex | undefined
let stranger: Server | undefined

beforeAll(async () => {
  chain = await startChain()
})

afterAll(async () => {
  await index?.child.stop(1_000)
  stranger?.closeAllConnections()
  stranger?.close()
  await chain?.stop()
  rmSync(home, { recursive: true, force: true })
})

test('an index of another network that takes the port just before ours is not taken for ours', async () => {
  const said: string[] = []
  const news: string[] = []
  const context: StageContext = {
    home,
    progress: createProgress({ write: (text) => said.push(text), isTerminal: false, columns: 200 }, () => 0),
    processes: openProcessList(join(home, 'processes.json'), (problem) => said.push(problem)),
    takenPorts: new Set(),
    onNews: ({ how, lastWords }) => news.push(`${how}: ${lastWords}`),
    log: () => undefined,
    signal: new AbortController().signal,
  }
  let asked = 0
  /** Answers as an index that is far ahead, from when ours has found its port free and has not come to listen there. */
  const beAhead = async () => {
    if (stranger !== undefined || index === undefined) return
    stranger = createServer((_request, response) => {
      asked += 1
      response.end(JSON.stringify({ data: { status: { block: 1_000_000 } } }))
    })
    await once(stranger.listen(Number(new URL(index.graphql()).port), '127.0.0.1'), 'listening')
  }
  const front = await openFront(chain.rpcUrl, ({ method }) => (method === 'eth_chainId' ? undefined : beAhead()))
  index = await startIndex(context, { chainId: 31337, rpcUrl: front.url, wsUrl: '', port: 0, close: async () => {} })
  const first = index.graphql()
  await waitForIndex(context, index, await connectChain(chain.rpcUrl))
  front.close()
  const port = new URL(first).port
  expect(news[0]).toBe(
    `it ended with code 3: Cannot serve GraphQL on port ${port} of 127.0.0.1: another program listens there; Hint: choose another --port`,
  )
  expect(index.graphql()).not.toBe(first)
  expect(said.join('')).toContain(`caught up at block ${await chain.head()} `)
  expect(asked).toBe(0)
})
