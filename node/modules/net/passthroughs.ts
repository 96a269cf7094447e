import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import type { RoutingRequest } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import { CLOSE_GRACE_MS, HANDSHAKE_BUDGET_MS, IDLE_MS, PENDING_ROUTE_BYTES, PENDING_ROUTE_MS } from './constants.ts'
import { tcpAddress } from './dial-plan.ts'
import type { Link } from './link.ts'
import type { IdentityLookup, Self } from './types.ts'

/** One end of a route: a socket, and what was read from it before there was anybody to give it to. */
type Half = { readonly socket: Socket; readonly head: Uint8Array[] }

/** A connection carried for others: waiting for its other half, or spliced. */
type Route = {
  readonly source: string
  readonly target: string
  readonly sockets: Socket[]
  /** The half that waits; undefined once spliced. */
  waiting: Half | undefined
  timer: NodeJS.Timeout | undefined
}

type PassthroughDeps = {
  readonly self: Self
  readonly find: IdentityLookup['find']
  readonly log: Log
  readonly max: number
  /** Whether a node is connected to us as our client. */
  readonly isClient: (name: string) => boolean
  /** Tells a client of ours that `source` waits for it here. */
  readonly notify: (target: string, source: string) => void
}

/** The router's half of net.md section 8: joins two connections and sees only ciphertext. */
export class Passthroughs {
  readonly #deps: PassthroughDeps
  /** Oldest first. */
  readonly #routes = new Set<Route>()

  constructor(deps: PassthroughDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#routes.size
  }

  /** Takes over the socket of a link whose routing request has been verified. */
  take(link: Link, { source, target }: RoutingRequest): void {
    const { remote } = link
    const { socket, head } = link.detach()
    const half = { socket, head: head.length > 0 ? [head] : [] }
    // A socket without a listener for errors takes the whole process down.
    socket.on('error', () => socket.destroy())
    const refuse = (reason: string): void => {
      this.#deps.log.warn('route-refused', { source, target, remote, reason })
      socket.destroy()
    }
    const other = this.#waitingFor(target, source)
    if (other !== undefined) return this.#splice(other, half)
    const replaced = this.#waitingFor(source, target)
    if (replaced !== undefined) this.#drop(replaced, 'a newer request of the same pair took its place')
    if (target === this.#deps.self.name) return refuse('the target is this router itself')
    const identity = this.#deps.find(target)
    const address = identity?.routing.kind === 'direct' ? tcpAddress(this.#deps.self, identity) : undefined
    if (address !== undefined && 'problem' in address) return refuse(address.problem)
    if (address === undefined && !this.#deps.isClient(target)) return refuse(`${target} is not registered here`)
    this.#makeRoom()
    const route = this.#wait(half, { source, target })
    if (address === undefined) this.#deps.notify(target, source)
    else this.#reach(route, address)
  }

  /** The target does not want the connection it was told of. */
  rejected(target: string, source: string): void {
    const route = this.#waitingFor(source, target)
    if (route !== undefined) this.#drop(route, 'the target rejected it')
  }

  closeAll(): void {
    for (const route of this.#routes) this.#drop(route, 'this node is stopping')
  }

  #waitingFor(source: string, target: string): Route | undefined {
    for (const route of this.#routes) {
      if (route.waiting !== undefined && route.source === source && route.target === target) return route
    }
    return undefined
  }

  #makeRoom(): void {
    const [oldest] = this.#routes
    if (this.#routes.size >= this.#deps.max && oldest !== undefined) {
      this.#drop(oldest, 'too many routes, and this one was the oldest')
    }
  }

  /** Keeps a half, reading a little ahead so as to notice when it goes away. */
  #wait(half: Half, { source, target }: { source: string; target: string }): Route {
    const { socket, head } = half
    const route: Route = { source, target, sockets: [socket], waiting: half, timer: undefined }
    let bytes = head.reduce((sum, part) => sum + part.length, 0)
    socket.on('data', (part: Uint8Array) => {
      head.push(part)
      bytes += part.length
      if (bytes > PENDING_ROUTE_BYTES) socket.pause()
    })
    socket.on('close', () => this.#drop(route, 'an end closed'))
    route.timer = setTimeout(() => this.#drop(route, 'the other half did not come'), PENDING_ROUTE_MS).unref()
    this.#routes.add(route)
    socket.resume()
    return route
  }

  /** The target is direct: opens the other half ourselves. */
  #reach(route: Route, address: { host: string; port: number }): void {
    const socket = createConnection(address)
    socket.setNoDelay(true)
    route.sockets.push(socket)
    const timer = setTimeout(() => this.#drop(route, 'the target did not answer'), HANDSHAKE_BUDGET_MS).unref()
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      this.#drop(route, 'the target closed or cannot be reached')
    })
    socket.on('connect', () => {
      clearTimeout(timer)
      this.#splice(route, { socket, head: [] })
    })
  }

  #splice(route: Route, newcomer: Half): void {
    const first = route.waiting
    if (first === undefined) return
    clearTimeout(route.timer)
    route.waiting = undefined
    if (!route.sockets.includes(newcomer.socket)) route.sockets.push(newcomer.socket)
    this.#deps.log.debug('route-opened', { source: route.source, target: route.target })
    forward(first, newcomer.socket)
    forward(newcomer, first.socket)
    for (const { socket } of [first, newcomer]) {
      socket.on('close', () => this.#drop(route, 'an end closed'))
      socket.setTimeout(IDLE_MS, () => this.#drop(route, 'nothing passed for long'))
    }
  }

  #drop(route: Route, reason: string): void {
    if (!this.#routes.delete(route)) return
    clearTimeout(route.timer)
    for (const socket of route.sockets) {
      // What is on its way may still leave, unless the other end does not read.
      socket.destroySoon()
      setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref()
    }
    this.#deps.log.debug('route-closed', { source: route.source, target: route.target, reason })
  }
}

/** Passes on what was read already and all that follows, no faster than `to` takes it. */
function forward({ socket, head }: Half, to: Socket): void {
  socket.removeAllListeners('data')
  for (const part of head) to.write(part)
  socket.pipe(to)
}
