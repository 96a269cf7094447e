import { hyperAccountUpgradableAbi, hypermapAbi } from '@hyperware/deployments/abi'
import * as bytecode from '@hyperware/deployments/bytecode'
import type { ContractName, OptionalContractName } from '@hyperware/deployments'
import { childNamehash, type Namehash, ROOT_NAMEHASH, tokenBoundAccount } from '@hyperware/protocol'
import { concatHex, encodeAbiParameters, encodeFunctionData, getContractAddress, toHex, zeroAddress } from 'viem'
import type { Hex } from 'viem'
import { CREATE2_DEPLOYER, create2Address, SALT, word } from './create2.ts'
import { typicalGas } from './gas-figures.ts'
import type { Ens } from './known-chains.ts'
import { encodeMintTlz } from './mint-tlz.ts'
import { CANONICAL, DEV_CHAIN_ID, ENTRY_POINT, planDevChain } from './plan.ts'

export type CatalogueName = ContractName | OptionalContractName

/** What a plan is made from. The same input gives the same addresses, so an interrupted deployment is planned alike. */
export type PlanInput = {
  chainId: number
  /** Signs; owns root entry, admin role and zones at the end of phase 1, and the whole supply of HYPR. */
  owner: Hex
  /** Whether Multicall3 is at its usual address; otherwise the plan deploys one. */
  multicall3: boolean
  minSecondsPerBlock: number
  /** Where ENS is on this chain; without it, `eth` has a plain account. */
  ens?: Ens | undefined
}

/** One transaction, and how one sees that it is done. */
export type DeployStep = {
  /** Name in reports, such as `Hypermap` or `zone os`. */
  id: string
  address: Hex
  /**
   * `code`: there is code at `address`, which CREATE2 makes the right one. `answer`: a call of `to` returns `expected`.
   * Of an entry, code proves nothing, since anybody may create the account of one that does not exist yet.
   */
  done: { kind: 'code' } | { kind: 'answer'; to: Hex; data: Hex; expected: Hex }
  transaction: { to: Hex; data: Hex }
  /** Gas it took on a development chain: for estimates where the chain cannot try the step out. */
  typicalGas: bigint
}

/** A contract as explorers verify it. `creationCode` ends in `constructorArguments`. */
export type PlannedContract = { contract: string; address: Hex; creationCode: Hex; constructorArguments: Hex }

/** A top-level zone. `rule` names its account's code, `entry` is its namehash. */
export type PlannedZone = { label: string; entry: Namehash; tba: Hex; rule: string; implementation: Hex }

export type NetworkPlan = {
  input: PlanInput
  /** In an order in which each finds those it refers to. */
  steps: readonly DeployStep[]
  /** Those that the steps deploy, and the Votes token that the TokenRegistry makes. */
  contracts: readonly PlannedContract[]
  zones: readonly PlannedZone[]
  /** Everything for the catalogue, including what was on the chain before. */
  addresses: Readonly<Record<CatalogueName, Hex | undefined>>
  rootTba: Hex
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
  const contracts: PlannedContract[] = []
  const add = (contract: string, code: Hex, constructorArguments: Hex = '0x'): Hex => {
    const creationCode = concatHex([code, constructorArguments])
    const address = create2Address(creationCode)
    contracts.push({ contract, address, creationCode, constructorArguments })
    return address
  }
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
  Object.assign(addresses, addToken(input, core.Hypermap, add))

  const tbaOf = (entry: Namehash) =>
    tokenBoundAccount({ hypermap: core.Hypermap, dispatcher: core.AccountDispatcher, chainId, entry })
  const zone = (label: string, rule: string, implementation: Hex): PlannedZone => {
    const entry = childNamehash(ROOT_NAMEHASH, label)
    return { label, entry, tba: tbaOf(entry), rule, implementation }
  }
  const zones = [
    zone('os', 'OsMinter', osMinter),
    zone('hypr', 'HyperAccountPermissionedMinter', permissionedMinter),
    zone('dev', 'HyperAccountPermissionedMinter', permissionedMinter),
    addresses['EthMinter'] === undefined
      ? zone('eth', 'HyperAccount', core.HyperAccount)
      : zone('eth', 'EthMinter', addresses['EthMinter']),
  ]
  const rootTba = tbaOf(ROOT_NAMEHASH)
  const steps = [
    ...contracts.map((contract) => deployStep(contract)),
    ...zones.map((planned) => zoneStep(planned, { owner, rootTba, hypermap: core.Hypermap })),
  ]
  return { input, steps, contracts, zones, addresses: addresses as NetworkPlan['addresses'], rootTba }
}

type Add = (contract: string, code: Hex, constructorArguments?: Hex) => Hex

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

function addToken(
  { owner, minSecondsPerBlock }: PlanInput,
  hypermap: Hex,
  add: Add,
): Record<'Hypr' | 'TokenRegistry' | 'GovernanceHypr', Hex> {
  const Hypr = add('Hypr', bytecode.hyprBytecode, word(owner))
  const TokenRegistry = add(
    'TokenRegistry',
    bytecode.tokenRegistryBytecode,
    concatHex([word(hypermap), word(Hypr), toHex(minSecondsPerBlock, { size: 32 })]),
  )
  // Made by the registry's constructor, as its first contract.
  return { Hypr, TokenRegistry, GovernanceHypr: getContractAddress({ from: TokenRegistry, nonce: 1n }) }
}

function deployStep({ contract, address, creationCode }: PlannedContract): DeployStep {
  const data = concatHex([SALT, creationCode])
  const transaction = { to: CREATE2_DEPLOYER, data }
  return { id: contract, address, done: { kind: 'code' }, transaction, typicalGas: typicalGas(contract) }
}

/** Zones are minted by the account of the root entry, which its owner calls. */
function zoneStep(
  { label, entry, tba, rule, implementation }: PlannedZone,
  { owner, rootTba, hypermap }: { owner: Hex; rootTba: Hex; hypermap: Hex },
): DeployStep {
  const setup = encodeFunctionData({ abi: hyperAccountUpgradableAbi, functionName: 'initialize' })
  const initialization = rule === 'HyperAccount' ? '0x' : setup
  const data = encodeMintTlz(hypermap, { label, to: owner, implementation, initialization })
  const lookUp = encodeFunctionData({ abi: hypermapAbi, functionName: 'tbaOf', args: [entry] })
  const done = { kind: 'answer', to: hypermap, data: lookUp, expected: word(tba) } as const
  return { id: `zone ${label}`, address: tba, done, transaction: { to: rootTba, data }, typicalGas: typicalGas('zone') }
}
