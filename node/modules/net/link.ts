import type { KernelMessage, RoutingRequest } from '@hyperware/protocol'
import { unreachable } from '@hyperware/protocol'
import { deadlineOf, step, wants } from './connection.ts'
import type {
  CloseCause,
  ConnectionContext,
  ConnectionEffect,
  ConnectionEvent,
  ConnectionState,
} from './connection-state.ts'
import type { Transport, TransportEvents } from './transport.ts'

/** How a link ended: one of the rules, the other side, or our own wish. */
export type LinkEnd = { readonly cause: CloseCause | 'remote' | 'local'; readonly reason: string }

/** What a link tells its owner. Unless its socket was passed on, `ended` comes once, and `released` after it. */
export type LinkEvents = {
  readonly created: (link: Link) => void
  readonly authenticated: (link: Link, peer: string, proxyRequest: boolean) => void
  readonly message: (link: Link, message: KernelMessage) => void
  readonly dropped: (link: Link, reason: string) => void
  readonly routeAsked: (link: Link, request: RoutingRequest) => void
  readonly writable: (link: Link) => void
  /** Nothing more is sent or read. */
  readonly ended: (link: Link, end: LinkEnd) => void
  /** The socket is gone too. */
  readonly released: (link: Link) => void
}

export type LinkDeps = {
  readonly context: ConnectionContext
  readonly elapsed: () => number
  readonly events: LinkEvents
}

export type LinkOrigin = { readonly direction: 'outgoing' | 'incoming'; readonly via: string | undefined }

/** The thin shell around one connection: feeds the pure steps from a transport and carries out their effects. */
export class Link {
  readonly direction: 'outgoing' | 'incoming'
  /** The router between us and the peer, if any. */
  readonly via: string | undefined
  readonly openedMs: number
  readonly #deps: LinkDeps
  #transport: Transport
  #state: ConnectionState
  #timer: NodeJS.Timeout | undefined
  #end: LinkEnd | undefined
  #pumping = false
  #heard = false
  #peer: string | undefined

  constructor(
    deps: LinkDeps,
    { direction, via }: LinkOrigin,
    state: ConnectionState,
    open: (events: TransportEvents) => Transport,
  ) {
    this.#deps = deps
    this.direction = direction
    this.via = via
    this.openedMs = deps.elapsed()
    this.#state = state
    this.#transport = open({
      opened: () => this.#step({ kind: 'opened' }),
      readable: () => this.#pump(),
      drained: () => {
        if (this.writable) deps.events.writable(this)
      },
      lost: (problem) => this.#lost(problem),
    })
    this.#armTimer()
    deps.events.created(this)
  }

  get remote(): string {
    return this.#transport.remote
  }

  get stateKind(): ConnectionState['kind'] {
    return this.#state.kind
  }

  /** The authenticated peer, from when there is one to beyond the end. */
  get peer(): string | undefined {
    return this.#peer
  }

  /** When a message last passed, in milliseconds. */
  get activeMs(): number {
    return this.#state.kind === 'established' ? this.#state.activeMs : this.openedMs
  }

  /** Whether the other side has sent anything that the rules accepted. */
  get heard(): boolean {
    return this.#heard
  }

  get live(): boolean {
    return this.#state.kind === 'established' && this.#end === undefined
  }

  get writable(): boolean {
    return this.live && this.#transport.writable
  }

  /** Sends one encoded message; only when `writable`. */
  send(encoded: Uint8Array): void {
    this.#step({ kind: 'send', encoded })
  }

  identityChanged(name: string): void {
    if (this.#state.kind !== 'awaiting-identity') return
    this.#step({ kind: 'identity-changed', name })
    this.#pump()
  }

  /** Closes after what was written has left. */
  close(reason: string): void {
    const open = this.live
    this.#finish({ cause: 'local', reason }, () => (open ? this.#transport.close() : this.#transport.abort()))
  }

  /** Gives up the socket to whoever carries it on; only after `routeAsked`. */
  detach(): ReturnType<Transport['detach']> {
    clearTimeout(this.#timer)
    return this.#transport.detach()
  }

  /** Takes unit after unit for as long as the state wants one. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#end === undefined) {
        const wanted = wants(this.#state)
        if (wanted === 'nothing') {
          if (this.#state.kind === 'awaiting-identity') this.#transport.pause()
          return
        }
        const unit = this.#transport.take(wanted)
        if (unit === undefined) {
          this.#transport.resume()
          return
        }
        this.#step(unit)
      }
    } finally {
      this.#pumping = false
    }
  }

  #step(event: ConnectionEvent): void {
    if (this.#end !== undefined) return
    const before = this.#state.kind
    const { state, effects } = step(this.#deps.context, this.#state, event, this.#deps.elapsed())
    this.#state = state
    if (state.kind !== before) this.#armTimer()
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ConnectionEffect): void {
    const { events } = this.#deps
    switch (effect.kind) {
      case 'write-frames':
        return this.#transport.writeFrames(effect.frames)
      case 'write-message':
        return this.#transport.writeMessage(effect.total, effect.chunks)
      case 'authenticated':
        this.#peer = effect.peer
        return events.authenticated(this, effect.peer, effect.proxyRequest)
      case 'deliver':
        this.#heard = true
        return events.message(this, effect.message)
      case 'drop':
        this.#heard = true
        return events.dropped(this, effect.reason)
      case 'route':
        return events.routeAsked(this, effect.request)
      case 'close': {
        const { cause, reason } = effect
        return this.#finish({ cause, reason }, () =>
          cause === 'idle' ? this.#transport.close() : this.#transport.abort(),
        )
      }
      default:
        return unreachable(effect)
    }
  }

  /** The timer always runs for the state at hand; a deadline that moved on meanwhile only arms it again. */
  #armTimer(): void {
    clearTimeout(this.#timer)
    const deadlineMs = this.#end === undefined ? deadlineOf(this.#state) : undefined
    if (deadlineMs === undefined) return
    this.#timer = setTimeout(
      () => {
        this.#step({ kind: 'timer' })
        if (this.#end === undefined) this.#armTimer()
      },
      Math.max(1, deadlineMs - this.#deps.elapsed()),
    )
    this.#timer.unref()
  }

  #lost(problem: string | undefined): void {
    const reason =
      this.#state.kind === 'dialing'
        ? `cannot connect to ${this.remote}${problem === undefined ? '' : `: ${problem}`}`
        : `the other side closed the connection${problem === undefined ? '' : ` (${problem})`}`
    this.#finish({ cause: 'remote', reason }, () => this.#transport.abort())
    this.#deps.events.released(this)
  }

  #finish(end: LinkEnd, closeTransport: () => void): void {
    if (this.#end !== undefined) return
    this.#end = end
    clearTimeout(this.#timer)
    closeTransport()
    this.#deps.events.ended(this, end)
  }
}
