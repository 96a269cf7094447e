import type { IncomingMessage } from 'node:http'
import type { PackageId } from '@hyperware/protocol'
import { isLocalHost } from './guard.ts'

/**
 * Pages of processes run scripts that the node's owner may never have read. In the origin of the node's own pages they
 * could use its API with the owner's cookie, so each package has an origin of its own: `chat-template-os.localhost`.
 */

/** The first label of the host by which a package has an origin of its own (modules.md section 9.4). */
export function secureSubdomain({ package: name, publisher }: PackageId): string {
  return `${name}-${publisher}`.replaceAll(/[^a-zA-Z0-9]/g, '-').toLowerCase()
}

/** Where a request came to: the node's own origin, that of a package, or a host that is not served. */
export type Origin =
  { readonly kind: 'node' } | { readonly kind: 'package'; readonly subdomain: string } | { readonly kind: 'foreign' }

export function originOf({ headers: { host } }: IncomingMessage): Origin {
  if (host === undefined || !isLocalHost(host)) return { kind: 'foreign' }
  const name = hostName(host)
  if (!name.endsWith('.localhost')) return { kind: 'node' }
  return { kind: 'package', subdomain: name.slice(0, name.indexOf('.')) }
}

/** The host without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d{1,5}$/, '')
}

function portOf(host: string): string {
  return /:\d{1,5}$/.exec(host)?.[0] ?? ''
}

/** The same path at the origin of a package, or, without one, at the node's own. */
export function addressAt(incoming: IncomingMessage, subdomain?: string, more: Record<string, string> = {}): string {
  const port = portOf(incoming.headers.host ?? '')
  const url = new URL(`http://${subdomain === undefined ? '' : `${subdomain}.`}localhost${port}`)
  const { path, query } = targetOf(incoming)
  const params = new URLSearchParams(query)
  for (const [name, value] of Object.entries(more)) params.set(name, value)
  const search = params.toString()
  return `${url.origin}${path}${search === '' ? '' : `?${search}`}`
}

/** Path and query as they were sent, nothing decoded. */
export function targetOf({ url = '/' }: IncomingMessage): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?')
  return at === -1 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) }
}

/** Whether a browser opens this as a page. Programs that do not say are taken for what they are: programs. */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET') return false
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? (headers.accept ?? '').includes('text/html') : mode === 'navigate'
}

/** Whether a page of another origin sent this. Browsers say so, with everything but plain reading. */
export function isFromElsewhere({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin !== undefined && URL.parse(origin)?.host !== host?.toLowerCase()
}
