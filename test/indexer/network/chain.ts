import { hyperAccountAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { deploymentOf } from '@hyperware/deployments'
import { type Hex, type Namehash, ROOT_NAMEHASH, childNamehash } from '@hyperware/protocol'
import { encodeFunctionData, stringToHex } from 'viem'
import { createDevClient, sendAndWait } from '../../../scripts/deploy/client.ts'
import { deploySteps } from '../../../scripts/deploy/deploy.ts'
import { startAnvil } from '../../../scripts/dev/chain/anvil.ts'

export const CHAIN_ID = 31337

/** An entry that the chain's first account owns and writes to. */
export type Owned = { namehash: Namehash; tba: Hex }

/** A fresh chain with the contracts on it, and hands to write to it. */
export type TestChain = Awaited<ReturnType<typeof startChain>>

export async function startChain() {
  const anvil = await startAnvil({ chainId: CHAIN_ID })
  const { rootTba, admin } = await deploySteps({ rpcUrl: anvil.url })
  const client = createDevClient(anvil.url)
  const { Hypermap, HyperAccount } = deploymentOf(CHAIN_ID).contracts
  const hypermap = { address: Hypermap.address, abi: hypermapAbi } as const

  /** Makes the account of `entry` call Hypermap. */
  async function act(entry: Owned, data: Hex): Promise<void> {
    const execute = { abi: hyperAccountAbi, functionName: 'execute', args: [Hypermap.address, 0n, data, 0] } as const
    await sendAndWait(client, { step: 'test', to: entry.tba, data: encodeFunctionData(execute) })
  }

  const root: Owned = { namehash: ROOT_NAMEHASH, tba: rootTba }
  return {
    rpcUrl: anvil.url,
    admin,
    root,
    hypermap: Hypermap.address,
    call: anvil.call,
    head: async () => Number(await anvil.call('eth_blockNumber')),
    stop: anvil.stop,

    async mint(parent: Owned, label: string): Promise<Owned> {
      const args = [admin, stringToHex(label), '0x', HyperAccount.address] as const
      await act(parent, encodeFunctionData({ abi: hypermapAbi, functionName: 'mint', args }))
      const namehash = childNamehash(parent.namehash, label)
      return { namehash, tba: await client.readContract({ ...hypermap, functionName: 'tbaOf', args: [namehash] }) }
    },
    note: (entry: Owned, label: string, data: Hex) =>
      act(entry, encodeFunctionData({ abi: hypermapAbi, functionName: 'note', args: [stringToHex(label), data] })),
    fact: (entry: Owned, label: string, data: Hex) =>
      act(entry, encodeFunctionData({ abi: hypermapAbi, functionName: 'fact', args: [stringToHex(label), data] })),
    gene: (entry: Owned, gene: Hex) =>
      act(entry, encodeFunctionData({ abi: hypermapAbi, functionName: 'gene', args: [gene] })),
    async transfer(entry: Owned, to: Hex): Promise<void> {
      const args = [admin, to, BigInt(entry.namehash)] as const
      const data = encodeFunctionData({ abi: hypermapAbi, functionName: 'transferFrom', args })
      await sendAndWait(client, { step: 'test', to: Hypermap.address, data })
    },
  }
}
