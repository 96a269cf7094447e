/** A type-level mark that keeps strings of one meaning from being used for another. Costs nothing at run time. */
export type Brand<T, B extends string> = T & { readonly __brand: B }

/** The outcome of decoding bytes or text that somebody else wrote: bad input is a result, not an exception. */
export type Decoded<T> = { ok: true; value: T } | { ok: false; problem: string }

export function decoded<T>(value: T): Decoded<T> {
  return { ok: true, value }
}

export function undecodable<T = never>(problem: string): Decoded<T> {
  return { ok: false, problem }
}

export type ErrorDetails = { hint?: string | undefined; cause?: unknown }

/**
 * Base of every error this project throws: one subclass per area, each with a union of problems. Callers branch on
 * `code` and read the fields of `problem`; people read `message` and `hint`. No key or password may appear in either.
 */
export abstract class HyperwareError<P extends { code: string } = { code: string }> extends Error {
  readonly problem: P
  readonly hint: string | undefined

  constructor(problem: P, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.name = new.target.name
    this.problem = problem
    this.hint = details.hint
  }

  get code(): P['code'] {
    return this.problem.code
  }
}

/** What a person should read of an error: the message, and the hint on a line of its own. */
export function formatError(error: unknown): string {
  if (error instanceof HyperwareError) {
    return error.hint === undefined ? error.message : `${error.message}\nHint: ${error.hint}`
  }
  return error instanceof Error ? error.message : String(error)
}

/** Raised when code that the types declare impossible runs all the same. */
export class UnreachableError extends HyperwareError<{ code: 'unreachable'; value: string }> {}

/** Ends a `switch` over a union: the compiler accepts it only when every case is handled. */
export function unreachable(value: never): never {
  const text = quote(describe(value))
  throw new UnreachableError(
    { code: 'unreachable', value: text },
    `Cannot continue: the value ${text} should be impossible here`,
  )
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value) // bigint and cyclic values have no JSON form
  }
}

/** `1 byte`, `2 bytes`. */
export function countOf(amount: number, noun: string): string {
  return amount === 1 ? `${amount} ${noun}` : `${amount} ${noun}s`
}

const QUOTE_MAX = 80

// Characters that would change how the rest of a terminal line or page reads: C1 controls, zero-width and direction marks.
const INVISIBLE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Quotes untrusted text for a message or a log line: control characters escaped, cut after 80 characters. */
export function quote(text: string): string {
  const short = text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}…` : text
  return JSON.stringify(short).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * An address without the user and password in it, for messages. All up to its last @ goes: of what is no address, nobody can
 * say where its password ends.
 */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1')
}
