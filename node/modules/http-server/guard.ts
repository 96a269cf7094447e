import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'

/**
 * What every answer carries: only the node's own files may run in its pages, nobody may frame them, nothing is kept by
 * caches.
 */
const SECURITY_HEADERS: Record<string, string> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
}

export function securityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next()
    secured(context.res)
  }
}

/** The same answer, with what every answer of the node itself carries. */
export function secured(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value)
  return response
}

/**
 * Answers only to names of this machine, so that a page of another site whose name was pointed here (DNS rebinding)
 * gets nothing.
 */
export function localHostOnly(): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host')
    if (host === undefined || !isLocalHost(host)) {
      const message = `Cannot serve host ${JSON.stringify(String(host).slice(0, 80))}: expected localhost or 127.0.0.1`
      return context.json({ code: 'host-refused', message }, 421)
    }
    return next()
  }
}

/**
 * Changes need a body of exactly this type, which may be none of those that a page of another site can send without the
 * browser asking first: plain text, forms, or none at all.
 */
export function bodyOnly(wanted: 'application/json' | 'application/zip'): MiddlewareHandler {
  return async (context, next) => {
    const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (context.req.method === 'POST' && type !== wanted) {
      const message = `Cannot read request: its content type is not ${wanted}`
      return context.json({ code: 'content-type', message }, 415)
    }
    return next()
  }
}

export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: (context) => {
      const message = `Cannot read request: its body is longer than ${maxBytes} bytes`
      return context.json({ code: 'body-too-long', message }, 413)
    },
  })
}

export function isLocalHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || name === '127.0.0.1' || name === '[::1]'
}
