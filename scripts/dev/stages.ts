import type { Name } from '@hyperware/protocol'
import { NetworkError } from '../errors.ts'
import { deploySteps } from '../deploy/deploy.ts'
import { connectChain, type ChainClient } from '../onchain/client.ts'
import { findEntry } from '../onchain/entries.ts'
import { chainFolder, DEV_CHAIN_PORT, startChain, type ChainLog, type DevChain } from './chain.ts'
import { ensureKeyFile, firstNotes, NODE_PLANS, readNetKey, refreshNotes } from './node-homes.ts'
import { takeFreePort } from './ports.ts'
import type { ProcessList } from './processes.ts'
import type { Progress } from './progress.ts'
import { seed, type SeedNode } from './seed/seed.ts'
import type { SupervisorNews } from './supervisor.ts'

/** What the stages share. `takenPorts` are given out but perhaps not listened on yet. */
export type StageContext = {
  home: string
  progress: Progress
  processes: ProcessList
  takenPorts: Set<number>
  onNews: SupervisorNews
  log: ChainLog
  /** Aborted when everything is to stop. */
  signal: AbortSignal
}

/** On the port asked for, or else on the first free one: a free port may be taken by another program just before us. */
async function startChainOnPort(context: StageContext, asked: number | undefined): Promise<DevChain> {
  for (;;) {
    const port = asked ?? (await takeFreePort(DEV_CHAIN_PORT, context.takenPorts))
    try {
      return await startChain({
        dir: chainFolder(context.home),
        port,
        log: context.log,
        onProcess: (pid) => context.processes.add('anvil', pid),
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      if (asked === undefined) continue
      throw new NetworkError({ code: 'port-taken', port }, `Cannot listen on port ${port}: another program does`, {
        hint: 'choose another --port, or none for the first free one',
        cause: error,
      })
    }
  }
}

export async function runChainStage(context: StageContext, port?: number): Promise<DevChain> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('chain')
  try {
    const chain = await startChainOnPort(context, port)
    stage.done(`id ${chain.chainId} at ${chain.rpcUrl}`)
    return chain
  } catch (error) {
    stage.failed()
    throw error
  }
}

export async function runDeployStage(context: StageContext, chain: DevChain): Promise<ChainClient> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('deploy')
  try {
    let placed = 0
    await deploySteps({
      rpcUrl: chain.rpcUrl,
      report: (step, state) => {
        stage.note(step)
        if (state === 'deployed') placed++
      },
    })
    stage.done(placed === 0 ? 'contracts as recorded' : 'contracts deployed, as recorded in deployments/')
    return await connectChain(chain.rpcUrl)
  } catch (error) {
    stage.failed()
    throw error
  }
}

/** Key files, zones, trees and names. Key files are made while the commitments ripen. */
export async function runSeedStage(context: StageContext, client: ChainClient): Promise<void> {
  context.signal.throwIfAborted()
  const stage = context.progress.stage('seed')
  const { home, takenPorts } = context
  try {
    const known = new Set<Name>()
    for (const plan of NODE_PLANS) if ((await findEntry(client, plan.name)) !== undefined) known.add(plan.name)
    const making = new Map(NODE_PLANS.map((plan) => [plan.name, ensureKeyFile(home, plan)]))
    for (const promise of making.values()) promise.catch(() => undefined) // awaited below, by whoever needs the key

    const minted = NODE_PLANS.map((plan): SeedNode => {
      const writes = async () => {
        const netKey = (await making.get(plan.name)) ?? (await readNetKey(home, plan)) // left by a start that was cut off
        return await firstNotes(plan, netKey, takenPorts)
      }
      return { name: plan.name, owner: plan.owner, writes }
    })
    await seed(client, minted, (what) => stage.note(what))
    for (const plan of NODE_PLANS.filter(({ name }) => known.has(name))) {
      const newKey = await making.get(plan.name)
      for (const change of await refreshNotes(client, { home, plan, newKey, takenPorts })) context.progress.say(change)
    }
    stage.done(known.size === NODE_PLANS.length ? 'names are there' : 'trees of the paper, and three names for nodes')
  } catch (error) {
    stage.failed()
    throw error
  }
}
