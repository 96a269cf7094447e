import { deploymentOf } from '@hyperware/deployments'
import { formatTable, type CommandIo } from '../cli/io.ts'
import { callRpc } from './chain/anvil.ts'
import type { DevChain } from './chain.ts'
import { runChainStage, type StageContext } from './chain-stage.ts'
import { runInForeground, type ForegroundOptions, type Running } from './foreground.ts'
import { homePaths } from './home.ts'
import { startIndex } from './index-process.ts'
import { writeNetworkFile, type NetworkDescription } from './network-file.ts'
import { ensurePackages } from './packages.ts'

async function startNetwork(context: StageContext, running: Running): Promise<NetworkDescription> {
  const chain = await runChainStage(context)
  running.chain = chain
  // Loading the rest takes its time, and so does the index: it starts first where the chain has the contracts already.
  const loading = loadStages()
  loading.catch(() => undefined) // awaited below
  const early = (await hasHypermap(chain)) ? await startIndex(context, chain) : undefined
  running.index = early?.child
  const { runDeployStage, runSeedStage, waitForIndex, runGraphqlStage, startNodes, runNodesStage } = await loading
  const client = await runDeployStage(context, chain)
  // The index starts while names are minted: the public minter asks for a wait.
  const index = early ?? (await startIndex(context, chain))
  running.index = index.child
  const packages = homePaths(context.home).packages
  const packaging = ensurePackages(packages, (process) => context.progress.say(`built the process ${process}`))
  packaging.catch(() => undefined) // awaited below, when names are there
  await Promise.race([runSeedStage(context, client), index.child.ended])
  const endpoints = { client, graphql: index.graphql, packages }
  // Nodes start beside the index, and wait for it.
  let failed = false
  let begun: ReturnType<typeof startNodes> | undefined
  const starting = packaging.then(() => {
    if (failed) return []
    begun = startNodes(context, endpoints, (child) => running.nodes.push(child))
    return begun
  })
  starting.catch(() => undefined) // awaited below, when the index is there
  try {
    await waitForIndex(context, index, client)
    await runGraphqlStage(context, index)
    const nodes = await runNodesStage(context, await starting)
    return { ready: true, chain: { chainId: chain.chainId, rpcUrl: chain.rpcUrl }, graphql: index.graphql(), nodes }
  } catch (error) {
    failed = true
    await begun?.catch(() => undefined) // all that runs is known then, and can be stopped
    throw error
  }
}

async function loadStages() {
  const [stages, index, nodes] = await Promise.all([
    import('./stages.ts'),
    import('./index-stage.ts'),
    import('./node-stage.ts'),
  ])
  return { ...stages, ...index, ...nodes }
}

/** Whether the contracts were deployed by an earlier start, so that an index finds what it follows. */
async function hasHypermap({ chainId, rpcUrl }: DevChain): Promise<boolean> {
  const { address } = deploymentOf(chainId).contracts.Hypermap
  return (await callRpc(rpcUrl, 'eth_getCode', [address, 'latest'])) !== '0x'
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
    const { runDeployStage } = await import('./stages.ts')
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
