import type { Hex } from './bytes.ts'
import type { NodeIdentity, NodePorts } from './identity.ts'
import type { Name } from './names.ts'
import type { ProcessAddress } from './processes.ts'

/** The right to something, as its issuer words it: `params` is JSON text (kernel.md section 9). */
export type Capability = { readonly issuer: ProcessAddress; readonly params: string }

/** A capability with the Ed25519 signature (64 bytes) of the issuer's node over `capabilityBytes`. */
export type SignedCapability = { readonly capability: Capability; readonly signature: Uint8Array }

/** Bytes that travel beside a message, with their media type when the sender gives one. */
export type Blob = { readonly mime: string | undefined; readonly bytes: Uint8Array }

export type KernelRequest = {
  readonly kind: 'request'
  readonly inherit: boolean
  /** Seconds the sender will wait; undefined when it expects no response. */
  readonly expectsResponse: bigint | undefined
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly SignedCapability[]
}

export type KernelResponse = {
  readonly kind: 'response'
  readonly inherit: boolean
  readonly body: Uint8Array
  readonly metadata: string | undefined
  readonly capabilities: readonly SignedCapability[]
  readonly context: Uint8Array | undefined
}

/** What processes and nodes send each other (net.md section 7). */
export type KernelMessage = {
  /** 64 bits, unsigned; a response carries the id of its request. */
  readonly id: bigint
  readonly source: ProcessAddress
  readonly target: ProcessAddress
  /** Where the response must go, when not to `source`. */
  readonly rsvp: ProcessAddress | undefined
  readonly message: KernelRequest | KernelResponse
  readonly blob: Blob | undefined
}

/** What each side of a handshake says inside Noise (net.md section 3). */
export type HandshakePayload = {
  readonly protocolVersion: number
  readonly name: string
  /** 64 bytes: Ed25519 by the sender's net key over its Noise static public key. */
  readonly signature: Uint8Array
  readonly proxyRequest: boolean
}

/** First frame to a router, asking to be joined with `target` (net.md section 4). */
export type RoutingRequest = {
  readonly protocolVersion: number
  readonly source: string
  /** 64 bytes: Ed25519 by the source's net key over the text of target and router. */
  readonly signature: Uint8Array
  readonly target: string
}

/** An identity as the indexing process tells it to the net module (net.md section 11). */
export type HnsUpdate = {
  readonly name: Name
  readonly publicKey: Hex
  readonly ips: readonly string[]
  readonly ports: NodePorts
  readonly routers: readonly Name[]
}

export type NetAction =
  | { readonly kind: 'ConnectionRequest'; readonly name: string }
  | { readonly kind: 'HnsUpdate'; readonly update: HnsUpdate }
  | { readonly kind: 'HnsBatchUpdate'; readonly updates: readonly HnsUpdate[] }
  | { readonly kind: 'GetPeers' }
  | { readonly kind: 'GetPeer'; readonly name: string }
  | { readonly kind: 'GetDiagnostics' }
  | { readonly kind: 'Sign' }
  | { readonly kind: 'Verify'; readonly from: ProcessAddress; readonly signature: Uint8Array }

export type NetResponse =
  | { readonly kind: 'Accepted'; readonly name: string }
  | { readonly kind: 'Rejected'; readonly name: string }
  | { readonly kind: 'Peers'; readonly peers: readonly NodeIdentity[] }
  | { readonly kind: 'Peer'; readonly peer: NodeIdentity | undefined }
  | { readonly kind: 'Diagnostics'; readonly text: string }
  | { readonly kind: 'Signed' }
  | { readonly kind: 'Verified'; readonly valid: boolean }
