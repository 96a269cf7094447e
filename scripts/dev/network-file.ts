import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { NetworkError } from '../errors.ts'
import { writeFileAtomically } from './files.ts'
import { homePaths } from './home.ts'
import { processStart } from './processes.ts'

export type RunningNode = { name: string; url: string; password: string; home: string }

/** What a started network says of itself: the line of `start --json`, and the file that other commands find it by. */
export type NetworkDescription = {
  ready: true
  chain: { chainId: number; rpcUrl: string }
  graphql: string
  nodes: readonly RunningNode[]
}

type NetworkFile = NetworkDescription & { pid: number; startedAt: string }

/** Writes the description for other commands, readable by the owner only, since it holds the nodes' passwords. */
export function writeNetworkFile(home: string, description: NetworkDescription): void {
  const file: NetworkFile = { ...description, pid: process.pid, startedAt: processStart(process.pid) ?? '' }
  writeFileAtomically(homePaths(home).network, `${JSON.stringify(file, null, 2)}\n`)
}

const isText = (value: unknown): value is string => typeof value === 'string'

function isNetworkFile(value: unknown): value is NetworkFile {
  if (typeof value !== 'object' || value === null) return false
  const { chain, graphql, nodes, pid, startedAt } = value as Partial<Record<keyof NetworkFile, unknown>>
  const { chainId, rpcUrl } = (chain ?? {}) as { chainId?: unknown; rpcUrl?: unknown }
  return (
    typeof chainId === 'number' &&
    isText(rpcUrl) &&
    isText(graphql) &&
    typeof pid === 'number' &&
    isText(startedAt) &&
    Array.isArray(nodes) &&
    nodes.every((node: Partial<Record<keyof RunningNode, unknown>> | null) =>
      [node?.name, node?.url, node?.password, node?.home].every(isText),
    )
  )
}

/** What the last start in `home` wrote, whether or not it still runs. */
function findNetworkFile(home: string): NetworkFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(homePaths(home).network, 'utf8'))
    return isNetworkFile(value) ? value : undefined
  } catch {
    return undefined // never started there
  }
}

/**
 * The network running in `home`.
 *
 * @throws NetworkError `not-running` when none was started there, or the one that was has ended.
 */
export function getRunningNetwork(home: string): NetworkFile {
  const file = findNetworkFile(home)
  if (file !== undefined && processStart(file.pid) === file.startedAt) return file
  throw new NetworkError(
    { code: 'not-running', home: resolve(home) },
    `Cannot find a running network in "${resolve(home)}"`,
    { hint: 'run "npm start" in another terminal first, or name its folder' },
  )
}
