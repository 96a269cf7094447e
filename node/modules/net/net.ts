import { NET_PROCESS, encodeNetAction, equalProcessIds, quote } from '@hyperware/protocol'
import type { KernelMessage, NodeIdentity } from '@hyperware/protocol'
import { createActions } from './actions.ts'
import type { ConnectionContext } from './connection-state.ts'
import { ANSWERS_MAX, CLOSE_GRACE_MS, HANDSHAKE_BUDGET_MS } from './constants.ts'
import { nodeCrypto } from './crypto-node.ts'
import { diagnosticsText } from './diagnostics.ts'
import { tcpAddress } from './dial-plan.ts'
import { createDialer } from './dialer.ts'
import { NetError } from './errors.ts'
import type { Link, LinkDeps, LinkEnd, LinkEvents } from './link.ts'
import { createListener } from './listener.ts'
import { netRequest } from './messages.ts'
import { Passthroughs } from './passthroughs.ts'
import { Peers } from './peers.ts'
import { Registrar } from './registrar.ts'
import type { Net, NetDeps } from './types.ts'

const MAX_PEERS = 64

/**
 * Composes the networking module. Nothing listens or dials before `start` or the first `send`.
 *
 * Memory has bounds: a connection that shakes hands holds at most 256 KiB, an established one besides that the message
 * that is arriving (10.5 MB, set aside as it arrives) and the one that is leaving, a route that waits 64 KiB and one
 * read of its socket, and a peer's queue 16 MiB, all queues together 128 MiB. The numbers of each are bounded too.
 */
