import { setTimeout as sleep } from 'node:timers/promises'
import { MESSAGE_MAX_BYTES, encodeKernelMessage, kernelMessageSize } from '@hyperware/protocol'
import type { KernelMessage } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import {
  FAILED_PEERS_MAX,
  HANDSHAKE_BUDGET_MS,
  IDENTITY_GRACE_MS,
  QUEUES_MAX_BYTES,
  QUEUE_MAX_BYTES,
  QUEUE_MAX_MESSAGES,
  RACE_MS,
} from './constants.ts'
import { planDial, randomBelow } from './dial-plan.ts'
import type { DialResult, Dialer } from './dialer.ts'
import type { Link, LinkEnd } from './link.ts'
import { currentLink, forgive, isIdle, newPeer, noteFailure, peerStatus } from './peer.ts'
import type { Outgoing, Peer, PeerLink } from './peer.ts'
import type { IdentityLookup, NetDeps, PeerStatus, RandomSource, Self, SendFailure } from './types.ts'

/** Messages remembered for an honest answer when a peer closes without ever having said a word. */
const UNHEARD_MAX = 64
/** A link lost with messages waiting is dialled again after a random part of this, so that two ends do not collide. */
const REDIAL_SPREAD_MS = 200

type PeersDeps = {
  readonly self: Self
  readonly identities: IdentityLookup
  readonly log: Log
  readonly now: NetDeps['now']
  readonly elapsed: NetDeps['elapsed']
  readonly random: RandomSource
  readonly sendFailed: (failure: SendFailure) => void
  readonly maxPeers: number
  readonly dialer: Dialer
  readonly signal: AbortSignal
}

/** Every other node we have to do with: one queue each, links that come and go, and dialling when needed. */
export class Peers {
  readonly #deps: PeersDeps
  readonly #peers = new Map<string, Peer>()
  #queuedBytes = 0

  constructor(deps: PeersDeps) {
    this.#deps = deps
  }

