import { hyperwareGovernorAbi, phasesAbi, timelockAbi, typedProposalsAbi } from '@hyperware/deployments/abi'
import { ROOT_NAMEHASH } from '@hyperware/protocol'
import { formatEther, zeroAddress } from 'viem'
import type { Hex } from 'viem'
import type { Connection } from './connection.ts'
import { ADMIN_ROLE, GOVERNANCE_ENTRY, GOVERNOR_ROLES } from './governance-plan.ts'
import type { NetworkPlan } from './network-plan.ts'
import { type Holders, readHolders } from './role-holders.ts'
import type { RoleRow } from './roles.ts'

/** Who governs: the timelock's roles, the phases, and what the Governor was made with. */
export async function governanceRoles(connection: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const [timelock, phases, governor, typed] = await Promise.all([
    timelockRoles(connection, plan),
    phaseRoles(connection, plan),
    governorTerms(connection, plan),
    typedProposalsTerms(connection, plan),
  ])
  return [...timelock, ...phases, ...governor, ...typed]
}

/** Accounts that may well hold a role somewhere. */
export function knownAccounts({ input, governance, addresses, rootTba }: NetworkPlan): readonly Hex[] {
  const contracts = [addresses.Timelock, addresses.HyperwareGovernor, addresses.TypedProposals]
  const people = [input.owner, governance.steward, governance.treasury, ...governance.proposers]
  return [...new Set([...people, ...contracts, rootTba, zeroAddress].filter((account) => account !== undefined))]
}

/** One row for a role, with all its holders. */
export function holdersRow(
  row: { subject: string; role: string; expected: readonly Hex[] },
  holders: Holders | undefined,
): RoleRow {
  const { subject, role, expected } = row
  const list = (accounts: readonly Hex[]) => (accounts.length === 0 ? 'nobody' : accounts.toSorted().join(', '))
  const note = holders?.of === 'known' ? ', of those known' : ''
  return { subject, role: `${role}${note}`, actual: list(holders?.accounts ?? []), expected: list(expected) }
}

const at = (address: Hex | undefined): Hex => address ?? zeroAddress

async function timelockRoles(connection: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const [contract, governor] = [at(plan.addresses.Timelock), at(plan.addresses.HyperwareGovernor)]
  const roles = [...Object.values(GOVERNOR_ROLES), ADMIN_ROLE]
  const [holders, delay] = await Promise.all([
    readHolders(connection, { contract, roles, known: knownAccounts(plan) }),
    connection.reader.readContract({ address: contract, abi: timelockAbi, functionName: 'getMinDelay' }),
  ])
  const subject = 'Timelock'
  return [
    ...Object.entries(GOVERNOR_ROLES).map(([role, id]) =>
      holdersRow({ subject, role, expected: [governor] }, holders.get(id)),
    ),
    holdersRow({ subject, role: 'admin', expected: [contract] }, holders.get(ADMIN_ROLE)),
    { subject, role: 'seconds of delay', actual: String(delay), expected: String(plan.governance.timelockDelay) },
  ]
}

async function phaseRoles({ reader }: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const contract = { address: at(plan.addresses.Phases), abi: phasesAbi } as const
  const { governance } = plan
  const [phase, keeper, steward, treasury, timelock, length, listed] = await Promise.all([
    reader.readContract({ ...contract, functionName: 'phase' }),
    reader.readContract({ ...contract, functionName: 'keeper' }),
    reader.readContract({ ...contract, functionName: 'steward' }),
    reader.readContract({ ...contract, functionName: 'treasury' }),
    reader.readContract({ ...contract, functionName: 'timelock' }),
    reader.readContract({ ...contract, functionName: 'listLength' }),
    Promise.all(
      governance.proposers.map((account) =>
        reader.readContract({ ...contract, functionName: 'isListed', args: [account] }),
      ),
    ),
  ])
  const subject = 'Phases'
  const others = length - BigInt(listed.filter(Boolean).length)
  const names = governance.proposers.filter((_, index) => listed[index])
  return [
    { subject, role: 'phase', actual: String(phase) },
    { subject, role: 'keeper', actual: keeper },
    { subject, role: 'steward', actual: steward, expected: governance.steward },
    { subject, role: 'treasury', actual: treasury, expected: governance.treasury },
    { subject, role: 'timelock', actual: timelock, expected: at(plan.addresses.Timelock) },
    {
      subject,
      role: 'proposers in phase 2',
      actual: [...names, ...(others > 0n ? [`${others} more`] : [])].join(', '),
      expected: governance.proposers.join(', '),
    },
  ]
}

async function governorTerms({ reader }: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const contract = { address: at(plan.addresses.HyperwareGovernor), abi: hyperwareGovernorAbi } as const
  const { addresses, governance } = plan
  const [token, timelock, phases, typed, delay, period, threshold, quorum] = await Promise.all([
    reader.readContract({ ...contract, functionName: 'token' }),
    reader.readContract({ ...contract, functionName: 'timelock' }),
    reader.readContract({ ...contract, functionName: 'phases' }),
    reader.readContract({ ...contract, functionName: 'typedProposals' }),
    reader.readContract({ ...contract, functionName: 'votingDelay' }),
    reader.readContract({ ...contract, functionName: 'votingPeriod' }),
    reader.readContract({ ...contract, functionName: 'proposalThreshold' }),
    reader.readContract({ ...contract, functionName: 'quorumNumerator' }),
  ])
  const subject = 'HyperwareGovernor'
  return [
    { subject, role: 'votes', actual: token, expected: at(addresses.GovernanceHypr) },
    { subject, role: 'timelock', actual: timelock, expected: at(addresses.Timelock) },
    { subject, role: 'phases', actual: phases, expected: at(addresses.Phases) },
    { subject, role: 'typed proposals', actual: typed, expected: at(addresses.TypedProposals) },
    { subject, role: 'blocks before voting', actual: String(delay), expected: String(governance.votingDelay) },
    { subject, role: 'blocks for voting', actual: String(period), expected: String(governance.votingPeriod) },
    {
      subject,
      role: 'votes to propose',
      actual: formatEther(threshold),
      expected: formatEther(governance.proposalThreshold * 100n),
    },
    { subject, role: 'percent of quorum', actual: String(quorum), expected: String(governance.quorum) },
  ]
}

async function typedProposalsTerms({ reader }: Connection, plan: NetworkPlan): Promise<RoleRow[]> {
  const contract = { address: at(plan.addresses.TypedProposals), abi: typedProposalsAbi } as const
  const { addresses } = plan
  const [governor, hypr, hypermap, phases, root, documents] = await Promise.all([
    reader.readContract({ ...contract, functionName: 'governor' }),
    reader.readContract({ ...contract, functionName: 'hypr' }),
    reader.readContract({ ...contract, functionName: 'hypermap' }),
    reader.readContract({ ...contract, functionName: 'phases' }),
    reader.readContract({ ...contract, functionName: 'rootEntry' }),
    reader.readContract({ ...contract, functionName: 'governanceEntry' }),
  ])
  const subject = 'TypedProposals'
  return [
    { subject, role: 'governor', actual: governor, expected: at(addresses.HyperwareGovernor) },
    { subject, role: 'token of auctions', actual: hypr, expected: at(addresses.Hypr) },
    { subject, role: 'namespace', actual: hypermap, expected: at(addresses.Hypermap) },
    { subject, role: 'phases', actual: phases, expected: at(addresses.Phases) },
    { subject, role: 'entry of zones', actual: root, expected: ROOT_NAMEHASH },
    { subject, role: 'entry of documents', actual: documents, expected: GOVERNANCE_ENTRY },
  ]
}
