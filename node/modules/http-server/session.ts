import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../../kernel/json.ts'

/** How long a login lasts: 26 weeks, in seconds (modules.md section 9.4). */
export const SESSION_SECONDS = 26 * 7 * 24 * 60 * 60

/** What a token says. `subdomain` is null for the node itself; `expiration` is in unix seconds. */
export type SessionClaims = { username: string; subdomain: string | null; expiration: number }

const HEADER = encodePart({ alg: 'HS256' })
const TOKEN = /^[A-Za-z0-9_-]{1,256}\.[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{43}$/

/** What every cookie of a session begins with, whichever node's it is. */
export const COOKIE_PREFIX = 'hyperware-auth_'

/**
 * The cookie that carries a token: named after the node, since nodes on one machine share their cookies. With a process
 * id it opens the paths of that process only.
 */
export function sessionCookieName(node: string, process?: string): string {
  return process === undefined ? `${COOKIE_PREFIX}${node}` : `${COOKIE_PREFIX}${node}@${process}`
}

type SessionInput = {
  readonly node: string
  readonly nowMs: number
  readonly process?: string | undefined
  readonly seconds?: number | undefined
}

/** Signs the token of a fresh login (HS256). */
export function issueSession(secret: Uint8Array, input: SessionInput): string {
  const expiration = Math.floor(input.nowMs / 1_000) + (input.seconds ?? SESSION_SECONDS)
  const claims: SessionClaims = { username: input.node, subdomain: input.process ?? null, expiration }
  const signed = `${HEADER}.${encodePart(claims)}`
  return `${signed}.${sign(secret, signed)}`
}

/** True when the token was signed with `secret` for this node, or for this process of it, and has not expired. */
export function isSessionValid(
  secret: Uint8Array,
  input: { token: string; node: string; nowMs: number; process?: string | undefined },
): boolean {
  const { token, node, nowMs, process = null } = input
  if (!TOKEN.test(token)) return false
  const signatureAt = token.lastIndexOf('.')
  const signed = token.slice(0, signatureAt)
  const expected = Buffer.from(sign(secret, signed))
  const given = Buffer.from(token.slice(signatureAt + 1))
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return false
  const [header, claims] = signed.split('.').map(decodePart)
  if (!isRecord(header) || header['alg'] !== 'HS256' || !isRecord(claims)) return false
  if (claims['username'] !== node || (claims['subdomain'] ?? null) !== process) return false
  return typeof claims['expiration'] === 'number' && claims['expiration'] > nowMs / 1_000
}

/** The value of one cookie of a Cookie header. */
export function findCookie(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`
  return header
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(prefix))
    ?.slice(prefix.length)
}

/**
 * A Set-Cookie header. Scripts cannot read it and other sites cannot send it; that of a process comes along when a link
 * of another site, such as the node's home page, leads to its pages.
 */
export function sessionCookie(
  node: string,
  token: string,
  options: { secure: boolean; process?: string | undefined },
): string {
  const sameSite = options.process === undefined ? 'Strict' : 'Lax'
  const secure = options.secure ? '; Secure' : ''
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${SESSION_SECONDS}${secure}`
  return `${sessionCookieName(node, options.process)}=${token}; ${attributes}`
}

/** A Set-Cookie header that takes the cookie away again. */
export function clearedSessionCookie(node: string): string {
  return `${sessionCookieName(node)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`
}

function sign(secret: Uint8Array, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined // not JSON, so no claims
  }
}
