import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomically } from '../dev/files.ts'
import { type Connection, findStartBlock } from './connection.ts'
import { DeployError } from './errors.ts'
import type { NetworkPlan } from './network-plan.ts'
import type { StartBlocks } from './run.ts'
import { DEV_CHAIN_ID } from './plan.ts'

/** The folder of `@hyperware/deployments`. */
const FOLDER = fileURLToPath(new URL('../../deployments', import.meta.url))

/** Longer lines are broken by the formatter that everything here passes through. */
const LINE_MAX = 120

/** Kept by hand, from what others have deployed. */
const KEPT_BY_HAND = '8453.json'

/** Contracts that another makes in its constructor, in the same transaction. */
const MAKERS: Readonly<Record<string, string>> = {
  GovernanceHypr: 'TokenRegistry',
  TypedProposals: 'HyperwareGovernor',
}

/** Where a deployment is to be recorded, and what is there. `less`: this deployment, from before it had all contracts. */
export type RecordPlace = { file: string; state: 'absent' | 'same' | 'less' | 'other' }

/** Where a deployment to a chain is recorded unless told otherwise. */
export function catalogueFile(chainId: number, folder = FOLDER): string {
  return join(folder, `${chainId}.json`)
}

/**
 * Finds out, before anything is sent, whether the deployment can be recorded. A development chain's is generated from
 * the contracts: it is the same already, unless other terms or another key were chosen.
 *
 * @param input.overwrite replaces a file that records another deployment.
 * @throws DeployError `catalogue-exists`, `catalogue-protected`.
 */
export function checkRecord(plan: NetworkPlan, input: { file?: string | undefined; overwrite: boolean }): RecordPlace {
  const { chainId } = plan.input
  const file = resolve(input.file ?? catalogueFile(chainId))
  if (!existsSync(file)) return { file, state: 'absent' }
  const recorded = readRecorded(file)
  const difference = findDifference(plan, recorded)
  const generated = chainId === DEV_CHAIN_ID && input.file === undefined
  if (difference === undefined) {
    const complete = Object.entries(plan.addresses).every(([name, address]) => address === undefined || recorded[name])
    return { file, state: complete || generated ? 'same' : 'less' }
  }
  const reason = generated ? 'it is generated, for development chains as they begin' : findProtection(file)
  if (reason !== undefined) {
    throw new DeployError(
      { code: 'catalogue-protected', file },
      `Cannot record the deployment in "${file}": ${reason}`,
      { hint: 'name another file with --catalogue' },
    )
  }
  if (input.overwrite) return { file, state: 'other' }
  const { name, address, planned } = difference
  throw new DeployError(
    { code: 'catalogue-exists', file, recorded: address, planned },
    `Cannot record the deployment in "${file}": it lists ${name} at ${address}, expected ${planned}`,
    {
      hint: 'another key, steward or other term gives other addresses: use those it was begun with, name another file with --catalogue, or replace this one with --overwrite',
    },
  )
}

function findProtection(file: string): string | undefined {
  const kept = basename(file) === KEPT_BY_HAND && dirname(file) === FOLDER
  return kept ? 'it lists the live network, and is kept by hand' : undefined
}

/** The first contract that a file has elsewhere than the plan, Hypermap before all others. Pure. */
function findDifference(
  { addresses }: NetworkPlan,
  recorded: Readonly<Record<string, string>>,
): { name: string; address: string; planned: string } | undefined {
  const { Hypermap, ...others } = addresses
  if (recorded['Hypermap'] === undefined) {
    return { name: 'Hypermap', address: 'an unreadable place', planned: String(Hypermap) }
  }
  for (const [name, planned] of Object.entries({ Hypermap, ...others })) {
    const address = recorded[name]
    if (address === undefined || planned === undefined) continue
    if (address.toLowerCase() !== planned.toLowerCase()) return { name, address, planned }
  }
  return undefined
}

/** Writes the addresses, and lists the file where the catalogue is loaded if it is one of its folder. */
export async function writeRecord(
  connection: Connection,
  plan: NetworkPlan,
  { file, blocks }: { file: string; blocks: StartBlocks },
): Promise<void> {
  const named = Object.entries(plan.addresses).flatMap(([name, address]) =>
    address === undefined ? [] : [{ name, address }],
  )
  const minedWith = (name: string) => blocks.get(MAKERS[name] ?? name)
  const lines = await Promise.all(
    named.map(async ({ name, address }) => {
      const startBlock = minedWith(name) ?? (await findStartBlock(connection, address))
      return `    "${name}": { "address": "${address}", "startBlock": ${startBlock} }`
    }),
  )
  const { chainId } = plan.input
  writeFileAtomically(file, `{\n  "chainId": ${chainId},\n  "contracts": {\n${lines.join(',\n')}\n  }\n}\n`)
  const folder = dirname(file)
  if (existsSync(join(folder, 'catalogue.ts')))
    writeFileAtomically(join(folder, 'catalogue.ts'), catalogueSource(folder))
}

/** The module that loads every file of addresses in a folder. */
export function catalogueSource(folder = FOLDER): string {
  const ids = readdirSync(folder)
    .flatMap((file) => /^(\d+)\.json$/.exec(file)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
  const imports = ids.map((id) => `import chain${id} from './${id}.json' with { type: 'json' }`)
  const items = ids.map((id) => `chain${id}`)
  const start = 'export const catalogue: readonly { chainId: number; contracts: Record<string, unknown> }[] = ['
  const line = `${start}${items.join(', ')}]`
  return `// Written by scripts/deploy/record.ts: one line per file of addresses.
${imports.join('\n')}

/** The files of addresses, as they are. */
${line.length <= LINE_MAX ? line : `${start}\n${items.map((item) => `  ${item},\n`).join('')}]`}
`
}

/** Addresses by name, as far as the file can be read. */
function readRecorded(file: string): Record<string, string> {
  try {
    const { contracts } = JSON.parse(readFileSync(file, 'utf8')) as {
      contracts?: Record<string, { address?: unknown }>
    }
    const entries = Object.entries(contracts ?? {}).map(([name, contract]) => [name, contract.address] as const)
    return Object.fromEntries(
      entries.flatMap(([name, address]) => (typeof address === 'string' ? [[name, address]] : [])),
    )
  } catch {
    return {}
  }
}
