import { resolve } from 'node:path'
import type { CommandIo } from '../cli/io.ts'
import { chainFolder } from '../dev/chain.ts'
import { restorePreviousState } from '../dev/chain/state-file.ts'
import { lockHome } from '../dev/home.ts'
import { runChainNetwork } from '../dev/network.ts'
import type { ChainRunOptions } from './chain.ts'

/** `chain run`. */
export async function runChainAlone(io: CommandIo, options: ChainRunOptions): Promise<void> {
  await runChainNetwork(io, { home: options.home, port: options.port, json: options.json === true })
}

/** `chain restore`. The home is locked meanwhile, so that no running chain writes over it. */
export function restoreChain(io: CommandIo, home: string): void {
  const lock = lockHome(home)
  try {
    const { block, savedAt } = restorePreviousState(chainFolder(resolve(home)))
    io.out(`the chain goes on from block ${block}, saved at ${new Date(savedAt * 1000).toISOString()}`)
  } finally {
    lock.release()
  }
}
