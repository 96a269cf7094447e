import type { Hex, KernelMessage, Name, NodeIdentity, NodeRouting } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'

/** Fresh random bytes, `size` of them. */
export type RandomSource = (size: number) => Uint8Array

/** What the node knows about other nodes, and when that changes. */
export type IdentityLookup = {
  find: (name: string) => NodeIdentity | undefined
  /** Calls back with each name whose identity changed; the returned function ends it. */
  onChange: (listener: (name: string) => void) => () => void
}

/** This node, as the network sees it. */
export type Self = {
  readonly name: Name
  /** 32-byte Ed25519 seed of the networking key. */
  readonly netKeySeed: Uint8Array
  /** The public half, as published in `~net-key`. */
  readonly netKey: Hex
  readonly routing: NodeRouting
}

/** Why a message did not leave, and the message itself. */
export type SendFailure = {
  readonly kind: 'offline' | 'timeout' | 'too-large' | 'queue-full'
  readonly message: KernelMessage
  readonly reason: string
}

/** One peer as shown to people. */
export type PeerStatus = {
  readonly name: string
  readonly state: 'connecting' | 'connected' | 'failed'
  readonly direction: 'outgoing' | 'incoming'
  /** The router between us, when the link is routed. */
  readonly via?: string
  /** When this state began, in milliseconds since 1970 by the node's clock as it is set now. */
  readonly sinceMs: number
  readonly lastError?: string
}

export type NetDeps = {
  readonly self: Self
  readonly identities: IdentityLookup
  readonly log: Log
  /** Milliseconds since 1970, for what people are shown alone: somebody may set this clock. */
  readonly now: () => number
  /** Milliseconds of a clock that nobody sets, for deadlines and pauses. */
  readonly elapsed: () => number
  readonly random: RandomSource
  /** Takes a message for this node: from another node with its source authenticated, or an answer of this module. */
  readonly deliver: (message: KernelMessage) => void
  /** Shows people what another node says in greeting. */
  readonly greeted?: (peer: string, text: string) => void
  /** Learns that a message did not leave. */
  readonly sendFailed: (failure: SendFailure) => void
  /** Most peers with a link at one time; default 64. Beyond it the link that was quiet for longest is closed. */
  readonly maxPeers?: number
  /** Most connections carried for others, waiting or spliced; default 0, which refuses to be a router. */
  readonly maxPassthroughs?: number
  /** Address the listener binds; default `0.0.0.0`. */
  readonly listenHost?: string
}

/** The networking module, `net:distro:sys`. */
export interface Net {
  /** Listens when the node is direct, registers with its routers when not. Rejects with a `NetError`. */
  start(): Promise<void>
  /** Sends to another node, dialling it when there is no link. Failures come back through `sendFailed`. */
  send(message: KernelMessage): void
  /** Takes a message of this very node addressed to `net:distro:sys`. */
  handleLocal(message: KernelMessage): void
  peers(): readonly PeerStatus[]
  /** Closes every link and the listener. */
  stop(): Promise<void>
}
