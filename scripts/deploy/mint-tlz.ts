import { deploymentOf } from '@hyperware/deployments'
import { hyperAccountAbi, hypermapAbi } from '@hyperware/deployments/abi'
import { childNamehash, type Namehash, ROOT_NAMEHASH } from '@hyperware/protocol'
import { encodeFunctionData, stringToHex, zeroAddress } from 'viem'
import type { Hex } from 'viem'
import { createDevClient, DEV_ADMIN_KEY, sendAndWait } from './client.ts'
import { DEV_CHAIN_ID } from './plan.ts'

export type TlzMint = {
  /** The zone's label, such as `os`. */
  label: string
  /** Owner of the zone. */
  to: Hex
  /** Code of the zone's account. */
  implementation: Hex
  /** Call data run on the new account, or `0x`. */
  initialization: Hex
}

export type Tlz = { namehash: Namehash; tba: Hex; minted: boolean }

/** Mints a top-level zone as the owner of the root entry, unless it exists. Only the root's account can mint one. */
export async function mintTlz(deps: { rpcUrl: string; adminKey?: Hex }, mint: TlzMint): Promise<Tlz> {
  const client = createDevClient(deps.rpcUrl, deps.adminKey ?? DEV_ADMIN_KEY)
  const hypermap = { address: deploymentOf(DEV_CHAIN_ID).contracts.Hypermap.address, abi: hypermapAbi } as const
  const namehash = childNamehash(ROOT_NAMEHASH, mint.label)
  const tbaOf = (entry: Hex) => client.readContract({ ...hypermap, functionName: 'tbaOf', args: [entry] })

  const existing = await tbaOf(namehash)
  if (existing !== zeroAddress) return { namehash, tba: existing, minted: false }
  const data = encodeMintTlz(hypermap.address, mint)
  await sendAndWait(client, { step: `mint zone ${mint.label}`, to: await tbaOf(ROOT_NAMEHASH), data })
  return { namehash, tba: await tbaOf(namehash), minted: true }
}

/** Call data with which the owner of the root has the root's account mint a zone. Pure. */
export function encodeMintTlz(hypermap: Hex, { label, to, implementation, initialization }: TlzMint): Hex {
  const args = [to, stringToHex(label), initialization, implementation] as const
  const mint = encodeFunctionData({ abi: hypermapAbi, functionName: 'mint', args })
  return encodeFunctionData({ abi: hyperAccountAbi, functionName: 'execute', args: [hypermap, 0n, mint, 0] })
}
