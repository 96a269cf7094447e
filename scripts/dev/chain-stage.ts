import { NetworkError } from '../errors.ts'
import { chainFolder, DEV_CHAIN_PORT, startChain, type ChainLog, type DevChain } from './chain.ts'
import { takeFreePort } from './ports.ts'
import type { ProcessList } from './processes.ts'
import type { Progress } from './progress.ts'
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
