import type { NodeIdentity } from '@hyperware/protocol'
import type { NodeAnswer, ViewAnswer } from './modules/http-server/node-status.ts'
import { viewAgeMs } from './modules/identities/chain-view.ts'
import type { Identities } from './modules/identities/identities.ts'
import { equalRoutings } from './modules/identities/identity-table.ts'
import type { Net } from './modules/net/types.ts'

/** Names offered when typing whom to greet. */
const KNOWN_NAMES_MAX = 50

/** What the home page shows, gathered from the modules. */
export function describeNode(input: {
  self: NodeIdentity
  /** What is wrong with the node's own notes. */
  problems: readonly string[]
  net: Pick<Net, 'peers'>
  identities: Pick<Identities, 'table' | 'view'>
  nowMs: number
}): NodeAnswer {
  const { self, problems, net, identities, nowMs } = input
  const onchain = identities.table.find(self.name)
  const count = identities.table.size() - (onchain ? 1 : 0)
  return {
    name: self.name,
    netKey: self.netKey,
    routing: self.routing,
    nowMs,
    peers: net.peers(),
    known: { count, names: identities.table.someNames(KNOWN_NAMES_MAX + 1).filter((name) => name !== self.name) },
    view: describeView(identities, nowMs),
    warnings: [
      ...problems.map((problem) => `A note of ${self.name} onchain is malformed and was passed over: ${problem}.`),
      ...(onchain ? compareOwnIdentity(self, onchain) : []),
    ],
  }
}

function describeView(identities: Pick<Identities, 'view'>, nowMs: number): ViewAnswer {
  const view = identities.view()
  const { block = null, chainId, source, problem } = view
  const answer = { block, chainId, ageMs: viewAgeMs(view, nowMs) ?? null, source }
  return problem === undefined ? answer : { ...answer, problem }
}

/** A node keeps the identity it booted with; its owner should know when the chain has moved on. */
function compareOwnIdentity(self: NodeIdentity, onchain: NodeIdentity): readonly string[] {
  const warnings: string[] = []
  if (onchain.netKey !== self.netKey.toLowerCase()) {
    warnings.push(
      `The ~net-key of ${self.name} onchain is now ${onchain.netKey}, so other nodes refuse this one. ` +
        'Boot it again with the key file of that key.',
    )
  }
  if (!equalRoutings(onchain.routing, self.routing)) {
    warnings.push(`The routing of ${self.name} onchain has changed. Boot this node again to use it.`)
  }
  return warnings
}
