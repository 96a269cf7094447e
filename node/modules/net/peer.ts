import type { Hex, KernelMessage } from '@hyperware/protocol'
import { DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS } from './constants.ts'
import type { Link } from './link.ts'
import type { PeerStatus } from './types.ts'

/** A message that is encoded and has not been handed to a socket. */
export type Outgoing = { readonly message: KernelMessage; readonly encoded: Uint8Array }

/** A live link, and the facts that it was accepted on. */
export type PeerLink = {
  readonly link: Link
  /** The key that the peer proved to hold. */
  readonly netKey: Hex | undefined
  /** The peer asked us, on this link, to be its router. */
  readonly client: boolean
  readonly connectedMs: number
  /** Messages handed over before the peer said anything: it may have refused us without a word. */
  unheard: KernelMessage[]
  /** Close once nothing waits: the peer has a new key. */
  retiring: boolean
}

/** What we hold of one other node, from the first message to it until the last link is gone. */
export type Peer = {
  readonly name: string
  /** Newest first; at most one per direction. The first live one carries what we send. */
  links: PeerLink[]
  queue: Outgoing[]
  queuedBytes: number
  /** A dial that waits for its time or runs. */
  dialSinceMs: number | undefined
  /** Failed dials in a row. */
  failures: number
  retryAtMs: number
  failedMs: number
  lastError: string | undefined
  /** Called when what is known about the node changes while a dial waits for just that. */
  identityChanged: (() => void) | undefined
}

export function newPeer(name: string): Peer {
  return {
    name,
    links: [],
    queue: [],
    queuedBytes: 0,
    dialSinceMs: undefined,
    failures: 0,
    retryAtMs: 0,
    failedMs: 0,
    lastError: undefined,
    identityChanged: undefined,
  }
}

/** The link that carries what we send. */
export function currentLink(peer: Peer): PeerLink | undefined {
  return peer.links.find(({ link }) => link.live)
}

export function isIdle(peer: Peer): boolean {
  return peer.links.length === 0 && peer.queue.length === 0 && peer.dialSinceMs === undefined
}

/** Another failed dial in a row: the next one waits longer. */
export function noteFailure(peer: Peer, reason: string, nowMs: number): void {
  const backoffMs = Math.min(DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS * 2 ** Math.min(peer.failures, 16))
  peer.failures += 1
  peer.failedMs = nowMs
  peer.retryAtMs = nowMs + backoffMs
  peer.lastError = reason
}

/** The failures so far mean nothing any more. */
export function forgive(peer: Peer): void {
  peer.failures = 0
  peer.retryAtMs = 0
  peer.lastError = undefined
}

/** The peer as people see it. `startedMs` is when the clock of its times began, in milliseconds since 1970. */
export function peerStatus(peer: Peer, startedMs: number): PeerStatus {
  const { name, dialSinceMs, failedMs, lastError } = peer
  const current = currentLink(peer)
  const error = lastError === undefined ? {} : { lastError }
  const since = (ms: number) => ({ sinceMs: Math.round(startedMs + ms) })
  if (current !== undefined) {
    const { direction, via } = current.link
    const route = via === undefined ? {} : { via }
    return { name, state: 'connected', direction, ...since(current.connectedMs), ...route, ...error }
  }
  if (dialSinceMs !== undefined) {
    return { name, state: 'connecting', direction: 'outgoing', ...since(dialSinceMs), ...error }
  }
  return { name, state: 'failed', direction: 'outgoing', ...since(failedMs), ...error }
}
