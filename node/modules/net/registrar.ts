import { utf8ToBytes } from '@hyperware/protocol'
import type { KernelMessage } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import {
  ROUTER_BACKOFF_MAX_MS,
  ROUTER_BACKOFF_MIN_MS,
  ROUTER_CHECK_MS,
  ROUTER_HI_EVERY_MS,
  ROUTER_HI_TIMEOUT_MS,
  ROUTER_STEADY_MS,
} from './constants.ts'
import { netRequest } from './messages.ts'
import type { Peers } from './peers.ts'
import type { RandomSource, Self } from './types.ts'

/** Our relation to one of our routers. */
type Registration = {
  readonly router: string
  /** Failed dials in a row. */
  failures: number
  /** Links in a row that did not last. */
  shortLinks: number
  /** When the link that stands was made. */
  linkedAtMs: number | undefined
  looking: boolean
  /** A nudge came while looking. */
  again: boolean
  timer: NodeJS.Timeout | undefined
  /** The greeting that waits for an answer, by id. */
  greeting: { readonly id: bigint; readonly timer: NodeJS.Timeout } | undefined
  greetAtMs: number
}

type RegistrarDeps = {
  readonly self: Self
  readonly log: Log
  readonly elapsed: () => number
  readonly random: RandomSource
  readonly peers: Peers
}

/**
 * Keeps an indirect node connected to each of its routers (net.md section 8.1). A registration has no acknowledgement,
 * so each is followed by a greeting, repeated from time to time; a router that does not answer is dialled anew.
 */
export class Registrar {
  readonly #deps: RegistrarDeps
  readonly #registrations: ReadonlyMap<string, Registration>
  #running = false

  constructor(deps: RegistrarDeps) {
    this.#deps = deps
    const { routing } = deps.self
    const routers: readonly string[] = routing.kind === 'indirect' ? routing.routers : []
    this.#registrations = new Map(routers.map((router) => [router, newRegistration(router)]))
  }

  start(): void {
    this.#running = true
    for (const registration of this.#registrations.values()) this.#schedule(registration, 0)
  }

  stop(): void {
    this.#running = false
    for (const registration of this.#registrations.values()) {
      clearTimeout(registration.timer)
      clearTimeout(registration.greeting?.timer)
      registration.greeting = undefined
    }
  }

  /** What is known about a router changed: looks again at once, whatever failed before. */
  identityChanged(name: string): void {
    const registration = this.#registrations.get(name)
    if (registration === undefined || !this.#running) return
    registration.failures = 0
    registration.shortLinks = 0
    this.#lookSoon(registration)
  }

  /**
   * The link to a router is gone: looks again, at once when the link had lasted. Two nodes that hold the same key, such
   * as one started in a copied home folder, take each other's place at the router, and must not do so without pause.
   */
  linkLost(name: string): void {
    const registration = this.#registrations.get(name)
    if (registration === undefined || !this.#running) return
    const { linkedAtMs } = registration
    if (linkedAtMs !== undefined) {
      const lastedMs = Math.round(this.#deps.elapsed() - linkedAtMs)
      registration.linkedAtMs = undefined
      registration.shortLinks = lastedMs < ROUTER_STEADY_MS ? registration.shortLinks + 1 : 0
      if (registration.shortLinks > 1) {
        const { shortLinks } = registration
        this.#deps.log.warn('router-unsteady', { router: name, lastedMs, shortLinks, nextMs: backoff(shortLinks) })
      }
    }
    this.#lookSoon(registration)
  }

  /** Takes the answer to one of our greetings; says whether it was one. */
  answered({ id, source }: KernelMessage): boolean {
    const registration = this.#registrations.get(source.node)
    if (registration?.greeting?.id !== id) return false
    clearTimeout(registration.greeting.timer)
    registration.greeting = undefined
    return true
  }

  #lookSoon(registration: Registration): void {
    if (registration.looking) registration.again = true
    else this.#schedule(registration, pauseOf(registration))
  }

  #schedule(registration: Registration, delayMs: number): void {
    clearTimeout(registration.timer)
    registration.timer = setTimeout(() => {
      this.#look(registration).catch((error: unknown) => {
        this.#deps.log.error('registration-crashed', { router: registration.router, error: String(error) })
      })
    }, delayMs).unref()
  }

  async #look(registration: Registration): Promise<void> {
    const { peers, log, elapsed } = this.#deps
    const { router } = registration
    registration.looking = true
    const linked = peers.hasLink(router)
    const result = await peers.connect(router)
    registration.looking = false
    if (!this.#running) return
    if (!result.ok) {
      registration.failures += 1
      const nextMs = backoff(registration.failures)
      log.debug('registration-failed', { router, reason: result.reason, nextMs })
      this.#schedule(registration, registration.again ? 0 : nextMs)
      registration.again = false
      return
    }
    registration.failures = 0
    registration.again = false
    if (!linked) {
      registration.linkedAtMs = elapsed()
      log.info('router-connected', { router })
    }
    if (!linked || elapsed() >= registration.greetAtMs) this.#greet(registration)
    this.#schedule(registration, ROUTER_CHECK_MS)
  }

  #greet(registration: Registration): void {
    const { self, random, peers, log, elapsed } = this.#deps
    const { router } = registration
    clearTimeout(registration.greeting?.timer)
    registration.greetAtMs = elapsed() + ROUTER_HI_EVERY_MS
    const body = utf8ToBytes(`${self.name} is here`)
    const seconds = BigInt(ROUTER_HI_TIMEOUT_MS / 1000)
    const message = netRequest(random, { self: self.name, to: router, body, expectsResponse: seconds })
    const timer = setTimeout(() => {
      registration.greeting = undefined
      log.warn('router-silent', { router, waitedMs: ROUTER_HI_TIMEOUT_MS })
      peers.close(router, 'the router did not answer a greeting')
    }, ROUTER_HI_TIMEOUT_MS).unref()
    registration.greeting = { id: message.id, timer }
    peers.send(message)
  }
}

function newRegistration(router: string): Registration {
  return {
    router,
    failures: 0,
    shortLinks: 0,
    linkedAtMs: undefined,
    looking: false,
    again: false,
    timer: undefined,
    greeting: undefined,
    greetAtMs: 0,
  }
}

function pauseOf({ failures, shortLinks }: Registration): number {
  const most = Math.max(failures, shortLinks)
  return most === 0 ? 0 : backoff(most)
}

function backoff(failures: number): number {
  return Math.min(ROUTER_BACKOFF_MAX_MS, ROUTER_BACKOFF_MIN_MS * 2 ** Math.min(failures - 1, 16))
}
