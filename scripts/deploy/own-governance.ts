import { hypermapAbi } from '@hyperware/deployments/abi'
import { zeroAddress } from 'viem'
import { codeAt, type Connection, telling } from './connection.ts'
import { DeployError } from './errors.ts'
import { GOVERNANCE_ENTRY, GOVERNANCE_LABEL, GOVERNOR_ROLES } from './governance-plan.ts'
import type { NetworkPlan } from './network-plan.ts'
import { readHolders } from './role-holders.ts'

/**
 * Makes sure that no other governance was begun in this namespace. Other terms have other addresses: going on with them
 * would pay for a second Governor, and perhaps leave both with power over one timelock.
 *
 * @throws DeployError `state-differs` with what there is and what was planned.
 */
export async function requireOwnGovernance(connection: Connection, plan: NetworkPlan): Promise<void> {
  await telling(connection.rpcUrl, 'look for governance', async () => {
    await requireOwnTimelock(connection, plan)
    await requireOwnGovernor(connection, plan)
  })
}

async function requireOwnTimelock(connection: Connection, { addresses }: NetworkPlan): Promise<void> {
  const { Hypermap: address = zeroAddress, Timelock = zeroAddress } = addresses
  if ((await codeAt(connection, address)) === '0x') return
  const call = { address, abi: hypermapAbi, functionName: 'get', args: [GOVERNANCE_ENTRY] } as const
  const [, owner] = await connection.reader.readContract(call)
  if (owner === zeroAddress || owner === Timelock) return
  throw begunOtherwise(`zone ${GOVERNANCE_LABEL}`, { field: 'owner', actual: owner, expected: Timelock })
}

async function requireOwnGovernor(connection: Connection, { addresses }: NetworkPlan): Promise<void> {
  const { Timelock: contract = zeroAddress, HyperwareGovernor = zeroAddress } = addresses
  if ((await codeAt(connection, contract)) === '0x') return
  const roles = Object.values(GOVERNOR_ROLES)
  const holders = await readHolders(connection, { contract, roles, known: [] })
  const strangers = [...holders.values()].flatMap(({ accounts }) =>
    accounts.filter((account) => account !== HyperwareGovernor),
  )
  const [actual] = strangers
  if (actual === undefined) return
  throw begunOtherwise('Timelock', { field: 'Governor', actual, expected: HyperwareGovernor })
}

function begunOtherwise(contract: string, found: { field: string; actual: string; expected: string }): DeployError {
  return new DeployError(
    { code: 'state-differs', contract, ...found },
    `Cannot deploy: ${found.field} of ${contract} is "${found.actual}", expected "${found.expected}"`,
    {
      hint: 'governance was begun here with another steward, treasury, proposers or other terms: give the same options as then',
    },
  )
}
