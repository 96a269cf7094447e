import { hyperAccountUpgradableAbi, hypermapAbi } from '@hyperware/deployments/abi'
import * as bytecode from '@hyperware/deployments/bytecode'
import type { ContractName, OptionalContractName } from '@hyperware/deployments'
import { childNamehash, type Namehash, ROOT_NAMEHASH, tokenBoundAccount } from '@hyperware/protocol'
import { concatHex, encodeAbiParameters, encodeFunctionData, zeroAddress } from 'viem'
import type { Hex } from 'viem'
import { CREATE2_DEPLOYER, word } from './create2.ts'
import { typicalGas } from './gas-figures.ts'
import { addGovernance, GOVERNANCE_LABEL, handOverSteps, roleSteps } from './governance-plan.ts'
import { completeTerms, type GovernanceChoice, type GovernanceTerms } from './governance-terms.ts'
import type { Ens } from './known-chains.ts'
import { encodeMintTlz } from './mint-tlz.ts'
import { CANONICAL, DEV_CHAIN_ID, ENTRY_POINT, planDevChain } from './plan.ts'
import { type Add, collectContracts, deployStep, type DeployStep, type PlannedContract } from './steps.ts'
import { addToken } from './token-plan.ts'

export type CatalogueName = ContractName | OptionalContractName

/** What a plan is made from. The same input gives the same addresses, so an interrupted deployment is planned alike. */
export type PlanInput = {
  chainId: number
  /** Signs; owns root entry, admin role and zones in phase 1, and the whole supply of HYPR. */
  owner: Hex
  /** Whether Multicall3 is at its usual address; otherwise the plan deploys one. */
  multicall3: boolean
  minSecondsPerBlock: number
  /** Where ENS is on this chain; without it, `eth` has a plain account. */
  ens?: Ens | undefined
  /** What governance begins with, where it is not the usual. */
  governance?: GovernanceChoice | undefined
  /** Whether root entry and the right to upgrade go to the timelock, which ends phase 1 for the owner. */
  handOver?: boolean | undefined
}

/** A top-level zone. `rule` names its account's code, `entry` is its namehash, `holder` who it is minted to. */
export type PlannedZone = {
  label: string
  entry: Namehash
  tba: Hex
  rule: string
  implementation: Hex
  holder: Hex
}

export type NetworkPlan = {
  input: PlanInput
  /** In an order in which each finds those it refers to. */
  steps: readonly DeployStep[]
  /** Those that the steps deploy. */
  contracts: readonly PlannedContract[]
  zones: readonly PlannedZone[]
  /** Everything for the catalogue, including what was on the chain before. */
  addresses: Readonly<Record<CatalogueName, Hex | undefined>>
  rootTba: Hex
  governance: GovernanceTerms
}

/**
 * Everything that brings a namespace with phase 1 onto a chain. On a development chain the namespace itself is there
 * already, at the addresses of live clients, and only the rest is planned. Pure.
 *
 * The owner is an argument of the proxy's constructor, which initializes Hypermap in the same transaction: nobody can
 * come between, and other owners get other addresses.
 */
export function planNetwork(input: PlanInput): NetworkPlan {
  const { chainId, owner } = input
  const { contracts, add } = collectContracts()
  const entryPoint = word(ENTRY_POINT)
  const core = chainId === DEV_CHAIN_ID ? devCore() : addCore(input, add)
  const addresses: Record<string, Hex> = { ...core, Erc6551Registry: CANONICAL.Erc6551Registry }
  addresses['Create2Deployer'] = CREATE2_DEPLOYER

  const openMinter = add('HyperAccountMinter', bytecode.hyperAccountMinterBytecode, entryPoint)
  const permissionedMinter = add(
    'HyperAccountPermissionedMinter',
    bytecode.hyperAccountPermissionedMinterBytecode,
    entryPoint,
  )
  const osMinter = add('OsMinter', bytecode.osMinterBytecode, entryPoint)
  Object.assign(addresses, {
    HyperAccountMinter: openMinter,
    HyperAccountPermissionedMinter: permissionedMinter,
    OsMinter: osMinter,
  })
  if (input.ens !== undefined) Object.assign(addresses, addEthMinter(input.ens, add))
  const token = addToken({ ...input, hypermap: core.Hypermap }, add)
  const terms = completeTerms(input, input.governance)
  const governance = addGovernance({ hypermap: core.Hypermap, votes: token.GovernanceHypr, owner, terms }, add)
  Object.assign(addresses, token, governance)

  const tbaOf = (entry: Namehash) =>
    tokenBoundAccount({ hypermap: core.Hypermap, dispatcher: core.AccountDispatcher, chainId, entry })
  const zone = (label: string, rule: string, implementation: Hex, holder = owner): PlannedZone => {
    const entry = childNamehash(ROOT_NAMEHASH, label)
    return { label, entry, tba: tbaOf(entry), rule, implementation, holder }
  }
  const zones = [
    zone('os', 'OsMinter', osMinter),
    zone('hypr', 'HyperAccountPermissionedMinter', permissionedMinter),
    zone('dev', 'HyperAccountPermissionedMinter', permissionedMinter),
    addresses['EthMinter'] === undefined
      ? zone('eth', 'HyperAccount', core.HyperAccount)
      : zone('eth', 'EthMinter', addresses['EthMinter']),
    zone(GOVERNANCE_LABEL, 'HyperAccount', core.HyperAccount, governance.Timelock),
  ]
  const rootTba = tbaOf(ROOT_NAMEHASH)
  const steps = [
    ...contracts.map((contract) => deployStep(contract)),
    ...zones.map((planned) => zoneStep(planned, { rootTba, hypermap: core.Hypermap })),
    ...roleSteps(governance, owner),
    ...(input.handOver === true
      ? handOverSteps({ hypermap: core.Hypermap, owner, timelock: governance.Timelock })
      : []),
  ]
  const catalogued = addresses as NetworkPlan['addresses']
  return { input, steps, contracts, zones, addresses: catalogued, rootTba, governance: terms }
}

