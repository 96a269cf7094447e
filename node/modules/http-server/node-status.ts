import type { Hex, Name, NodeRouting } from '@hyperware/protocol'

/** One peer as the home page shows it. `sinceMs` is in unix milliseconds of the node's clock. */
export type PeerAnswer = {
  name: string
  state: 'connecting' | 'connected' | 'failed'
  direction?: 'outgoing' | 'incoming'
  via?: string
  sinceMs?: number
  lastError?: string
}

/** How current the node's view of the chain is. `ageMs` is null when it never was. */
export type ViewAnswer = {
  block: number | null
  chainId: number
  ageMs: number | null
  source: 'index' | 'saved' | 'none'
  problem?: string
}

/** What `GET /api/node` answers. Also read by the home page, so only types may live here. */
export type NodeAnswer = {
  name: Name
  netKey: Hex
  routing: NodeRouting
  /** The node's clock, in unix milliseconds: what `sinceMs` counts from. */
  nowMs: number
  peers: readonly PeerAnswer[]
  /** How many other nodes are known, and some of their names in order. */
  known: { count: number; names: readonly string[] }
  view: ViewAnswer
  /** What the owner should know, such as a key that no longer is the one onchain. */
  warnings: readonly string[]
}
