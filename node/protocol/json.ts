import { type Decoded, decoded, quote, undecodable } from './errors.ts'

/**
 * A JSON value as live nodes mean it: an integer too large for a `number` is a `bigint`, so ids of 64 bits come
 * through unchanged (modules.md section 0).
 */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject
export type JsonObject = { readonly [key: string]: JsonValue }

/** The deepest nesting read or written; what processes say to each other is a few levels deep. */
export const JSON_DEPTH_MAX = 128

/** As short as JSON gets: no white space, and no number ever in another form than its digits. */
export function formatJson(value: JsonValue): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'object':
      if (value === null) return 'null'
      if (isJsonArray(value)) return `[${value.map(formatJson).join(',')}]`
      return `{${Object.entries(value)
        .map(([key, field]) => `${JSON.stringify(key)}:${formatJson(field)}`)
        .join(',')}}`
    default:
      return JSON.stringify(value)
  }
}

/** Decodes JSON text that somebody else wrote. */
export function decodeJson(text: string): Decoded<JsonValue> {
  try {
    return decoded(new JsonReader(text).read())
  } catch (error) {
    if (error instanceof JsonSyntax) return undecodable(error.message)
    throw error
  }
}

export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Fields that were written more than once, by the object that has the last of them. */
const TWICE = new WeakMap<JsonObject, Set<string>>()

function noteTwice(fields: JsonObject, key: string): void {
  const known = TWICE.get(fields)
  if (known === undefined) TWICE.set(fields, new Set([key]))
  else known.add(key)
}

/**
 * Whether the text of a decoded object has this field more than once. The last one counts wherever a live node looks
 * for any value, as in params; but whatever it reads as a type of its own must have each field of that once.
 */
export function isWrittenTwice(fields: JsonObject, key: string): boolean {
  return TWICE.get(fields)?.has(key) === true
}

/**
 * JSON text in one form: fields ordered by name, no white space. Two texts mean the same value exactly when these are
 * equal. Text that is not JSON stands for itself.
 */
export function canonicalJson(text: string): string {
  const value = decodeJson(text)
  return value.ok ? formatJson(ordered(value.value)) : text
}

function ordered(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(ordered)
  if (!isJsonObject(value)) return value
  const keys = Object.keys(value).toSorted()
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key] ?? null)]))
}

class JsonSyntax extends Error {}

