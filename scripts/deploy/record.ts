import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hex } from 'viem'
import { writeFileAtomically } from '../dev/files.ts'
import type { Connection } from './connection.ts'
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

/** Where a deployment is to be recorded, and what is there. */
export type RecordPlace = { file: string; state: 'absent' | 'same' | 'other' }

/** Where a deployment to a chain is recorded unless told otherwise. */
export function catalogueFile(chainId: number, folder = FOLDER): string {
  return join(folder, `${chainId}.json`)
}

/**
 * Finds out, before anything is sent, whether the deployment can be recorded. A development chain's is generated from
 * the contracts, and thus the same already.
 *
 * @param input.overwrite replaces a file that records another deployment.
 * @throws DeployError `catalogue-exists`, `catalogue-protected`.
 */
export function checkRecord(plan: NetworkPlan, input: { file?: string | undefined; overwrite: boolean }): RecordPlace {
  const { chainId } = plan.input
  const file = resolve(input.file ?? catalogueFile(chainId))
  if (chainId === DEV_CHAIN_ID && input.file === undefined) return { file, state: 'same' }
  if (!existsSync(file)) return { file, state: 'absent' }
  const planned = plan.addresses.Hypermap ?? 'none'
  const recorded = readHypermap(file)
  if (recorded.toLowerCase() === planned.toLowerCase()) return { file, state: 'same' }
  if (basename(file) === KEPT_BY_HAND && dirname(file) === FOLDER) {
    throw new DeployError(
      { code: 'catalogue-protected', file },
      `Cannot record the deployment in "${file}": it lists the live network, and is kept by hand`,
      { hint: 'name another file with --catalogue' },
    )
  }
  if (input.overwrite) return { file, state: 'other' }
  throw new DeployError(
    { code: 'catalogue-exists', file, recorded, planned },
    `Cannot record the deployment in "${file}": it lists Hypermap at ${recorded}, expected ${planned}`,
    {
      hint: 'another key gives other addresses: use the one it was begun with, name another file with --catalogue, or replace this one with --overwrite',
    },
  )
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
  // The registry makes its votes token in the same transaction.
  const minedWith = (name: string) => blocks.get(name === 'GovernanceHypr' ? 'TokenRegistry' : name)
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

/** Halves the range until the first block with code is left; 0 where the chain has forgotten its past. */
async function findStartBlock({ reader }: Connection, address: Hex): Promise<number> {
  try {
    let [without, having] = [-1n, await reader.getBlockNumber()]
    while (having - without > 1n) {
      const middle = (without + having) / 2n
      const code = await reader.getCode({ address, blockNumber: middle })
      if (code === undefined) without = middle
      else having = middle
    }
    return Number(having)
  } catch {
    return 0 // earlier than needed, never too late
  }
}

function readHypermap(file: string): string {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as { contracts?: { Hypermap?: { address?: unknown } } }
    return String(value.contracts?.Hypermap?.address)
  } catch {
    return 'an unreadable place'
  }
}
