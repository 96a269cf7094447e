import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { typedProposalsAbi } from '@hyperware/deployments/abi'
import { governanceHyprBytecode } from '@hyperware/deployments/bytecode'
import { ROOT_NAMEHASH } from '@hyperware/protocol'
import { concatHex, encodeDeployData } from 'viem'
import type { Hex } from 'viem'
import { word } from './create2.ts'
import { DeployError } from './errors.ts'
import { GOVERNANCE_ENTRY } from './governance-plan.ts'
import type { NetworkPlan } from './network-plan.ts'
import type { PlannedContract } from './steps.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Contracts whose source has another name than they have in the catalogue, or is not ours. */
const SOURCES: Readonly<Record<string, string>> = {
  Multicall3: 'contracts/dev/Multicall3.sol/Multicall3',
  AccountDispatcher: 'contracts/accounts/AccountDispatcher.sol/AccountDispatcher',
  HyperAccount: 'contracts/accounts/HyperAccount.sol/HyperAccount',
  HeldAccount: 'contracts/accounts/HyperAccount.sol/HyperAccount',
  HyperAccountUpgradable: 'contracts/accounts/HyperAccountUpgradable.sol/HyperAccountUpgradable',
  HyperAccountStrict: 'contracts/accounts/HyperAccountStrict.sol/HyperAccountStrict',
  HypermapImplementation: 'contracts/hypermap/Hypermap.sol/Hypermap',
  Hypermap: '@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol/ERC1967Proxy',
  HyperAccountMinter: 'contracts/accounts/HyperAccountMinter.sol/HyperAccountMinter',
  HyperAccountPermissionedMinter:
    'contracts/accounts/HyperAccountPermissionedMinter.sol/HyperAccountPermissionedMinter',
  OsMinter: 'contracts/zones/OsMinter.sol/OsMinter',
  EntryHolder: 'contracts/zones/EntryHolder.sol/EntryHolder',
  EthMinter: 'contracts/zones/EthMinter.sol/EthMinter',
  Hypr: 'contracts/token/Hypr.sol/Hypr',
  TokenRegistry: 'contracts/token/TokenRegistry.sol/TokenRegistry',
  GovernanceHypr: 'contracts/token/GovernanceHypr.sol/GovernanceHypr',
  Timelock: 'contracts/governance/Timelock.sol/Timelock',
  Phases: 'contracts/governance/Phases.sol/Phases',
  HyperwareGovernor: 'contracts/governance/HyperwareGovernor.sol/HyperwareGovernor',
  TypedProposals: 'contracts/governance/TypedProposals.sol/TypedProposals',
}

/** A contract that another makes is part of its maker's build, where that has settings of its own. */
const COMPILED_WITH: Readonly<Record<string, string>> = { TypedProposals: 'HyperwareGovernor' }

type Artifact = { contractName: string; inputSourceName: string; buildInfoId: string; bytecode: Hex }
type BuildInfo = {
  solcLongVersion: string
  input: { language: string; settings: Record<string, unknown>; sources: Record<string, unknown> }
}
type ImportNode = { nodeType: string; absolutePath?: string }
type BuildOutput = {
  output: {
    sources: Record<string, { ast: { nodes: readonly ImportNode[] } }>
    contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>
  }
}
type Build = { info: BuildInfo; output: BuildOutput }

/** `root` is the source whose imports are all that its build needs. */
type Compiled = { contractName: string; inputSourceName: string; bytecode: Hex; root: string; build: Build }

/** One contract in `contracts.json`: the fields of an explorer's form. Constructor arguments are hex without `0x`. */
export type VerificationEntry = {
  contract: string
  address: Hex
  contractName: string
  compilerVersion: string
  constructorArguments: string
  standardJsonInput: string
}

/**
 * Writes what explorers ask for to verify each contract: its standard JSON input with the sources it needs and no others,
 * and `contracts.json` with name, compiler and constructor arguments. Needs a build of the contracts.
 *
 * @throws DeployError `verification-stale` when there is no build, or its code is not the one deployed.
 */