export function createNet(deps: NetDeps): Net {
  const { self, identities, log, now, elapsed, random, sendFailed } = deps
  const { maxPeers = MAX_PEERS, maxPassthroughs = 0, listenHost = '0.0.0.0' } = deps
  const find = (name: string): NodeIdentity | undefined => identities.find(name)
  const context: ConnectionContext = {
    suite: nodeCrypto,
    self: { name: self.name, netKeySeed: self.netKeySeed },
    findNetKey: (name) => find(name)?.netKey,
    routes: maxPassthroughs > 0,
  }
  const stopping = new AbortController()
  /** Every socket that is ours, from creation to release. */
  const links = new Set<Link>()
  /** Connection requests of our routers that are being answered. */
  const answers = new Set<Link>()
  const allReleased = Promise.withResolvers<void>()

  const events: LinkEvents = {
    created: (link) => void links.add(link),
    authenticated(link, peer, proxyRequest) {
      listener.settle(link)
      answers.delete(link)
      const client = proxyRequest && link.direction === 'incoming'
      if (client) noteRegistration(link, peer)
      peers.adopt(link, peer, client)
      dialer.settle(link)
    },
    message(link, message) {
      peers.heard(link, message.source.node)
      if (equalProcessIds(message.target.process, NET_PROCESS)) actions.remote(message)
      else deps.deliver(message)
    },
    dropped: (link, reason) => log.debug('message-dropped', { peer: link.peer, reason }),
    routeAsked(link, request) {
      listener.settle(link)
      links.delete(link)
      passthroughs.take(link, request)
    },
    writable: (link) => link.peer !== undefined && peers.writable(link.peer),
    ended,
    released(link) {
      links.delete(link)
      if (links.size === 0 && stopping.signal.aborted) allReleased.resolve()
    },
  }
  const linkDeps: LinkDeps = { context, elapsed, events }
  const dialer = createDialer(linkDeps)
  const listener = createListener(linkDeps, log)
  const peers = new Peers({
    self,
    identities,
    log,
    now,
    elapsed,
    random,
    sendFailed,
    maxPeers,
    dialer,
    signal: stopping.signal,
  })
  const registrar = new Registrar({ self, log, elapsed, random, peers })
  const passthroughs = new Passthroughs({
    self,
    find,
    log,
    max: maxPassthroughs,
    isClient: (name) => peers.isClient(name) && refusalOf(name) === undefined,
    notify(target, source) {
      const body = encodeNetAction({ kind: 'ConnectionRequest', name: source })
      const expectsResponse = BigInt(HANDSHAKE_BUDGET_MS / 1000)
      peers.send(netRequest(random, { self: self.name, to: target, body, expectsResponse }))
    },
  })
  const actions = createActions({
    self,
    suite: nodeCrypto,
    find,
    log,
    greeted: deps.greeted,
    reply: (message) => (message.target.node === self.name ? deps.deliver(message) : peers.send(message)),
    peers: () => peers.status(),
    diagnostics: () =>
      diagnosticsText({ self, peers: peers.status(), maxPeers, routes: passthroughs.size, maxPassthroughs }, now()),
    answerConnection,
    rejected: (by, name) => passthroughs.rejected(by, name),
    answered: (message) => registrar.answered(message),
  })

  /** Why a node may not have us as its router: we must route, and its onchain routers must name us. */
  function refusalOf(peer: string): string | undefined {
    if (!context.routes) return 'this node routes for nobody'
    const routing = find(peer)?.routing
    const named = routing?.kind === 'indirect' && routing.routers.includes(self.name)
    return named ? undefined : 'its onchain routers do not name this node'
  }

  /** A refused client keeps an ordinary link, and may be accepted once the chain says otherwise. */
  function noteRegistration(link: Link, peer: string): void {
    const reason = refusalOf(peer)
    if (reason === undefined) log.debug('client-registered', { peer, remote: link.remote })
    else log.warn('registration-refused', { peer, remote: link.remote, reason })
  }

  /** One line for each connection that ended other than it should; dials are reported by whoever asked for them. */
  function ended(link: Link, end: LinkEnd): void {
    const { peer, remote } = link
    listener.settle(link)
    const answering = answers.delete(link)
    const dialled = dialer.settle(link, end)
    if (peer !== undefined) {
      if (end.cause === 'fault') log.warn('link-broken', { peer, remote, reason: end.reason })
      else log.debug('peer-disconnected', { peer, remote, reason: end.reason })
      peers.ended(link, peer, end)
      if (!stopping.signal.aborted && !peers.hasLink(peer)) registrar.linkLost(peer)
    } else if (!dialled) {
      const event = answering ? 'answer-failed' : 'handshake-failed'
      log[end.cause === 'local' ? 'debug' : 'warn'](event, { remote, reason: end.reason })
    }
  }

  /** A router of ours says that `name` waits there for us (net.md section 8.2). */
  function answerConnection(router: string, name: string): boolean {
    if (self.routing.kind !== 'indirect' || !(self.routing.routers as readonly string[]).includes(router)) return false
    const identity = find(router)
    const address = identity === undefined ? undefined : tcpAddress(self, identity)
    if (address === undefined || 'problem' in address) return false
    if (name === self.name || answers.size >= ANSWERS_MAX || stopping.signal.aborted) return false
    answers.add(dialer.open({ ...address, role: { kind: 'answer', peer: { name }, router } }))
    return true
  }

  const unsubscribe = identities.onChange((name) => {
    for (const link of links) link.identityChanged(name)
    peers.identityChanged(name)
    registrar.identityChanged(name)
  })

  return {
    async start() {
      if (self.routing.kind === 'direct') {
        const { tcp } = self.routing.ports
        if (tcp === undefined) throw noTransport(self.name)
        await listener.listen({ host: listenHost, port: tcp })
        log.info('net-listening', { host: listenHost, port: tcp })
      }
      registrar.start()
    },
    send: (message) => peers.send(message),
    handleLocal: (message: KernelMessage) => actions.local(message),
    peers: () => peers.status(),
    async stop() {
      stopping.abort()
      unsubscribe()
      registrar.stop()
      passthroughs.closeAll()
      for (const link of links) link.close('this node is stopping')
      if (links.size === 0) allReleased.resolve()
      setTimeout(allReleased.resolve, CLOSE_GRACE_MS + 200).unref()
      await Promise.all([allReleased.promise, listener.close()])
    },
  }
}

function noTransport(name: string): NetError {
  return new NetError(
    { code: 'no-transport', name },
    `Cannot start networking for ${quote(name)}: it is a direct node without a TCP port`,
    { hint: 'publish its ~tcp-port note' },
  )
}