function unescaped(token: string): string | undefined {
  try {
    return JSON.parse(token) as string
  } catch {
    return undefined
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const INTEGER_MIN = -(2n ** 63n)
const INTEGER_MAX = 2n ** 64n - 1n
/** Digits of either, with a sign. Longer ones would take long to read. */
const INTEGER_MAX_LENGTH = 20
const HALF_PAIR = /\p{Surrogate}/u
const CODE = {
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  bracket: 0x5b,
  backslash: 0x5c,
  closingBracket: 0x5d,
  exponent: 0x65,
  brace: 0x7b,
  closingBrace: 0x7d,
} as const
/** So many digits are an exact number. */
const SHORT_DIGITS = 15

/**
 * JSON.parse would round integers beyond 2^53, and not every engine that runs this can show it their text. It goes by
 * character codes, since whoever may message a module chooses what the node's only thread has to read here.
 */
class JsonReader {
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  read(): JsonValue {
    this.#space()
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) this.#fail('the end of the text')
    return value
  }

  #value(depth: number): JsonValue {
    if (depth > JSON_DEPTH_MAX) throw new JsonSyntax(`the JSON is nested more than ${JSON_DEPTH_MAX} levels deep`)
    switch (this.#text.charCodeAt(this.#at)) {
      case CODE.brace:
        return this.#object(depth)
      case CODE.bracket:
        return this.#array(depth)
      case CODE.quote:
        return this.#string()
      case 0x6e:
        return this.#word('null', null)
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      default:
        return this.#shortNumber() ?? this.#number()
    }
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) return this.#fail('a value')
    this.#at += word.length
    return value
  }

  #object(depth: number): JsonObject {
    const fields: Record<string, JsonValue> = {}
    this.#at += 1
    this.#space()
    if (this.#takes(CODE.closingBrace)) return fields
    do {
      this.#space()
      if (this.#text.charCodeAt(this.#at) !== CODE.quote) this.#fail('a field name')
      const key = this.#string()
      this.#space()
      if (!this.#takes(CODE.colon)) this.#fail('a colon')
      this.#space()
      const value = this.#value(depth + 1)
      if (Object.hasOwn(fields, key)) noteTwice(fields, key)
      if (key === '__proto__') setOwn(fields, key, value)
      else fields[key] = value
      this.#space()
    } while (this.#takes(CODE.comma))
    if (!this.#takes(CODE.closingBrace)) this.#fail('a comma or a closing brace')
    return fields
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = []
    this.#at += 1
    this.#space()
    if (this.#takes(CODE.closingBracket)) return items
    do {
      this.#space()
      items.push(this.#value(depth + 1))
      this.#space()
    } while (this.#takes(CODE.comma))
    if (!this.#takes(CODE.closingBracket)) this.#fail('a comma or a closing bracket')
    return items
  }

  /** Looked at character by character: a pattern with repeated escapes runs out of stack on long strings. */
  #string(): string {
    const text = this.#text
    const start = this.#at
    let escaped = false
    for (let at = start + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code < CODE.space) break
      if (code === CODE.quote) {
        this.#at = at + 1
        return escaped ? this.#unescape(text.slice(start, at + 1), start) : text.slice(start + 1, at)
      }
      if (code === CODE.backslash) {
        escaped = true
        at += 1
      }
    }
    return this.#fail('a string')
  }

  /** Half of a pair of surrogates is no character: as UTF-8 it would become another text, which may be somebody's name. */
  #unescape(token: string, start: number): string {
    const text = unescaped(token)
    if (text !== undefined && !HALF_PAIR.test(text)) return text
    this.#at = start
    return this.#fail('a string')
  }

  /** A number of a few digits, as nearly all are; undefined for any other. */
  #shortNumber(): number | undefined {
    const text = this.#text
    const start = this.#at
    let value = 0
    let at = start
    let code = text.charCodeAt(at)
    for (; code >= CODE.zero && code <= CODE.nine; code = text.charCodeAt(at)) {
      value = value * 10 + (code - CODE.zero)
      at += 1
    }
    const digits = at - start
    const more = code === CODE.point || (code | 0x20) === CODE.exponent
    const leadingZero = digits > 1 && text.charCodeAt(start) === CODE.zero
    if (digits === 0 || digits > SHORT_DIGITS || more || leadingZero) return undefined
    this.#at = at
    return value
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (match === null) return this.#fail('a value')
    const [digits, fraction, exponent] = match
    const value = Number(digits)
    if (!Number.isFinite(value)) return this.#fail('a number that 64 bits can hold')
    this.#at += digits.length
    // As live nodes read them: an integer of more than 64 bits is a floating-point number.
    const isInteger = fraction === undefined && exponent === undefined && digits.length <= INTEGER_MAX_LENGTH
    if (!isInteger || Number.isSafeInteger(value)) return value
    const integer = BigInt(digits)
    return integer >= INTEGER_MIN && integer <= INTEGER_MAX ? integer : value
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== CODE.space && code !== CODE.newline && code !== CODE.return && code !== CODE.tab) return
      this.#at += 1
    }
  }

  #takes(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at += 1
    return true
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length ? quote(this.#text.slice(this.#at, this.#at + 12)) : 'the end'
    throw new JsonSyntax(`the JSON has ${found} at character ${this.#at}, expected ${expected}`)
  }
}

/** Makes a field of its own, so that one called __proto__ is only a field. */
function setOwn(fields: object, key: string, value: JsonValue): void {
  Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
}