  /** Puts a message in its peer's queue, and sees to it that the queue moves. */
  send(message: KernelMessage): void {
    const size = kernelMessageSize(message)
    if (size > MESSAGE_MAX_BYTES) {
      return this.#fail(
        'too-large',
        message,
        `the message has ${size} bytes encoded, expected at most ${MESSAGE_MAX_BYTES}`,
      )
    }
    const peer = this.#obtain(message.target.node)
    const full = this.#fullness(peer, size)
    if (full !== undefined) return this.#fail('queue-full', message, full)
    peer.queue.push({ message, encoded: encodeKernelMessage(message) })
    this.#count(peer, size)
    this.#advance(peer)
  }

  /** A link has proven who is at its other end: from now on it is how we reach that peer. */
  adopt(link: Link, name: string, client: boolean): void {
    const peer = this.#obtain(name)
    const { elapsed, log } = this.#deps
    // Both ends dialling at once make two links; each end may have chosen the other one, so both stay readable.
    const isRace = (old: PeerLink): boolean =>
      old.link.direction !== link.direction && elapsed() - old.link.openedMs < RACE_MS
    const before = peer.links
    const netKey = this.#deps.identities.find(name)?.netKey
    const entry = { link, netKey, client, connectedMs: elapsed(), unheard: [], retiring: false }
    peer.links = [entry, ...before.filter(isRace)]
    for (const old of before) {
      if (!isRace(old)) old.link.close('a newer connection of the same peer took its place')
    }
    peer.lastError = undefined
    if (link.direction === 'incoming') forgive(peer)
    log.debug('peer-connected', { peer: name, direction: link.direction, via: link.via, remote: link.remote })
    this.#evict(peer)
    this.#advance(peer)
  }

  /** The peer said something: the link is good, and so is what was sent on it. */
  heard(link: Link, name: string): void {
    const peer = this.#peers.get(name)
    const entry = peer?.links.find((candidate) => candidate.link === link)
    if (peer === undefined || entry === undefined) return
    entry.unheard = []
    forgive(peer)
  }

  writable(name: string): void {
    const peer = this.#peers.get(name)
    if (peer !== undefined) this.#advance(peer)
  }

  /** An authenticated link is gone. Only this very link is forgotten; a newer one of the same peer stays. */
  ended(link: Link, name: string, end: LinkEnd): void {
    const peer = this.#peers.get(name)
    const entry = peer?.links.find((candidate) => candidate.link === link)
    if (peer === undefined || entry === undefined) return
    peer.links = peer.links.filter((candidate) => candidate !== entry)
    const justConnected = this.#deps.elapsed() - entry.connectedMs < HANDSHAKE_BUDGET_MS
    if (!link.heard && link.direction === 'outgoing' && end.cause === 'remote' && justConnected) {
      const reason = `${name} closed the connection right after the handshake: it may not know this node's name or key yet`
      noteFailure(peer, reason, this.#deps.elapsed())
      for (const message of entry.unheard) this.#fail('offline', message, reason)
    }
    this.#advance(peer, randomBelow(this.#deps.random, REDIAL_SPREAD_MS))
    this.#tidy(peer)
  }

  /** What is known about a node has changed: old failures mean nothing now, and a link with an old key must go. */
  identityChanged(name: string): void {
    const peer = this.#peers.get(name)
    if (peer === undefined) return
    forgive(peer)
    peer.identityChanged?.()
    const netKey = this.#deps.identities.find(name)?.netKey
    for (const entry of peer.links) if (entry.netKey !== netKey) entry.retiring = true
    this.#advance(peer)
    this.#tidy(peer)
  }

  /** Dials a peer unless there is a live link. */
  async connect(name: string): Promise<DialResult> {
    const peer = this.#obtain(name)
    if (currentLink(peer) !== undefined) return { ok: true }
    if (peer.dialSinceMs !== undefined) return { ok: false, reason: 'another dial is under way', wrongKey: false }
    return this.#dial(peer, 0)
  }

  hasLink(name: string): boolean {
    const peer = this.#peers.get(name)
    return peer !== undefined && currentLink(peer) !== undefined
  }

  /** Whether the peer is connected and asked us to be its router. */
  isClient(name: string): boolean {
    return this.#peers.get(name)?.links.some(({ link, client }) => client && link.live) ?? false
  }

  /** Closes every link of one peer. */
  close(name: string, reason: string): void {
    for (const { link } of this.#peers.get(name)?.links ?? []) link.close(reason)
  }

  closeAll(reason: string): void {
    for (const name of this.#peers.keys()) this.close(name, reason)
  }

  status(): readonly PeerStatus[] {
    const startedMs = this.#deps.now() - this.#deps.elapsed()
    return [...this.#peers.values()]
      .filter((peer) => !isIdle(peer) || peer.lastError !== undefined)
      .map((peer) => peerStatus(peer, startedMs))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  #obtain(name: string): Peer {
    const known = this.#peers.get(name)
    if (known !== undefined) return known
    const peer = newPeer(name)
    this.#peers.set(name, peer)
    return peer
  }

  #count(peer: Peer, bytes: number): void {
    peer.queuedBytes += bytes
    this.#queuedBytes += bytes
  }

  #fullness(peer: Peer, size: number): string | undefined {
    if (peer.queue.length >= QUEUE_MAX_MESSAGES) return `${peer.queue.length} messages already wait for ${peer.name}`
    if (peer.queuedBytes + size > QUEUE_MAX_BYTES) return `${peer.queuedBytes} bytes already wait for ${peer.name}`
    if (this.#queuedBytes + size > QUEUES_MAX_BYTES) return `${this.#queuedBytes} bytes already wait for other nodes`
    return undefined
  }

  /** Moves the queue: onto the current link while it takes more, or towards a dial when there is none. */
  #advance(peer: Peer, delayMs = 0): void {
    const current = currentLink(peer)
    if (current === undefined) {
      if (peer.queue.length > 0 && peer.dialSinceMs === undefined) this.#startDial(peer, delayMs)
      return
    }
    while (current.link.writable) {
      const next = peer.queue.shift()
      if (next === undefined) break
      this.#count(peer, -next.encoded.length)
      if (!current.link.heard && current.unheard.length < UNHEARD_MAX) current.unheard.push(next.message)
      current.link.send(next.encoded)
    }
    if (peer.queue.length > 0) return
    for (const entry of peer.links) if (entry.retiring) entry.link.close('the peer has a new key')
  }

  #startDial(peer: Peer, delayMs: number): void {
    const { log } = this.#deps
    this.#dial(peer, Math.max(delayMs, peer.retryAtMs - this.#deps.elapsed())).catch((error: unknown) => {
      log.error('dial-crashed', { peer: peer.name, error: String(error) })
    })
  }

  async #dial(peer: Peer, delayMs: number): Promise<DialResult> {
    peer.dialSinceMs = this.#deps.elapsed()
    let result: DialResult
    try {
      result = await this.#tryToReach(peer, delayMs)
    } finally {
      peer.dialSinceMs = undefined
    }
    if (result.ok || currentLink(peer) !== undefined) {
      this.#advance(peer)
      return { ok: true }
    }
    // A name that nobody published is no peer: it must not fill the list.
    if (this.#deps.identities.find(peer.name) !== undefined) noteFailure(peer, result.reason, this.#deps.elapsed())
    this.#deps.log.info('peer-unreachable', { peer: peer.name, reason: result.reason })
    for (const { message } of this.#drain(peer)) this.#fail('offline', message, result.reason)
    this.#tidy(peer)
    return result
  }

  async #tryToReach(peer: Peer, delayMs: number): Promise<DialResult> {
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false })
    const keyBefore = this.#deps.identities.find(peer.name)?.netKey
    const first = await this.#dialOnce(peer)
    if (first.ok || !first.wrongKey) return first
    const changed = keyBefore !== this.#deps.identities.find(peer.name)?.netKey || (await this.#identityChange(peer))
    return changed ? this.#dialOnce(peer) : first
  }

  async #dialOnce(peer: Peer): Promise<DialResult> {
    const { self, identities, random, dialer, signal } = this.#deps
    if (currentLink(peer) !== undefined) return { ok: true }
    if (signal.aborted) return { ok: false, reason: 'this node is stopping', wrongKey: false }
    const identity = identities.find(peer.name)
    if (identity === undefined) return { ok: false, reason: `${peer.name} is not a known node`, wrongKey: false }
    const plan = planDial({ self, find: (name) => identities.find(name), random }, identity)
    if (plan.kind === 'unreachable') return { ok: false, reason: plan.reason, wrongKey: false }
    return dialer.dial(plan.attempts, signal)
  }

  /** A key just rotated reaches the two ends at different times: waits a moment for word of it. */
  async #identityChange(peer: Peer): Promise<boolean> {
    const changed = Promise.withResolvers<boolean>()
    peer.identityChanged = () => changed.resolve(true)
    const timer = setTimeout(() => changed.resolve(false), IDENTITY_GRACE_MS).unref()
    try {
      return await changed.promise
    } finally {
      clearTimeout(timer)
      peer.identityChanged = undefined
    }
  }

  #drain(peer: Peer): Outgoing[] {
    const drained = peer.queue
    peer.queue = []
    this.#count(peer, -peer.queuedBytes)
    return drained
  }

  /** Beyond the bound, the peer that was quiet for longest goes; our routers stay, and clients of ours go last. */
  #evict(newcomer: Peer): void {
    const linked = [...this.#peers.values()].filter((peer) => currentLink(peer) !== undefined)
    if (linked.length <= this.#deps.maxPeers) return
    const routing = this.#deps.self.routing
    const routers: readonly string[] = routing.kind === 'indirect' ? routing.routers : []
    const [quietest] = linked
      .filter((peer) => peer !== newcomer && !routers.includes(peer.name))
      .map((peer) => ({ peer, client: this.isClient(peer.name), activeMs: currentLink(peer)?.link.activeMs ?? 0 }))
      .toSorted((a, b) => Number(a.client) - Number(b.client) || a.activeMs - b.activeMs)
    if (quietest === undefined) return
    this.#deps.log.debug('peer-evicted', { peer: quietest.peer.name, maxPeers: this.#deps.maxPeers })
    this.close(quietest.peer.name, 'too many peers, and this one was quiet for longest')
  }

  /** Forgets a peer that nothing is left of, and the oldest failure beyond the bound. */
  #tidy(peer: Peer): void {
    if (!isIdle(peer)) return
    this.#peers.delete(peer.name)
    if (peer.lastError === undefined) return
    this.#peers.set(peer.name, peer)
    const failed = [...this.#peers.values()].filter(isIdle)
    const oldest = failed[0]
    if (failed.length > FAILED_PEERS_MAX && oldest !== undefined) this.#peers.delete(oldest.name)
  }

  #fail(kind: SendFailure['kind'], message: KernelMessage, reason: string): void {
    this.#deps.sendFailed({ kind, message, reason })
  }
}
