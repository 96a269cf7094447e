import { hypermapAbi, hyperwareGovernorAbi, phasesAbi, timelockAbi } from '@hyperware/deployments/abi'
import { hyperwareGovernorBytecode, phasesBytecode, timelockBytecode } from '@hyperware/deployments/bytecode'
import { childNamehash, type Namehash, ROOT_NAMEHASH } from '@hyperware/protocol'
import { encodeDeployData, encodeFunctionData, getContractAddress, keccak256, stringToHex, toHex, zeroHash } from 'viem'
import type { Hex } from 'viem'
import { word } from './create2.ts'
import { typicalGas } from './gas-figures.ts'
import type { GovernanceTerms } from './governance-terms.ts'
import type { Add, DeployStep } from './steps.ts'

/** The zone under which adopted documents become facts. The timelock owns it from its mint on. */
export const GOVERNANCE_LABEL = 'gov'
export const GOVERNANCE_ENTRY: Namehash = childNamehash(ROOT_NAMEHASH, GOVERNANCE_LABEL)

/** Roles of the timelock that the Governor, and nobody else, has. */
export const GOVERNOR_ROLES = {
  proposer: keccak256(stringToHex('PROPOSER_ROLE')),
  canceller: keccak256(stringToHex('CANCELLER_ROLE')),
  executor: keccak256(stringToHex('EXECUTOR_ROLE')),
} as const satisfies Record<string, Hex>

/** Who may give and take roles: of the timelock in the end only itself, of Hypermap whoever may upgrade it. */
export const ADMIN_ROLE: Hex = zeroHash

export type GovernanceAddresses = Record<'Timelock' | 'Phases' | 'HyperwareGovernor' | 'TypedProposals', Hex>

type Arguments = { hypermap: Hex; votes: Hex; owner: Hex; terms: GovernanceTerms }

/** Timelock, with the owner as admin for now, phases and Governor. Pure, but for the list. */
export function addGovernance({ hypermap, votes, owner, terms }: Arguments, add: Add): GovernanceAddresses {
  const bytecode = '0x' // leaves the encoded arguments alone
  const timelockArguments = [BigInt(terms.timelockDelay), [], [], owner] as const
  const Timelock = add(
    'Timelock',
    timelockBytecode,
    encodeDeployData({ abi: timelockAbi, bytecode, args: timelockArguments }),
  )
  const phasesArguments = [Timelock, terms.steward, terms.treasury, terms.proposers] as const
  const Phases = add('Phases', phasesBytecode, encodeDeployData({ abi: phasesAbi, bytecode, args: phasesArguments }))
  const config = {
    token: votes,
    timelock: Timelock,
    hypermap,
    phases: Phases,
    rootEntry: ROOT_NAMEHASH,
    governanceEntry: GOVERNANCE_ENTRY,
    votingDelay: terms.votingDelay,
    votingPeriod: terms.votingPeriod,
    proposalThreshold: terms.proposalThreshold,
    quorumNumerator: BigInt(terms.quorum),
  }
  const HyperwareGovernor = add(
    'HyperwareGovernor',
    hyperwareGovernorBytecode,
    encodeDeployData({ abi: hyperwareGovernorAbi, bytecode, args: [config] }),
  )
  // Made by the Governor's constructor, as its first contract.
  return {
    Timelock,
    Phases,
    HyperwareGovernor,
    TypedProposals: getContractAddress({ from: HyperwareGovernor, nonce: 1n }),
  }
}

/** The Governor gets its roles, then the owner gives up the administration of the timelock. Pure. */
export function roleSteps(
  { Timelock, HyperwareGovernor }: Pick<GovernanceAddresses, 'Timelock' | 'HyperwareGovernor'>,
  owner: Hex,
): readonly DeployStep[] {
  const grants = Object.entries(GOVERNOR_ROLES).map(([name, role]) =>
    grantStep(`${name} of the timelock`, { contract: Timelock, role, account: HyperwareGovernor }),
  )
  return [...grants, renounceStep('admin of the timelock', { contract: Timelock, role: ADMIN_ROLE, account: owner })]
}

/** The end of phase 1 for the owner: the right to upgrade Hypermap, and the root entry, go to the timelock. Pure. */
export function handOverSteps({
  hypermap,
  owner,
  timelock,
}: {
  hypermap: Hex
  owner: Hex
  timelock: Hex
}): readonly DeployStep[] {
  const upgrade = { contract: hypermap, role: ADMIN_ROLE }
  const args = [owner, timelock, BigInt(ROOT_NAMEHASH)] as const
  return [
    grantStep('upgrades to the timelock', { ...upgrade, account: timelock }),
    {
      id: 'root entry to the timelock',
      address: hypermap,
      done: {
        kind: 'answer',
        to: hypermap,
        data: encodeFunctionData({ abi: hypermapAbi, functionName: 'ownerOf', args: [BigInt(ROOT_NAMEHASH)] }),
        expected: word(timelock),
      },
      transaction: {
        to: hypermap,
        data: encodeFunctionData({ abi: hypermapAbi, functionName: 'safeTransferFrom', args }),
      },
      typicalGas: typicalGas('transfer'),
    },
    renounceStep('upgrades renounced', { ...upgrade, account: owner }),
  ]
}

type Role = { contract: Hex; role: Hex; account: Hex }

function grantStep(id: string, role: Role): DeployStep {
  return roleStep(id, role, { functionName: 'grantRole', holds: true })
}

function renounceStep(id: string, role: Role): DeployStep {
  return roleStep(id, role, { functionName: 'renounceRole', holds: false })
}

/** Every contract with roles has the same functions for them. */
function roleStep(
  id: string,
  { contract, role, account }: Role,
  { functionName, holds }: { functionName: 'grantRole' | 'renounceRole'; holds: boolean },
): DeployStep {
  const args = [role, account] as const
  const lookUp = encodeFunctionData({ abi: timelockAbi, functionName: 'hasRole', args })
  return {
    id,
    address: contract,
    done: { kind: 'answer', to: contract, data: lookUp, expected: toHex(holds, { size: 32 }) },
    transaction: { to: contract, data: encodeFunctionData({ abi: timelockAbi, functionName, args }) },
    typicalGas: typicalGas(holds ? 'grant' : 'renounce'),
  }
}
