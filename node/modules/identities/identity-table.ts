import { type Name, type Namehash, namehash, type NodeIdentity, type NodeRouting } from '@hyperware/protocol'
import type { IdentityRow } from './identity-row.ts'

/** Identities a node keeps, at most. */
export const IDENTITIES_MAX = 1_000_000

/** The names a node can find, and who listens to their changes. Fed by `follow`, read by net and the home page. */
export type IdentityTable = {
  find: (name: string) => NodeIdentity | undefined
  /** The known name of a namehash, among the nodes. Looks at every identity: for boot, not for each message. */
  findName: (hash: Namehash) => Name | undefined
  list: () => readonly NodeIdentity[]
  size: () => number
  /** Up to `limit` names, in order among those looked at first. */
  someNames: (limit: number) => readonly Name[]
  /** Calls `listener` with each name whose identity changed or went away. Returns how to stop that. */
  onChange: (listener: (name: string) => void) => () => void
  /** Takes rows of the index; returns how many changed anything, and how many did not fit. */
  apply: (rows: readonly IdentityRow[]) => { changed: number; left: number }
  /** Forgets every name for which `keep` says no; returns how many. */
  retain: (keep: (name: Name) => boolean) => number
}

export function createIdentityTable(initial: readonly NodeIdentity[] = []): IdentityTable {
  const identities = new Map<string, NodeIdentity>(
    initial.slice(0, IDENTITIES_MAX).map((identity) => [identity.name, identity]),
  )
  const listeners = new Set<(name: string) => void>()

  function set(row: IdentityRow): 'changed' | 'same' | 'left' {
    const known = identities.get(row.name)
    if (row.identity === undefined) {
      if (known === undefined) return 'same'
      identities.delete(row.name)
    } else {
      if (known !== undefined && equalIdentities(known, row.identity)) return 'same'
      if (known === undefined && identities.size >= IDENTITIES_MAX) return 'left'
      identities.set(row.name, row.identity)
    }
    for (const listener of listeners) listener(row.name)
    return 'changed'
  }

  return {
    find: (name) => identities.get(name),
    findName(hash) {
      for (const { name } of identities.values()) if (namehash(name) === hash) return name
      return undefined
    },
    list: () => [...identities.values()],
    size: () => identities.size,
    someNames(limit) {
      const names: Name[] = []
      for (const { name } of identities.values()) if (names.push(name) >= limit) break
      return names.toSorted()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    apply(rows) {
      const outcomes = rows.map(set)
      return {
        changed: outcomes.filter((outcome) => outcome === 'changed').length,
        left: outcomes.filter((outcome) => outcome === 'left').length,
      }
    },
    retain(keep) {
      const gone = [...identities.values()].filter(({ name }) => !keep(name))
      for (const { name } of gone) set({ name, identity: undefined })
      return gone.length
    },
  }
}

function equalIdentities(a: NodeIdentity, b: NodeIdentity): boolean {
  return a.name === b.name && a.netKey === b.netKey && equalRoutings(a.routing, b.routing)
}

export function equalRoutings(a: NodeRouting, b: NodeRouting): boolean {
  if (a.kind === 'indirect') {
    if (b.kind !== 'indirect' || a.routers.length !== b.routers.length) return false
    return a.routers.every((router, index) => router === b.routers[index])
  }
  if (b.kind !== 'direct' || a.ip !== b.ip) return false
  return (['tcp', 'ws', 'udp', 'wt'] as const).every((transport) => a.ports[transport] === b.ports[transport])
}
