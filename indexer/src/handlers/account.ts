import { hypermapAbi } from '@hyperware/deployments/abi/hypermap'
import { type Hex, type Namehash, tokenBoundAccount } from '@hyperware/protocol'
import type { Context } from 'ponder:registry'
import { readSettings } from '../../settings.ts'

const { deployment } = readSettings(process.env)

/**
 * The token-bound account of an entry. Where accounts share one dispatcher the address follows from the namehash alone;
 * the live contract has a proxy of its own for each entry, and is asked.
 */
export async function findTba({ client }: Pick<Context, 'client'>, namehash: Hex): Promise<Hex> {
  const { Hypermap, AccountDispatcher } = deployment.contracts
  if (AccountDispatcher === undefined) {
    const question = { functionName: 'tbaOf', args: [namehash] } as const
    return client.readContract({ abi: hypermapAbi, address: Hypermap.address, ...question })
  }
  return tokenBoundAccount({
    hypermap: Hypermap.address,
    dispatcher: AccountDispatcher.address,
    chainId: deployment.chainId,
    entry: namehash as Namehash, // from an indexed event parameter of 32 bytes
  })
}
