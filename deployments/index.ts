import { catalogue } from './catalogue.ts'

/** An address as viem writes it. */
export type Hex = `0x${string}`

/** Contracts that every deployment has. */
export const CONTRACT_NAMES = [
  'Hypermap',
  'HypermapImplementation',
  'Erc6551Registry',
  'Multicall3',
  'Create2Deployer',
  'HyperAccount',
  'HyperAccountUpgradable',
  'OsMinter',
] as const

/**
 * Contracts that only newer deployments have. Without an `AccountDispatcher` (Base, 8453) every entry has a proxy of its
 * own, so that account addresses cannot be computed with the dispatcher's formula: ask `Hypermap.tbaOf`.
 */
export const OPTIONAL_CONTRACT_NAMES = [
  'AccountDispatcher',
  'HyperAccountMinter',
  'HyperAccountStrict',
  'HyperAccountPermissionedMinter',
  'EntryHolder',
  'HeldAccount',
  'EthMinter',
  'Hypr',
  'TokenRegistry',
  'GovernanceHypr',
  'Timelock',
  'Phases',
  'HyperwareGovernor',
  'TypedProposals',
] as const

export type ContractName = (typeof CONTRACT_NAMES)[number]
export type OptionalContractName = (typeof OPTIONAL_CONTRACT_NAMES)[number]

/** `startBlock` is the first block worth asking for the contract's logs. */
export type DeployedContract = { address: Hex; startBlock: number }

export type Deployment = {
  chainId: number
  contracts: Readonly<Record<ContractName, DeployedContract> & Partial<Record<OptionalContractName, DeployedContract>>>
}

export type DeploymentProblem =
  | { code: 'chain-unknown'; chainId: number; known: readonly number[] }
  | { code: 'catalogue-damaged'; file: string; field: string }

/** The catalogue has no answer. Callers branch on `code`. */
export class DeploymentError extends Error {
  readonly problem: DeploymentProblem

  constructor(message: string, problem: DeploymentProblem) {
    super(message)
    this.name = 'DeploymentError'
    this.problem = problem
  }

  get code(): DeploymentProblem['code'] {
    return this.problem.code
  }
}

/** Everything deployed anywhere, by chain id. */
export const deployments: ReadonlyMap<number, Deployment> = new Map(
  catalogue.map((data) => {
    const deployment = readDeployment(data)
    return [deployment.chainId, deployment]
  }),
)

/** Where the contracts are on a chain. Throws `DeploymentError` for a chain without them. */
export function deploymentOf(chainId: number): Deployment {
  const deployment = deployments.get(chainId)
  if (deployment !== undefined) return deployment
  const known = [...deployments.keys()]
  throw new DeploymentError(
    `Cannot find a deployment on chain ${chainId}: expected one of the chain ids ${known.join(', ')}`,
    { code: 'chain-unknown', chainId, known },
  )
}

/** The data files are written by people too: a slip is reported when the catalogue is loaded. */
function readDeployment(data: { chainId: number; contracts: Record<string, unknown> }): Deployment {
  const file = `${data.chainId}.json`
  const contracts: Partial<Record<ContractName | OptionalContractName, DeployedContract>> = {}
  for (const name of CONTRACT_NAMES) contracts[name] = readContract(file, name, data.contracts[name])
  for (const name of OPTIONAL_CONTRACT_NAMES) {
    if (data.contracts[name] !== undefined) contracts[name] = readContract(file, name, data.contracts[name])
  }
  return { chainId: data.chainId, contracts: contracts as Deployment['contracts'] }
}

function readContract(file: string, name: string, data: unknown): DeployedContract {
  if (typeof data === 'object' && data !== null && 'address' in data && 'startBlock' in data) {
    const { address, startBlock } = data
    if (isAddress(address) && typeof startBlock === 'number' && Number.isSafeInteger(startBlock) && startBlock >= 0) {
      return { address, startBlock }
    }
  }
  throw new DeploymentError(
    `Cannot read deployments/${file}: contract "${name}" is ${JSON.stringify(data)}, expected an address of 20 bytes and a start block`,
    { code: 'catalogue-damaged', file, field: name },
  )
}

function isAddress(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value)
}
