import { encodeFunctionData, zeroAddress, type Hex } from 'viem'
import { hyperAccountAbi, hypermapAbi, multicall3Abi } from '@hyperware/deployments/abi'
import { bytesToHex, namehash, splitName, utf8ToBytes, type EntryPath, type Name } from '@hyperware/protocol'
import { CommandError } from '../errors.ts'
import type { ChainClient } from './client.ts'

/** Data to write beneath an entry: `label` with its `~` or `!`. */
export type LabelledData = { label: string; data: Uint8Array }

/** A name as the chain knows it now. */
export type EntryState = { name: Name; tba: Hex; owner: Hex }

const CALL = 0
const DELEGATECALL = 1

export const hypermapOf = (client: ChainClient): Hex => client.deployment.contracts.Hypermap.address
const labelBytes = (label: string): Hex => bytesToHex(utf8ToBytes(label))

async function get(client: ChainClient, path: Name | EntryPath): Promise<{ tba: Hex; owner: Hex; data: Hex }> {
  const [tba, owner, data] = await client.reader.readContract({
    address: hypermapOf(client),
    abi: hypermapAbi,
    functionName: 'get',
    args: [namehash(path)],
  })
  return { tba, owner, data }
}

/** A name's account and owner, or undefined when it was never minted. */
export async function findEntry(client: ChainClient, name: Name): Promise<EntryState | undefined> {
  const { tba, owner } = await get(client, name)
  return tba === zeroAddress ? undefined : { name, tba, owner }
}

/** @throws CommandError `unknown-name`. */
export async function getEntry(client: ChainClient, name: Name): Promise<EntryState> {
  const entry = await findEntry(client, name)
  if (entry !== undefined) return entry
  throw new CommandError(
    { code: 'unknown-name', name },
    `Cannot find "${name}" on chain ${client.chainId}: it is not minted`,
    {
      hint: `mint it with "hyperware names mint ${name}"`,
    },
  )
}

/** The data of a note or fact, `0x` when there is none. */
export async function readData(client: ChainClient, path: EntryPath): Promise<Hex> {
  const { data } = await get(client, path)
  return data
}

/** Calldata that makes an entry's account call `target`; who sends it must own the entry. */
export function encodeExecute(target: Hex, data: Hex, operation: typeof CALL | typeof DELEGATECALL = CALL): Hex {
  return encodeFunctionData({ abi: hyperAccountAbi, functionName: 'execute', args: [target, 0n, data, operation] })
}

function encodeWrite({ label, data }: LabelledData): Hex {
  const args = [labelBytes(label), bytesToHex(data)] as const
  return label.startsWith('!')
    ? encodeFunctionData({ abi: hypermapAbi, functionName: 'fact', args })
    : encodeFunctionData({ abi: hypermapAbi, functionName: 'note', args })
}

/**
 * Calldata for an entry's account that writes all of these at once, through Multicall3 as live clients do
 * (onchain.md section 3.4); also what a mint takes as initialization.
 */
export function encodeWrites(client: ChainClient, writes: readonly LabelledData[]): Hex {
  const target = hypermapOf(client)
  const [only] = writes
  if (only !== undefined && writes.length === 1) return encodeExecute(target, encodeWrite(only))
  const calls = writes.map((write) => ({ target, callData: encodeWrite(write) }))
  const batch = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate', args: [calls] })
  return encodeExecute(client.deployment.contracts.Multicall3.address, batch, DELEGATECALL)
}

/** Calldata of `mint`, the same for Hypermap and for a zone's public minter. */
export function encodeMint(client: ChainClient, input: { name: Name; to: Hex; writes: readonly LabelledData[] }): Hex {
  const { name, to, writes } = input
  const initialization = writes.length === 0 ? '0x' : encodeWrites(client, writes)
  const implementation = client.deployment.contracts.HyperAccount.address
  const label = labelBytes(splitLabel(name).label)
  return encodeFunctionData({
    abi: hypermapAbi,
    functionName: 'mint',
    args: [to, label, initialization, implementation],
  })
}

/** The first label of a name, and the rest. @throws CommandError for the root, which has none. */
export function splitLabel(name: Name): { label: string; parent: Name } {
  const split = splitName(name)
  if (split !== undefined) return split
  throw new CommandError({ code: 'usage', argument: 'name', value: name }, 'Cannot mint the root: it exists already')
}
