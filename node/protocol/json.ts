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

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const SPACE = /[ \t\n\r]*/y
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
]

/** JSON.parse would round integers beyond 2^53, and not every engine that runs this can show it their text. */
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
    const character = this.#text[this.#at]
    if (character === '{') return this.#object(depth)
    if (character === '[') return this.#array(depth)
    if (character === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return this.#number()
  }

  #object(depth: number): JsonObject {
    const fields: [string, JsonValue][] = []
    this.#at += 1
    this.#space()
    if (this.#takes('}')) return {}
    do {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail('a field name')
      const key = this.#string()
      this.#space()
      if (!this.#takes(':')) this.#fail('a colon')
      this.#space()
      fields.push([key, this.#value(depth + 1)])
      this.#space()
    } while (this.#takes(','))
    if (!this.#takes('}')) this.#fail('a comma or a closing brace')
    // fromEntries makes own fields, so that a field called __proto__ is only a field.
    return Object.fromEntries(fields)
  }

  #array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = []
    this.#at += 1
    this.#space()
    if (this.#takes(']')) return items
    do {
      this.#space()
      items.push(this.#value(depth + 1))
      this.#space()
    } while (this.#takes(','))
    if (!this.#takes(']')) this.#fail('a comma or a closing bracket')
    return items
  }

  /** Looked at character by character: a pattern with repeated escapes runs out of stack on long strings. */
  #string(): string {
    const start = this.#at
    let escaped = false
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const character = this.#text.charAt(at)
      if (character < ' ') break
      if (character === '"') {
        this.#at = at + 1
        const token = this.#text.slice(start, this.#at)
        return escaped ? this.#unescape(token, start) : token.slice(1, -1)
      }
      if (character === '\\') {
        escaped = true
        at += 1
      }
    }
    return this.#fail('a string')
  }

  #unescape(token: string, start: number): string {
    try {
      return JSON.parse(token) as string
    } catch {
      this.#at = start
      return this.#fail('a string')
    }
  }

  #number(): number | bigint {
    const match = this.#match(NUMBER)
    if (match === undefined) return this.#fail('a value')
    const [digits, fraction, exponent] = match
    const value = Number(digits)
    const isInteger = fraction === undefined && exponent === undefined
    return isInteger && !Number.isSafeInteger(value) ? BigInt(digits) : value
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  #space(): void {
    this.#match(SPACE)
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length ? quote(this.#text.slice(this.#at, this.#at + 12)) : 'the end'
    throw new JsonSyntax(`the JSON has ${found} at character ${this.#at}, expected ${expected}`)
  }
}
