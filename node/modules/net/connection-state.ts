import type { HandshakePayload, Hex, KernelMessage, RoutingRequest } from '@hyperware/protocol'
import type { CryptoSuite } from './crypto-suite.ts'
import type { PartialMessage } from './framing.ts'
import type { AwaitingMessage2, AwaitingMessage3, CipherState, HandshakeKeys, Transport } from './noise.ts'

/** What the rules of a connection look things up in; nothing here waits, reads or sends. */
export type ConnectionContext = {
  readonly suite: CryptoSuite
  readonly self: { readonly name: string; readonly netKeySeed: Uint8Array }
  /** The onchain key of a node, as far as it is known now. */
  readonly findNetKey: (name: string) => Hex | undefined
  /** Whether this node carries connections for others. */
  readonly routes: boolean
}

/** The node that must be at the other end. */
export type ExpectedPeer = { readonly name: string; readonly netKey: Hex }

/** Why we are dialling, which decides what is said first. */
export type DialRole =
  /** To the peer itself; `proxyRequest` when it is one of our routers. */
  | { readonly kind: 'direct'; readonly peer: ExpectedPeer; readonly proxyRequest: boolean }
  /** To a router, asking for the peer; we still shake hands as initiator. */
  | { readonly kind: 'routed'; readonly peer: ExpectedPeer; readonly router: string }
  /** To a router that told us the peer waits there; we shake hands as responder. */
  | { readonly kind: 'answer'; readonly peer: { readonly name: string }; readonly router: string }

export type Established = {
  readonly kind: 'established'
  readonly peer: string
  readonly send: CipherState
  readonly receive: CipherState
  readonly incoming: PartialMessage | undefined
  /** When a message last started, continued or ended, in milliseconds. */
  readonly activeMs: number
}

/** The other side has proven that it holds some key, and we wait for the chain to say whether it is the right one. */
export type AwaitingIdentity = {
  readonly kind: 'awaiting-identity'
  readonly payload: HandshakePayload
  readonly remoteStatic: Uint8Array
  readonly transport: Transport
  /** What is wrong as long as nothing changes. */
  readonly problem: string
  readonly deadlineMs: number
}

/** Where a connection is; each state holds exactly what its next step needs. */
export type ConnectionState =
  | { readonly kind: 'dialing'; readonly role: DialRole; readonly keys: HandshakeKeys; readonly deadlineMs: number }
  | { readonly kind: 'awaiting-first-frame'; readonly keys: HandshakeKeys; readonly deadlineMs: number }
  | {
      readonly kind: 'awaiting-message-1'
      /** Name of the node that must be at the other end. */
      readonly expected: string
      readonly keys: HandshakeKeys
      readonly deadlineMs: number
    }
  | {
      readonly kind: 'awaiting-message-2'
      readonly expected: ExpectedPeer
      readonly proxyRequest: boolean
      readonly noise: AwaitingMessage2
      readonly deadlineMs: number
    }
  | {
      readonly kind: 'awaiting-message-3'
      readonly expected: string | undefined
      readonly noise: AwaitingMessage3
      readonly deadlineMs: number
    }
  | AwaitingIdentity
  | Established
  /** The socket carries somebody else's bytes now. */
  | { readonly kind: 'passed-on' }
  | { readonly kind: 'closed' }

export type ConnectionEvent =
  /** The socket is connected. */
  | { readonly kind: 'opened' }
  /** A complete frame of the handshake phase. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** The clear-text length in front of a message. */
  | { readonly kind: 'total'; readonly total: number }
  /** A sealed piece of a message. */
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  /** What is known about the node `name` has changed. */
  | { readonly kind: 'identity-changed'; readonly name: string }
  /** The deadline has been reached, perhaps. */
  | { readonly kind: 'timer' }
  /** An encoded message is to be sent. */
  | { readonly kind: 'send'; readonly encoded: Uint8Array }

/**
 * Why the rules close a connection: the peer broke one, it holds another key than the one we know, time ran out, or
 * nothing was said for long.
 */
export type CloseCause = 'fault' | 'wrong-key' | 'timeout' | 'idle'

export type ConnectionEffect =
  /** Frames of the handshake phase, to be written together. */
  | { readonly kind: 'write-frames'; readonly frames: readonly Uint8Array[] }
  /** One message: its length in clear text and its sealed chunks, to be written together. */
  | { readonly kind: 'write-message'; readonly total: number; readonly chunks: readonly Uint8Array[] }
  | { readonly kind: 'authenticated'; readonly peer: string; readonly proxyRequest: boolean }
  | { readonly kind: 'deliver'; readonly message: KernelMessage }
  /** A message was ignored; the link goes on. */
  | { readonly kind: 'drop'; readonly reason: string }
  /** A valid routing request: whoever routes takes the socket over. */
  | { readonly kind: 'route'; readonly request: RoutingRequest }
  | { readonly kind: 'close'; readonly cause: CloseCause; readonly reason: string }

export type Step = { readonly state: ConnectionState; readonly effects: readonly ConnectionEffect[] }

export function stepTo(state: ConnectionState, ...effects: readonly ConnectionEffect[]): Step {
  return { state, effects }
}

export function closeFor(cause: CloseCause, reason: string): Step {
  return stepTo({ kind: 'closed' }, { kind: 'close', cause, reason })
}
