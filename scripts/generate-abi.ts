import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTypeChain } from 'typechain'
import { buildContracts } from './build-contracts.ts'

/**
 * Compiles the contracts and writes `deployments/abi`, `deployments/bytecode` and `deployments/31337.json` from what came
 * out, and `deployments/catalogue.ts` from the files of addresses. With `--check` it writes nothing, and exits with 1
 * when they are not what it would write.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const deployments = join(root, 'deployments')
const folders = ['abi', 'bytecode'] as const

/** Compiler artifacts, and the one contract whose code must never change with a recompilation. */
const inputs = [
  'artifacts/contracts/hypermap/Hypermap.sol/Hypermap.json',
  'artifacts/contracts/accounts/HyperAccount.sol/HyperAccount.json',
  'artifacts/contracts/accounts/HyperAccountUpgradable.sol/HyperAccountUpgradable.json',
  'artifacts/contracts/accounts/HyperAccountStrict.sol/HyperAccountStrict.json',
  'artifacts/contracts/accounts/HyperAccountMinter.sol/HyperAccountMinter.json',
  'artifacts/contracts/accounts/HyperAccountCommitMinter.sol/HyperAccountCommitMinter.json',
  'artifacts/contracts/accounts/HyperAccountPermissionedMinter.sol/HyperAccountPermissionedMinter.json',
  'artifacts/contracts/accounts/HyperAccountPaidMinter.sol/HyperAccountPaidMinter.json',
  'artifacts/contracts/zones/OsMinter.sol/OsMinter.json',
  'artifacts/contracts/zones/EntryHolder.sol/EntryHolder.json',
  'artifacts/contracts/zones/EthMinter.sol/EthMinter.json',
  'artifacts/contracts/zones/RemoteEthMinter.sol/RemoteEthMinter.json',
  'artifacts/contracts/zones/EnsProver.sol/EnsProver.json',
  'artifacts/contracts/zones/EnsProofs.sol/EnsProofs.json',
  'artifacts/contracts/zones/RentMinter.sol/RentMinter.json',
  'artifacts/contracts/token/Hypr.sol/Hypr.json',
  'artifacts/contracts/token/TokenRegistry.sol/TokenRegistry.json',
  'artifacts/contracts/token/GovernanceHypr.sol/GovernanceHypr.json',
  'artifacts/contracts/governance/Timelock.sol/Timelock.json',
  'artifacts/contracts/governance/Phases.sol/Phases.json',
  'artifacts/contracts/governance/HyperwareGovernor.sol/HyperwareGovernor.json',
  'artifacts/contracts/governance/TypedProposals.sol/TypedProposals.json',
  'artifacts/contracts/auctions/EnglishAuction.sol/EnglishAuction.json',
  'artifacts/contracts/auctions/DutchAuction.sol/DutchAuction.json',
  'artifacts/contracts/auctions/SealedAuction.sol/SealedAuction.json',
  'artifacts/contracts/auctions/LeaseAuction.sol/LeaseAuction.json',
  'artifacts/contracts/auctions/ZoneLease.sol/ZoneLease.json',
  'artifacts/contracts/dev/Multicall3.sol/Multicall3.json',
  'artifacts/erc6551/ERC6551Registry.sol/ERC6551Registry.json',
  'artifacts/@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol/ERC1967Proxy.json',
  'contracts/accounts/AccountDispatcher.frozen.json',
]

const cataloguePath = join(deployments, '31337.json')
const modulePath = join(deployments, 'catalogue.ts')

const check = process.argv.includes('--check')
buildContracts()
if (check) {
  const scratch = mkdtempSync(join(tmpdir(), 'hyperware-abi-'))
  try {
    await generate(scratch)
    const stale = staleFiles(scratch)
    if ((await catalogue()) !== read(cataloguePath)) stale.push(relative(root, cataloguePath))
    if ((await catalogueModule()) !== read(modulePath)) stale.push(relative(root, modulePath))
    if (stale.length > 0) {
      console.error(
        `Generated bindings are stale: ${stale.join(', ')}\nHint: run npx node scripts/generate-abi.ts and commit`,
      )
      process.exitCode = 1
    }
  } finally {
    rmSync(scratch, { recursive: true })
  }
} else {
  for (const folder of folders) rmSync(join(deployments, folder), { recursive: true, force: true })
  await generate(deployments)
  writeFileSync(cataloguePath, await catalogue())
  writeFileSync(modulePath, await catalogueModule())
}

async function generate(outDir: string): Promise<void> {
  for (const folder of folders) mkdirSync(join(outDir, folder), { recursive: true })
  const files = inputs.map((input) => join(root, input))
  const target = fileURLToPath(new URL('target-viem.ts', import.meta.url))
  await runTypeChain({ cwd: root, inputDir: root, filesToProcess: files, allFiles: files, outDir, target })
}

/** The development chain's catalogue, from the bytecode in `deployments/bytecode`: hence read only after `generate`. */
async function catalogue(): Promise<string> {
  const { devCatalogue } = await import('./deploy/catalogue.ts')
  return devCatalogue()
}

/** The module that loads every file of addresses. */
async function catalogueModule(): Promise<string> {
  const { catalogueSource } = await import('./deploy/record.ts')
  return catalogueSource()
}

/** Files that differ from, or exist on only one side of, the freshly generated ones. */
function staleFiles(fresh: string): string[] {
  return folders.flatMap((folder) => {
    const names = new Set([...list(join(fresh, folder)), ...list(join(deployments, folder))])
    return [...names]
      .filter((name) => read(join(fresh, folder, name)) !== read(join(deployments, folder, name)))
      .map((name) => relative(root, join(deployments, folder, name)))
  })
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
