/**
 * Structured logging as the node's parts see it: a short event name in kebab-case, and fields. Where lines go, and in
 * which form, is the composition root's affair. Secrets, keys and password hashes are never fields.
 */
export type Log = {
  debug: (event: string, fields?: LogFields) => void
  info: (event: string, fields?: LogFields) => void
  warn: (event: string, fields?: LogFields) => void
  error: (event: string, fields?: LogFields) => void
}

export type LogFields = Record<string, unknown>
