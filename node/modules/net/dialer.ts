import { setTimeout as sleep } from 'node:timers/promises'
import { dialing } from './connection.ts'
import { ROUTED_RETRY_MS } from './constants.ts'
import type { DialAttempt } from './dial-plan.ts'
import { Link } from './link.ts'
import type { LinkDeps, LinkEnd } from './link.ts'
import { dialTcp } from './tcp.ts'

/** How one attempt ended. */
type Outcome =
  { readonly kind: 'connected' } | { readonly kind: 'failed'; readonly end: LinkEnd; readonly early: boolean }

/** `wrongKey`: somebody answered, with another key than the one we know of the peer. */
export type DialResult =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly wrongKey: boolean }

/** Opens connections and waits until each is authenticated or gone. */
export type Dialer = {
  /** Tries one after the other until one is connected. */
  readonly dial: (attempts: readonly DialAttempt[], signal: AbortSignal) => Promise<DialResult>
  /** Opens one connection without waiting for it. */
  readonly open: (attempt: DialAttempt) => Link
  /** The owner of the links reports here what became of them; says whether the dialer had been waiting for this one. */
  readonly settle: (link: Link, end?: LinkEnd) => boolean
}

export function createDialer(deps: LinkDeps): Dialer {
  const waiting = new Map<Link, (outcome: Outcome) => void>()

  const open = ({ host, port, role }: DialAttempt): Link => {
    const { suite } = deps.context
    const keys = { staticKeys: suite.generateKeyPair(), ephemeralKeys: suite.generateKeyPair() }
    const via = role.kind === 'direct' ? undefined : role.router
    const direction = role.kind === 'answer' ? 'incoming' : 'outgoing'
    return new Link(deps, { direction, via }, dialing(role, keys, deps.elapsed()), (events) =>
      dialTcp({ host, port }, events),
    )
  }

  const tryOnce = (attempt: DialAttempt): Promise<Outcome> =>
    new Promise((resolve) => {
      const link = open(attempt)
      waiting.set(link, resolve)
    })

  const attemptOnce = async (attempt: DialAttempt, signal: AbortSignal): Promise<Outcome> => {
    const first = await tryOnce(attempt)
    if (first.kind === 'connected' || !first.early || attempt.role.kind !== 'routed' || signal.aborted) return first
    await sleep(ROUTED_RETRY_MS, undefined, { ref: false })
    return signal.aborted ? first : tryOnce(attempt)
  }

  return {
    open,
    async dial(attempts, signal) {
      const reasons: string[] = []
      let wrongKey = false
      for (const attempt of attempts) {
        if (signal.aborted) return { ok: false, reason: 'this node is stopping', wrongKey }
        const outcome = await attemptOnce(attempt, signal)
        if (outcome.kind === 'connected') return { ok: true }
        wrongKey ||= outcome.end.cause === 'wrong-key'
        reasons.push(describe(attempt, outcome))
      }
      return { ok: false, reason: reasons.join('; '), wrongKey }
    },
    settle(link, end) {
      const resolve = waiting.get(link)
      if (resolve === undefined) return false
      waiting.delete(link)
      const early = end?.cause === 'remote' && link.stateKind === 'awaiting-message-2'
      resolve(end === undefined ? { kind: 'connected' } : { kind: 'failed', end, early })
      return true
    },
  }
}

function describe({ role }: DialAttempt, { end, early }: Extract<Outcome, { kind: 'failed' }>): string {
  if (role.kind === 'direct') return end.reason
  if (early) return `router ${role.router} refused the route, or ${role.peer.name} is not registered with it`
  return `through router ${role.router}: ${end.reason}`
}
