import { formatTable, type CommandIo } from '../cli/io.ts'
import type { DevChain } from './chain.ts'
import { runInForeground, type ForegroundOptions, type Running } from './foreground.ts'
import { homePaths } from './home.ts'
import { startIndex, waitForIndex, runGraphqlStage } from './index-stage.ts'
import { writeNetworkFile, type NetworkDescription } from './network-file.ts'
import { runNodesStage } from './node-stage.ts'
import { ensurePackages } from './packages.ts'
import { runChainStage, runDeployStage, runSeedStage, type StageContext } from './stages.ts'

async function startNetwork(context: StageContext, running: Running): Promise<NetworkDescription> {
  const chain = await runChainStage(context)
  running.chain = chain
  const client = await runDeployStage(context, chain)
  // The index starts while names are minted: it takes its time to load, and the public minter asks for a wait.
  const index = await startIndex(context, chain)
  running.index = index.child
  const packages = homePaths(context.home).packages
  const packaging = ensurePackages(packages, (process) => context.progress.say(`built the process ${process}`))
  packaging.catch(() => undefined) // awaited below, when names are there
  await Promise.race([runSeedStage(context, client), index.child.ended])
  await waitForIndex(context, index, client)
  await runGraphqlStage(context, index)
  await packaging
  const endpoints = { client, graphql: index.graphql(), packages }
  const nodes = await runNodesStage(context, endpoints, (child) => running.nodes.push(child))
  return { ready: true, chain: { chainId: chain.chainId, rpcUrl: chain.rpcUrl }, graphql: endpoints.graphql, nodes }
}

function formatSummary(description: NetworkDescription, home: string): string[] {
  return [
    '',
    ...formatTable([
      ['chain', description.chain.rpcUrl, `chain id ${description.chain.chainId}`],
      ['graphql', description.graphql, 'with an explorer page'],
      ...description.nodes.map((node) => [node.name, node.url, `password ${node.password}`]),
    ]),
    '',
    'Greet   npm run hyperware -- hi robin-home.os',
    `Logs    ${homePaths(home).logs}`,
    'Ctrl-C stops everything; the next start goes on from here.',
  ]
}

/**
 * Starts a development network and keeps it running until a signal asks to stop.
 *
 * @throws NetworkError when the home is in use or unusable, or a stage fails; ChainError, DeployError, CommandError of
 *   the stages. Whatever was running then has been stopped, and nothing is lost.
 */
export async function runNetwork(io: CommandIo, options: ForegroundOptions): Promise<void> {
  const onStarted = (description: NetworkDescription, { home }: StageContext) => {
    writeNetworkFile(home, description)
    if (options.json) io.out(JSON.stringify(description))
    else for (const line of formatSummary(description, home)) io.out(line)
  }
  await runInForeground({ io, start: startNetwork, onStarted }, options)
}

/** The chain alone, with the contracts deployed. */
export async function runChainNetwork(
  io: CommandIo,
  options: { home: string; port: number | undefined; json: boolean },
): Promise<void> {
  const start = async (context: StageContext, running: Running): Promise<DevChain> => {
    const chain = await runChainStage(context, options.port)
    running.chain = chain
    await runDeployStage(context, chain)
    return chain
  }
  const onStarted = ({ chainId, rpcUrl }: DevChain) => {
    io.out(
      options.json ? JSON.stringify({ ready: true, chain: { chainId, rpcUrl } }) : `${rpcUrl}  chain id ${chainId}`,
    )
  }
  await runInForeground({ io, start, onStarted }, { ...options, fresh: false, quiet: false })
}