type Core = Record<
  | 'Multicall3'
  | 'HyperAccount'
  | 'HyperAccountUpgradable'
  | 'HyperAccountStrict'
  | 'AccountDispatcher'
  | 'HypermapImplementation'
  | 'Hypermap',
  Hex
>

/** What a development chain was begun with. */
function devCore(): Core {
  return Object.fromEntries(planDevChain().map(({ contract, address }) => [contract, address])) as Core
}

function addCore(input: PlanInput, add: Add): Core {
  const entryPoint = word(ENTRY_POINT)
  const Multicall3 = input.multicall3 ? CANONICAL.Multicall3 : add('Multicall3', bytecode.multicall3Bytecode)
  const HyperAccount = add('HyperAccount', bytecode.hyperAccountBytecode, entryPoint)
  const AccountDispatcher = add('AccountDispatcher', bytecode.accountDispatcherBytecode, word(HyperAccount))
  const HyperAccountUpgradable = add('HyperAccountUpgradable', bytecode.hyperAccountUpgradableBytecode, entryPoint)
  const HyperAccountStrict = add('HyperAccountStrict', bytecode.hyperAccountStrictBytecode, entryPoint)
  const HypermapImplementation = add(
    'HypermapImplementation',
    bytecode.hypermapBytecode,
    concatHex([word(AccountDispatcher), word(HyperAccount)]),
  )
  const initialize = encodeFunctionData({ abi: hypermapAbi, functionName: 'initialize', args: [input.owner] })
  const proxyArguments = encodeAbiParameters(
    [{ type: 'address' }, { type: 'bytes' }],
    [HypermapImplementation, initialize],
  )
  const Hypermap = add('Hypermap', bytecode.erc1967ProxyBytecode, proxyArguments)
  const accounts = { AccountDispatcher, HyperAccount, HyperAccountUpgradable, HyperAccountStrict }
  return { Multicall3, ...accounts, HypermapImplementation, Hypermap }
}

/** Accounts of names from ENS obey no entry point, hence an account code of their own. */
function addEthMinter(ens: Ens, add: Add): Record<'EntryHolder' | 'HeldAccount' | 'EthMinter', Hex> {
  const EntryHolder = add('EntryHolder', bytecode.entryHolderBytecode)
  const HeldAccount = add('HeldAccount', bytecode.hyperAccountBytecode, word(zeroAddress))
  const EthMinter = add(
    'EthMinter',
    bytecode.ethMinterBytecode,
    concatHex([ENTRY_POINT, ens.registry, ens.nameWrapper, EntryHolder, HeldAccount].map((address) => word(address))),
  )
  return { EntryHolder, HeldAccount, EthMinter }
}

/** Zones are minted by the account of the root entry, which its owner calls. */
function zoneStep(
  { label, entry, tba, rule, implementation, holder }: PlannedZone,
  { rootTba, hypermap }: { rootTba: Hex; hypermap: Hex },
): DeployStep {
  const setup = encodeFunctionData({ abi: hyperAccountUpgradableAbi, functionName: 'initialize' })
  const initialization = rule === 'HyperAccount' ? '0x' : setup
  const data = encodeMintTlz(hypermap, { label, to: holder, implementation, initialization })
  const lookUp = encodeFunctionData({ abi: hypermapAbi, functionName: 'tbaOf', args: [entry] })
  const done = { kind: 'answer', to: hypermap, data: lookUp, expected: word(tba) } as const
  return { id: `zone ${label}`, address: tba, done, transaction: { to: rootTba, data }, typicalGas: typicalGas('zone') }
}
