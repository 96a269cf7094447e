import type { RunningNode } from '../dev/network-file.ts'
import { CommandError } from '../errors.ts'
import type { CommandIo } from './io.ts'

/** How a command names the node it speaks to: one of the running network, or one elsewhere by its URL. */
export type NodeChoice = { home: string; url?: string; passwordFile?: string }

function chooseNode(nodes: readonly RunningNode[], name: string | undefined): RunningNode {
  const node = name === undefined ? nodes[0] : nodes.find((each) => each.name === name)
  if (node !== undefined) return node
  const known = nodes.map((each) => each.name)
  throw new CommandError(
    { code: 'node-unknown', node: name ?? '', known },
    `Cannot speak to "${name}": the running network has no such node`,
    { hint: `it has ${known.join(', ')}; reach another one with --url` },
  )
}

/** The page and the password of the node; `name` undefined means the first one of the running network. */
export async function findNode(
  io: CommandIo,
  name: string | undefined,
  choice: NodeChoice,
): Promise<{ url: string; password: string }> {
  if (choice.url !== undefined) {
    const { readPassword } = await import('./password.ts')
    return { url: choice.url, password: await readPassword(io, { file: choice.passwordFile }) }
  }
  const { getRunningNetwork } = await import('../dev/network-file.ts')
  return chooseNode(getRunningNetwork(choice.home).nodes, name)
}
