import { fileURLToPath } from 'node:url'
import type { Name } from '@hyperware/protocol'
import { NetworkError } from '../errors.ts'
import { homePaths } from './home.ts'
import { openKeptPort } from './kept-port.ts'
import type { RunningNode } from './network-file.ts'
import type { ChainClient } from '../onchain/client.ts'
import { ensurePassword, NODE_PLANS, refreshNotes, type NodePlan } from './node-homes.ts'
import { waitWhileMoving } from './patience.ts'
import { signalGroup } from './processes.ts'
import type { StageContext } from './chain-stage.ts'
import { supervise, type Child } from './supervisor.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NODE_HTTP_PORT = 8080
/** A node that has not become ready is given up when it has written nothing to its log for so long. */
const NODE_STILL_MS = 60_000
/** Starts that may fail before the first success: a free port may be taken by another program just before us. */
const START_TRIES = 3
/** Nodes boot while the index does, and wait for it; whether it gets further is watched by its own stage. */
const INDEX_PATIENCE_SECONDS = 3_600

/** `graphql` may change until the index has answered for the first time. */
type Endpoints = { client: ChainClient; graphql: () => string; packages: string }

/** A node that is on its way. */
type StartingNode = {
  name: Name
  /** Its page, once it is ready. */
  url: Promise<string>
  /** Begins again when it was told of another index than there is now. */
  checkIndex: () => void
  heardBytes: () => number
  running: Omit<RunningNode, 'url'>
}

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
): Promise<StartingNode> {
  const { home } = context
  const nodeHome = homePaths(home).node(plan.name)
  const port = await openKeptPort(NODE_HTTP_PORT, context.takenPorts)
  context.signal.throwIfAborted()
  const password = ensurePassword(home, plan.name)
  let starts = 0
  let ready = false
  let told = ''
  // Before a restart, whatever another program has taken meanwhile is replaced, apart from the address of the page of a
  // node that was ready: others were told of it, and would log in at whatever listens there.
  const command = async () => {
    starts += 1
    if (starts > 1) {
      const { takenPorts } = context
      const changes = await refreshNotes(endpoints.client, { home, plan, newKey: undefined, takenPorts })
      for (const change of changes) context.progress.say(change)
    }
    const httpPort = await port.forStart()
    told = endpoints.graphql()
    const flags = ['--home', nodeHome, '--rpc', endpoints.client.rpcUrl, '--graphql', told]
    const patience = ['--index-patience', String(INDEX_PATIENCE_SECONDS)]
    const limits = ['--http-port', String(httpPort), '--max-passthroughs', String(plan.maxPassthroughs)]
    const all = [...flags, ...patience, ...limits, '--packages', endpoints.packages, '--json']
    return [process.execPath, 'node/main.ts', ...all]
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
        port.keep()
        announce(answer.url)
      },
      // Before it ever ran, a refusal to boot is for whoever started the network; later, it may pass by itself.
      isFinal: () => !ready && starts >= START_TRIES,
    },
    context.processes,
    context.onNews,
  )
  onChild(child)
  return {
    name: plan.name,
    url: Promise.race([url, child.ended.then(() => '')]),
    checkIndex: () => {
      const pid = child.pid()
      if (pid !== undefined && told !== endpoints.graphql()) signalGroup(pid, 'SIGTERM')
    },
    heardBytes: child.heardBytes,
    running: { name: plan.name, password, home: nodeHome },
  }
}

/**
 * Starts all nodes beside each other, which then wait for the index; `onChild` hears of each process, so that it can be
 * stopped whatever follows.
 */
export async function startNodes(
  context: StageContext,
  endpoints: Endpoints,
  onChild: (child: Child) => void,
): Promise<StartingNode[]> {
  const nodes = await Promise.all(NODE_PLANS.map((plan) => startNode(context, plan, endpoints, onChild)))
  for (const { url } of nodes) url.catch(() => undefined) // whoever waits for the nodes hears of it
  return nodes
}

/** Waits until all nodes are ready, the index being so. */
export async function runNodesStage(context: StageContext, starting: StartingNode[]): Promise<RunningNode[]> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('nodes')
  stage.note(NODE_PLANS.map(({ name }) => name).join(', '))
  try {
    const nodes = await Promise.all(starting.map((node) => waitForNode(context, node)))
    stage.done(nodes.map(({ name }) => name).join(', '))
    return nodes
  } catch (error) {
    stage.failed()
    throw error
  }
}

async function waitForNode({ home, signal }: StageContext, node: StartingNode): Promise<RunningNode> {
  const { name, url, running } = node
  node.checkIndex()
  const ready = await waitWhileMoving(url, { stillMs: NODE_STILL_MS, moved: node.heardBytes }, signal)
  if (ready !== undefined) return { ...running, url: ready.value }
  const seconds = NODE_STILL_MS / 1000
  throw new NetworkError(
    { code: 'stage-timeout', stage: 'nodes', seconds, detail: name },
    `Cannot start ${name}: it is not ready, and has said nothing for ${seconds} s`,
    { hint: `its log is ${homePaths(home).log(name)}` },
  )
}
