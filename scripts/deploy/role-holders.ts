import { timelockAbi } from '@hyperware/deployments/abi'
import { BaseError, getAbiItem } from 'viem'
import type { Hex } from 'viem'
import { type Connection, findStartBlock } from './connection.ts'

const CHANGES = [
  getAbiItem({ abi: timelockAbi, name: 'RoleGranted' }),
  getAbiItem({ abi: timelockAbi, name: 'RoleRevoked' }),
] as const

/** Who holds a role. `known`: the node does not search that far back, so only accounts that were named were asked about. */
export type Holders = { of: 'all' | 'known'; accounts: readonly Hex[] }

/**
 * Who holds roles of a contract now: everybody whom its events name, or else the accounts in `known`, is asked about.
 * Roles cannot be listed otherwise.
 */
export async function readHolders(
  connection: Connection,
  input: { contract: Hex; roles: readonly Hex[]; known: readonly Hex[] },
): Promise<ReadonlyMap<Hex, Holders>> {
  const { contract, roles, known } = input
  const named = await findNamed(connection, contract)
  const asked = [...new Set([...known, ...(named ?? [])])]
  const of = named === undefined ? 'known' : 'all'
  const holds = (role: Hex, account: Hex) =>
    connection.reader.readContract({
      address: contract,
      abi: timelockAbi,
      functionName: 'hasRole',
      args: [role, account],
    })
  const rows = roles.map(async (role) => {
    const held = await Promise.all(asked.map((account) => holds(role, account)))
    return [role, { of, accounts: asked.filter((_, index) => held[index]).toSorted() }] as const
  })
  return new Map(await Promise.all(rows))
}

/** Every account that ever got or lost a role; undefined where the node refuses so long a search. */
async function findNamed(connection: Connection, address: Hex): Promise<readonly Hex[] | undefined> {
  try {
    const fromBlock = BigInt(await findStartBlock(connection, address))
    const logs = await connection.reader.getLogs({ address, events: CHANGES, fromBlock, strict: true })
    return logs.map(({ args }) => args.account)
  } catch (error) {
    if (error instanceof BaseError) return undefined
    throw error
  }
}
