import { hyperAccountPermissionedMinterAbi, hypermapAbi, hyprAbi, tokenRegistryAbi } from '@hyperware/deployments/abi'
import { ROOT_NAMEHASH } from '@hyperware/protocol'
import { formatEther, getAddress, pad, slice, zeroHash } from 'viem'
import type { Hex } from 'viem'
import { type Connection, telling } from './connection.ts'
import { DeployError } from './errors.ts'
import { ADMIN_ROLE } from './governance-plan.ts'
import { governanceRoles, holdersRow, knownAccounts } from './governance-roles.ts'
import type { NetworkPlan, PlannedZone } from './network-plan.ts'
import { DEV_CHAIN_ID, IMPLEMENTATION_SLOT } from './plan.ts'
import { readHolders } from './role-holders.ts'

/** Who may do what, or what something is made of. Without `expected` it is for information. */
export type RoleRow = { subject: string; role: string; actual: string; expected?: string }

/** Reads who holds which role in a deployment that is complete, as the chain has it now. */
export async function readRoles(connection: Connection, plan: NetworkPlan): Promise<readonly RoleRow[]> {
  return telling(connection.rpcUrl, 'read the roles', async () => {
    const [hypermap, token, governance, ...zones] = await Promise.all([
      hypermapRoles(connection, plan),
      tokenRoles(connection, plan),
      governanceRoles(connection, plan),
      ...plan.zones.map((zone) => zoneRoles(connection, plan, zone)),
    ])
    return [...hypermap, ...zones.flat(), ...token, ...governance]
  })
}

/**
 * Refuses when a role is not with whom phase 1 gives it to.
 *
 * @throws DeployError `roles-differ` with the rows.
 */
export function checkRoles(rows: readonly RoleRow[]): void {
  const wrong = rows.filter(({ actual, expected }) => expected !== undefined && actual !== expected)
  if (wrong.length === 0) return
  const told = wrong.map(
    ({ subject, role, actual, expected }) => `${role} of ${subject} is ${actual}, expected ${expected}`,
  )
  throw new DeployError(
    { code: 'roles-differ', rows: wrong },
    `Cannot vouch for the deployment: all contracts are there, but ${told.join('; ')}`,
    { hint: 'roles that were handed on since are fine; otherwise find out who changed them before anybody uses it' },
  )
}

async function hypermapRoles(connection: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const { reader } = connection
  const { Hypermap, HypermapImplementation, AccountDispatcher } = plan.addresses
  const contract = { address: Hypermap ?? zeroHash, abi: hypermapAbi } as const
  const [rootTba, rootOwner, admins, dispatcher, implementation] = await Promise.all([
    reader.readContract({ ...contract, functionName: 'tbaOf', args: [ROOT_NAMEHASH] }),
    reader.readContract({ ...contract, functionName: 'ownerOf', args: [0n] }),
    readHolders(connection, { contract: contract.address, roles: [ADMIN_ROLE], known: knownAccounts(plan) }),
    reader.readContract({ ...contract, functionName: 'ACCOUNT_DISPATCHER' }),
    implementationOf(connection, contract.address),
  ])
  const subject = 'Hypermap'
  const upgraders = admins.get(ADMIN_ROLE)
  const upgrader = keeperOf(plan, upgraders?.accounts ?? [])
  return [
    { subject, role: 'implementation', actual: implementation, expected: String(HypermapImplementation) },
    { subject, role: 'account dispatcher', actual: dispatcher, expected: String(AccountDispatcher) },
    holdersRow({ subject, role: 'upgrades', expected: [upgrader] }, upgraders),
    { subject: 'root entry', role: 'owner', actual: rootOwner, expected: keeperOf(plan, [rootOwner]) },
    { subject: 'root entry', role: 'account', actual: rootTba, expected: plan.rootTba },
  ]
}

/** Who keeps what is handed over: the timelock once it was asked for, or has been done before; until then the owner. */
function keeperOf({ input, addresses }: NetworkPlan, holders: readonly Hex[]): Hex {
  const { Timelock } = addresses
  if (Timelock === undefined) return input.owner
  return input.handOver === true || holders.includes(Timelock) ? Timelock : input.owner
}

/** On a development chain the zones were there before, and belong to others. */
async function zoneRoles(connection: Connection, plan: NetworkPlan, zone: PlannedZone): Promise<RoleRow[]> {
  const { reader } = connection
  const { owner, chainId } = plan.input
  const hypermap = plan.addresses.Hypermap ?? zeroHash
  const subject = `zone ${zone.label}`
  const [holder, implementation] = await Promise.all([
    reader.readContract({ address: hypermap, abi: hypermapAbi, functionName: 'ownerOf', args: [BigInt(zone.entry)] }),
    implementationOf(connection, zone.tba),
  ])
  const foreign = chainId === DEV_CHAIN_ID && zone.holder === owner
  const expecting = (expected: string) => (foreign ? {} : { expected })
  const [named] = Object.entries(plan.addresses).find(([, address]) => address === implementation) ?? [implementation]
  const rule = implementation === zone.implementation ? zone.rule : named
  const rows: RoleRow[] = [
    { subject, role: 'owner', actual: holder, ...expecting(zone.holder) },
    { subject, role: 'rule', actual: rule, ...expecting(zone.rule) },
  ]
  if (rule !== 'HyperAccountPermissionedMinter') return rows
  const allowance = await reader.readContract({
    address: zone.tba,
    abi: hyperAccountPermissionedMinterAbi,
    functionName: 'allowance',
    args: [owner],
  })
  return [...rows, { subject, role: `names that ${owner} may mint`, actual: String(allowance) }]
}

async function tokenRoles({ reader }: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const { Hypr, TokenRegistry, GovernanceHypr, Hypermap } = plan.addresses
  const token = { address: Hypr ?? zeroHash, abi: hyprAbi } as const
  const registry = { address: TokenRegistry ?? zeroHash, abi: tokenRegistryAbi } as const
  const { owner, minSecondsPerBlock } = plan.input
  const [supply, balance, hypr, votes, hypermap, seconds] = await Promise.all([
    reader.readContract({ ...token, functionName: 'totalSupply' }),
    reader.readContract({ ...token, functionName: 'balanceOf', args: [owner] }),
    reader.readContract({ ...registry, functionName: 'hypr' }),
    reader.readContract({ ...registry, functionName: 'gHypr' }),
    reader.readContract({ ...registry, functionName: 'hypermap' }),
    reader.readContract({ ...registry, functionName: 'minSecondsPerBlock' }),
  ])
  const subject = 'TokenRegistry'
  return [
    { subject: 'Hypr', role: 'supply', actual: formatEther(supply) },
    { subject: 'Hypr', role: `held by ${owner}`, actual: formatEther(balance) },
    { subject, role: 'token', actual: hypr, expected: String(Hypr) },
    { subject, role: 'votes', actual: votes, expected: String(GovernanceHypr) },
    { subject, role: 'namespace', actual: hypermap, expected: String(Hypermap) },
    { subject, role: 'least seconds per block', actual: String(seconds), expected: String(minSecondsPerBlock) },
  ]
}

async function implementationOf({ reader }: Connection, proxy: Hex): Promise<Hex> {
  const stored = await reader.getStorageAt({ address: proxy, slot: IMPLEMENTATION_SLOT })
  return getAddress(slice(pad(stored ?? '0x', { size: 32 }), 12))
}
