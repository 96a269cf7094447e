import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { formatProcessId, type ProcessId } from '@hyperware/protocol'
import type { Origin } from './app-origin.ts'
import { findCookie, issueSession, isSessionValid, sessionCookie, sessionCookieName } from './session.ts'

/** The query parameter that carries a ticket from the node's own origin to that of a package. */
export const TICKET = 'hyperware-ticket'
const TICKET_MS = 30_000
/** Tickets that may be out; the oldest are given up for new ones. */
const TICKETS_MAX = 1_000

/** Who may see the paths that ask for a login. */
export type AppAccess = {
  /** Whether the request carries a session of the node's owner. */
  readonly isOwner: (incoming: IncomingMessage) => boolean
  /** Whether it carries one that is good at this origin for a path of this process. */
  readonly admits: (incoming: IncomingMessage, origin: Origin, to: { process: ProcessId; secure: boolean }) => boolean
  /** Lets whoever has it log in to one process, once, within 30 seconds. */
  readonly issueTicket: (process: ProcessId) => string
  /** The Set-Cookie header that a ticket is good for. */
  readonly redeem: (ticket: string, process: ProcessId) => string | undefined
}

export function createAppAccess(deps: {
  readonly node: string
  readonly jwtSecret: Uint8Array
  readonly now: () => number
}): AppAccess {
  const { node, jwtSecret } = deps
  const tickets = new Map<string, { readonly process: string; readonly expiresMs: number }>()

  function hasSession({ headers }: IncomingMessage, process?: string): boolean {
    const token = findCookie(headers.cookie, sessionCookieName(node, process))
    return token !== undefined && isSessionValid(jwtSecret, { token, node, process, nowMs: deps.now() })
  }

  return {
    isOwner: (incoming) => hasSession(incoming),
    admits(incoming, origin, { process, secure }) {
      if (origin.kind === 'node') return !secure && hasSession(incoming)
      // A program may send the node's own cookie; a browser has none at this origin.
      return hasSession(incoming, formatProcessId(process)) || (!secure && hasSession(incoming))
    },
    issueTicket(process) {
      const ticket = randomBytes(24).toString('base64url')
      const [oldest] = tickets.keys()
      if (oldest !== undefined && tickets.size >= TICKETS_MAX) tickets.delete(oldest)
      tickets.set(ticket, { process: formatProcessId(process), expiresMs: deps.now() + TICKET_MS })
      return ticket
    },
    redeem(ticket, process) {
      const issued = tickets.get(ticket)
      tickets.delete(ticket)
      const id = formatProcessId(process)
      if (issued === undefined || issued.process !== id || issued.expiresMs <= deps.now()) return undefined
      const token = issueSession(jwtSecret, { node, process: id, nowMs: deps.now() })
      return sessionCookie(node, token, { secure: false, process: id })
    },
  }
}
