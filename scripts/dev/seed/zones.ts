import { encodeFunctionData } from 'viem'
import { osMinterAbi } from '@hyperware/deployments/abi'
import { mintTlz } from '../../deploy/mint-tlz.ts'
import type { ChainClient } from '../../onchain/client.ts'
import { devAccount } from '../../onchain/signers.ts'
import { ZONE_OWNER } from './figures.ts'

/**
 * Mints the three zones that do not exist yet: `os` with the public minter that nodes get their names from, `hypr` and
 * `eth` with plain accounts, whose owner mints.
 */
export async function ensureZones(client: ChainClient): Promise<void> {
  const { OsMinter, HyperAccount } = client.deployment.contracts
  const to = devAccount(ZONE_OWNER).address
  const initialization = encodeFunctionData({ abi: osMinterAbi, functionName: 'initialize' })
  await mintTlz(client, { label: 'os', to, implementation: OsMinter.address, initialization })
  for (const label of ['hypr', 'eth']) {
    await mintTlz(client, { label, to, implementation: HyperAccount.address, initialization: '0x' })
  }
}
