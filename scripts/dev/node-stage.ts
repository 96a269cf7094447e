import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { NetworkError } from '../errors.ts'
import { homePaths } from './home.ts'
import type { RunningNode } from './network-file.ts'
import type { ChainClient } from '../onchain/client.ts'
import { ensurePassword, NODE_PLANS, refreshNotes, type NodePlan } from './node-homes.ts'
import { isPortFree, takeFreePort } from './ports.ts'
import type { StageContext } from './stages.ts'
import { supervise, type Child } from './supervisor.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE_HTTP_PORT = 8080
const NODE_TIMEOUT_MS = 60_000
/** Starts that may fail before the first success: a free port may be taken by another program just before us. */
const START_TRIES = 3

type Endpoints = { client: ChainClient; graphql: string; packages: string }

type ReadyLine = { ready: true; name: string; url: string }

function parseReadyLine(line: string): ReadyLine | undefined {
  try {
    const value = JSON.parse(line) as Partial<ReadyLine> | null
    return value?.ready === true && typeof value.url === 'string' ? (value as ReadyLine) : undefined
  } catch {
    return undefined // not the line we wait for
  }
}

async function startNode(
  context: StageContext,
  plan: NodePlan,
  endpoints: Endpoints,
  onChild: (child: Child) => void,
): Promise<RunningNode> {
  const { home } = context
  const nodeHome = homePaths(home).node(plan.name)
  let port = await takeFreePort(NODE_HTTP_PORT, context.takenPorts)
  context.signal.throwIfAborted()
  const password = ensurePassword(home, plan.name)
  let starts = 0
  let ready = false
  // Before a restart, whatever another program has taken meanwhile is replaced.
  const command = async () => {
    starts += 1
    if (starts > 1) {
      const { takenPorts } = context
      const changes = await refreshNotes(endpoints.client, { home, plan, newKey: undefined, takenPorts })
      for (const change of changes) context.progress.say(change)
      if (!(await isPortFree(port))) port = await takeFreePort(NODE_HTTP_PORT, context.takenPorts)
    }
    const flags = ['--home', nodeHome, '--rpc', endpoints.client.rpcUrl, '--graphql', endpoints.graphql]
    const limits = ['--http-port', String(port), '--max-passthroughs', String(plan.maxPassthroughs)]
    return [process.execPath, 'node/main.ts', ...flags, ...limits, '--packages', endpoints.packages, '--json']
  }
  let announce: (url: string) => void
  const url = new Promise<string>((resolve) => {
    announce = resolve
  })
  const child = supervise(
    {
      name: plan.name,
      command,
      env: { HYPERWARE_PASSWORD: password },
      cwd: ROOT,
      logFile: homePaths(home).log(plan.name),
      onLine: (line) => {
        const answer = parseReadyLine(line)
        if (answer === undefined) return
        ready = true
        announce(answer.url)
      },
      // Before it ever ran, a refusal to boot is for whoever started the network; later, it may pass by itself.
      isFinal: () => !ready && starts >= START_TRIES,
    },
    context.processes,
    context.onNews,
  )
  onChild(child)
  const late = sleep(NODE_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    const seconds = NODE_TIMEOUT_MS / 1000
    const problem = { code: 'stage-timeout', stage: 'nodes', seconds, detail: plan.name } as const
    throw new NetworkError(problem, `Cannot start ${plan.name}: it was not ready within ${seconds} s`, {
      hint: `its log is ${homePaths(home).log(plan.name)}`,
    })
  })
  late.catch(() => undefined) // it only matters while it is raced below
  const found = await Promise.race([url, child.ended.then(() => ''), late])
  return { name: plan.name, url: found, password, home: nodeHome }
}

/** Starts all nodes beside each other; `onChild` hears of each process, so that it can be stopped whatever follows. */
export async function runNodesStage(
  context: StageContext,
  endpoints: Endpoints,
  onChild: (child: Child) => void,
): Promise<RunningNode[]> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('nodes')
  stage.note(NODE_PLANS.map(({ name }) => name).join(', '))
  try {
    const nodes = await Promise.all(NODE_PLANS.map((plan) => startNode(context, plan, endpoints, onChild)))
    stage.done(nodes.map(({ name }) => name).join(', '))
    return nodes
  } catch (error) {
    stage.failed()
    throw error
  }
}