export function writeVerification(plan: NetworkPlan, folder: string): readonly VerificationEntry[] {
  mkdirSync(folder, { recursive: true })
  const builds = new Map<string, Build>()
  const entries = [...plan.contracts, votesToken(plan), typedProposals(plan, builds)].map((planned) => {
    const compiled = readCompiled(planned.contract, builds)
    if (concatHex([compiled.bytecode, planned.constructorArguments]) !== planned.creationCode) {
      throw stale(planned.contract, 'the build in artifacts/ has other code than is deployed')
    }
    const file = `${planned.contract}.json`
    writeFileSync(join(folder, file), `${JSON.stringify(standardInput(compiled))}\n`)
    return {
      contract: planned.contract,
      address: planned.address,
      contractName: `${compiled.inputSourceName}:${compiled.contractName}`,
      compilerVersion: `v${compiled.build.info.solcLongVersion}`,
      constructorArguments: planned.constructorArguments.slice(2),
      standardJsonInput: file,
    }
  })
  writeFileSync(join(folder, 'contracts.json'), `${JSON.stringify(entries, null, 2)}\n`)
  return entries
}

/** What a contract is compiled to. Builds are large, and each is read once. */
function readCompiled(contract: string, builds: Map<string, Build>): Compiled {
  const { contractName, inputSourceName, bytecode } = readArtifact(contract)
  const { buildInfoId: id, inputSourceName: root } = readArtifact(COMPILED_WITH[contract] ?? contract)
  const build = builds.get(id) ?? {
    info: readBuild<BuildInfo>(contract, `artifacts/build-info/${id}.json`),
    output: readBuild<BuildOutput>(contract, `artifacts/build-info/${id}.output.json`),
  }
  builds.set(id, build)
  if (COMPILED_WITH[contract] === undefined) return { contractName, inputSourceName, bytecode, root, build }
  const object = build.output.output.contracts[inputSourceName]?.[contractName]?.evm.bytecode.object
  if (object === undefined) throw stale(contract, 'its maker was built without it')
  return { contractName, inputSourceName, bytecode: `0x${object}`, root, build }
}

function readArtifact(contract: string): Artifact {
  const path = SOURCES[contract]
  if (path === undefined) throw stale(contract, 'its source is not listed')
  return readBuild<Artifact>(contract, `artifacts/${path}.json`)
}

/** The registry makes it, so no step of the plan does. */
function votesToken({ addresses }: NetworkPlan): PlannedContract {
  const [address, registry] = [addresses.GovernanceHypr ?? '0x', addresses.TokenRegistry ?? '0x']
  const constructorArguments = word(registry)
  const creationCode = concatHex([governanceHyprBytecode, constructorArguments])
  return { contract: 'GovernanceHypr', address, creationCode, constructorArguments }
}

/** The Governor makes it, out of code that is part of its own. */
function typedProposals({ addresses, contracts }: NetworkPlan, builds: Map<string, Build>): PlannedContract {
  const contract = 'TypedProposals'
  const { Hypermap = '0x', Phases = '0x', Hypr = '0x', TypedProposals: address = '0x' } = addresses
  const args = [Hypermap, Phases, ROOT_NAMEHASH, GOVERNANCE_ENTRY, Hypr] as const
  const constructorArguments = encodeDeployData({ abi: typedProposalsAbi, bytecode: '0x', args })
  const { bytecode } = readCompiled(contract, builds)
  const maker = contracts.find((planned) => planned.contract === COMPILED_WITH[contract])
  if (maker?.creationCode.includes(bytecode.slice(2)) !== true) {
    throw stale(contract, 'the build in artifacts/ has other code than is deployed')
  }
  return { contract, address, creationCode: concatHex([bytecode, constructorArguments]), constructorArguments }
}

function standardInput({ root, build: { info, output } }: Compiled): unknown {
  const needed = new Set([root])
  for (const source of needed) {
    for (const { nodeType, absolutePath } of output.output.sources[source]?.ast.nodes ?? []) {
      if (nodeType === 'ImportDirective' && absolutePath !== undefined) needed.add(absolutePath)
    }
  }
  const sources = Object.fromEntries([...needed].toSorted().map((source) => [source, info.input.sources[source]]))
  const outputSelection = { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } }
  return { language: info.input.language, sources, settings: { ...info.input.settings, outputSelection } }
}

function readBuild<T>(contract: string, path: string): T {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T
  } catch (cause) {
    throw stale(contract, (cause as Error).message, cause)
  }
}

function stale(contract: string, detail: string, cause?: unknown): DeployError {
  return new DeployError(
    { code: 'verification-stale', contract, detail },
    `Cannot write the verification input of ${contract}: ${detail}`,
    { hint: 'build the contracts with "npx hardhat build", at the commit that was deployed', cause },
  )
}
