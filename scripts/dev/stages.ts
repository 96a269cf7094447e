import type { Name } from '@hyperware/protocol'
import { deploySteps } from '../deploy/deploy.ts'
import { connectChain, type ChainClient } from '../onchain/client.ts'
import { findEntry } from '../onchain/entries.ts'
import type { DevChain } from './chain.ts'
import type { StageContext } from './chain-stage.ts'
import { ensureKeyFile, firstNotes, NODE_PLANS, readNetKey, refreshNotes } from './node-homes.ts'
import { seed, type SeedNode } from './seed/seed.ts'

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
