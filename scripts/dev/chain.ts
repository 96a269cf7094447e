import { join } from 'node:path'
import { openDurableChain, type ChainLog } from './chain/durable-chain.ts'
import { openChainFront } from './chain/front.ts'

export type { ChainLog }

/** Chain id of every development chain of this project, and of the tools made for it. */
export const DEV_CHAIN_ID = 31337
export const DEV_CHAIN_PORT = 8545

/** A development chain that answers on `rpcUrl` (HTTP) and `wsUrl` (WebSocket) and forgets nothing it acknowledged. */
export type DevChain = { chainId: number; rpcUrl: string; wsUrl: string; port: number; close: () => Promise<void> }

/** Where a network home keeps its chain. */
export const chainFolder = (home: string) => join(home, 'chain')

/**
 * Starts the development chain kept in `dir`, or a new one, on 127.0.0.1.
 *
 * @param input.port 0 for any free port.
 * @throws ChainError (see `openDurableChain`); a plain `EADDRINUSE` error when the port is taken.
 */
export async function startChain(input: {
  dir: string
  port: number
  log: ChainLog
  onProcess?: (pid: number) => void
}): Promise<DevChain> {
  const { dir, log } = input
  const chain = await openDurableChain({ dir, chainId: DEV_CHAIN_ID, log, onProcess: input.onProcess ?? (() => {}) })
  try {
    const front = await openChainFront({ chain, port: input.port, log })
    return {
      chainId: DEV_CHAIN_ID,
      rpcUrl: `http://127.0.0.1:${front.port}`,
      wsUrl: `ws://127.0.0.1:${front.port}`,
      port: front.port,
      close: async () => {
        await front.close()
        await chain.close()
      },
    }
  } catch (error) {
    await chain.close()
    throw error
  }
}
