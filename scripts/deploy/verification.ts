import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { governanceHyprBytecode } from '@hyperware/deployments/bytecode'
import { concatHex } from 'viem'
import type { Hex } from 'viem'
import { word } from './create2.ts'
import { DeployError } from './errors.ts'
import type { NetworkPlan, PlannedContract } from './network-plan.ts'

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
}

type Artifact = { contractName: string; inputSourceName: string; buildInfoId: string; bytecode: Hex }
type BuildInfo = {
  solcLongVersion: string
  input: { language: string; settings: Record<string, unknown>; sources: Record<string, unknown> }
}
type ImportNode = { nodeType: string; absolutePath?: string }
type BuildOutput = { output: { sources: Record<string, { ast: { nodes: readonly ImportNode[] } }> } }

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
  const builds = new Map<string, { info: BuildInfo; output: BuildOutput }>()
  const entries = [...plan.contracts, votesToken(plan)].map((planned): VerificationEntry => {
    const artifact = readBuild<Artifact>(planned.contract, `artifacts/${artifactPath(planned.contract)}.json`)
    if (concatHex([artifact.bytecode, planned.constructorArguments]) !== planned.creationCode) {
      throw stale(planned.contract, 'the build in artifacts/ has other code than is deployed')
    }
    const id = artifact.buildInfoId
    const build = builds.get(id) ?? {
      info: readBuild<BuildInfo>(planned.contract, `artifacts/build-info/${id}.json`),
      output: readBuild<BuildOutput>(planned.contract, `artifacts/build-info/${id}.output.json`),
    }
    builds.set(id, build)
    const file = `${planned.contract}.json`
    writeFileSync(join(folder, file), `${JSON.stringify(standardInput(build, artifact))}\n`)
    return {
      contract: planned.contract,
      address: planned.address,
      contractName: `${artifact.inputSourceName}:${artifact.contractName}`,
      compilerVersion: `v${build.info.solcLongVersion}`,
      constructorArguments: planned.constructorArguments.slice(2),
      standardJsonInput: file,
    }
  })
  writeFileSync(join(folder, 'contracts.json'), `${JSON.stringify(entries, null, 2)}\n`)
  return entries
}

function artifactPath(contract: string): string {
  const path = SOURCES[contract]
  if (path === undefined) throw stale(contract, 'its source is not listed')
  return path
}

/** The registry makes it, so no step of the plan does. */
function votesToken({ addresses }: NetworkPlan): PlannedContract {
  const [address, registry] = [addresses.GovernanceHypr ?? '0x', addresses.TokenRegistry ?? '0x']
  const constructorArguments = word(registry)
  const creationCode = concatHex([governanceHyprBytecode, constructorArguments])
  return { contract: 'GovernanceHypr', address, creationCode, constructorArguments }
}

function standardInput({ info, output }: { info: BuildInfo; output: BuildOutput }, artifact: Artifact): unknown {
  const needed = new Set([artifact.inputSourceName])
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
