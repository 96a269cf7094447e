import { bytesToUtf8, utf8ToBytes } from './bytes.ts'
import { type Decoded, decoded, quote, undecodable, unreachable } from './errors.ts'
import {
  decodeJson,
  formatJson,
  isJsonArray,
  isJsonObject,
  isWrittenTwice,
  type JsonObject,
  type JsonValue,
} from './json.ts'

/** One type's JSON, as the runtime modules of live nodes write and read it (modules.md section 0). */
export type JsonCodec<T> = {
  readonly toJson: (value: T) => JsonValue
  /** Throws `JsonMismatch`; `where` is the path of the value inside the whole. */
  readonly fromJson: (json: JsonValue, where: string) => T
  /** What leaving the field out means. Only options have it. */
  readonly whenAbsent?: () => T
  /** Whether an object with this value is written without the field. */
  readonly leftOut?: (value: T) => boolean
}

/** A value of the wrong shape. `decodeWith` turns it into a result. */
export class JsonMismatch extends Error {}

export function encodeWith<T>(codec: JsonCodec<T>, value: T): Uint8Array {
  return utf8ToBytes(formatJson(codec.toJson(value)))
}

/** Decodes a body. `what` names it in the problem, as in `the command`. */
export function decodeWith<T>(codec: JsonCodec<T>, what: string, bytes: Uint8Array): Decoded<T> {
  const text = bytesToUtf8(bytes)
  if (!text.ok) return undecodable(`${what} is not JSON: it is not valid UTF-8`)
  const json = decodeJson(text.value)
  if (!json.ok) return undecodable(`${what} is not JSON: ${json.problem}`)
  return fromJsonWith(codec, what, json.value)
}

/**
 * The longest request in JSON that a part of the node reads, in bytes: it is read in the one thread that serves everybody,
 * where a mebibyte takes 40 ms, and the worst there is half a second. Long contents come as a blob.
 */
export const REQUEST_MAX_BYTES = 1_024 * 1_024

/** As `decodeWith`, for what any process may send to a part of the node. */
export function decodeRequest<T>(codec: JsonCodec<T>, what: string, bytes: Uint8Array): Decoded<T> {
  if (bytes.length <= REQUEST_MAX_BYTES) return decodeWith(codec, what, bytes)
  return undecodable(`${what} has ${bytes.length} bytes, expected at most ${REQUEST_MAX_BYTES}`)
}

export function fromJsonWith<T>(codec: JsonCodec<T>, what: string, json: JsonValue): Decoded<T> {
  try {
    return decoded(codec.fromJson(json, what))
  } catch (error) {
    if (error instanceof JsonMismatch) return undecodable(error.message)
    throw error
  }
}

function mismatch(where: string, json: JsonValue, expected: string): never {
  throw new JsonMismatch(`${where} is ${quote(formatJson(json))}, expected ${expected}`)
}

function primitive<T extends JsonValue>(expected: string, is: (json: JsonValue) => json is T): JsonCodec<T> {
  return { toJson: (value) => value, fromJson: (json, where) => (is(json) ? json : mismatch(where, json, expected)) }
}

export const text = primitive('a string', (json): json is string => typeof json === 'string')
export const bool = primitive('true or false', (json): json is boolean => typeof json === 'boolean')
export const anyJson: JsonCodec<JsonValue> = { toJson: (value) => value, fromJson: (json) => json }

/** A whole number from 0 to `max`, which is at most 2^53 - 1. */
export function unsigned(max: number): JsonCodec<number> {
  return wholeNumber(0, max)
}

/** A whole number from `min` to `max`, each 2^53 - 1 at most. */
export function wholeNumber(min: number, max: number): JsonCodec<number> {
  return primitive(
    `a whole number from ${min} to ${max}`,
    (json): json is number => typeof json === 'number' && Number.isInteger(json) && json >= min && json <= max,
  )
}
export const u8 = unsigned(0xff)
export const u16 = unsigned(0xffff)
export const u32 = unsigned(0xffff_ffff)

const U64_MAX = 2n ** 64n - 1n
export const u64: JsonCodec<bigint> = integer(0n, U64_MAX)
export const i64: JsonCodec<bigint> = integer(-(2n ** 63n), 2n ** 63n - 1n)

function integer(min: bigint, max: bigint): JsonCodec<bigint> {
  return {
    toJson: (value) => value,
    fromJson: (json, where) => {
      const value = typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : json
      if (typeof value === 'bigint' && value >= min && value <= max) return value
      return mismatch(where, json, `a whole number from ${min} to ${max}`)
    },
  }
}

/** Bytes as an array of numbers, the way serde writes a `Vec<u8>`. */
export const byteArray: JsonCodec<Uint8Array> = {
  toJson: (value) => [...value],
  fromJson: (json, where) => {
    if (!isJsonArray(json)) return mismatch(where, json, 'an array of bytes')
    const bytes = new Uint8Array(json.length)
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = json[at]
      const isByte = typeof byte === 'number' && byte >= 0 && byte <= 0xff && Number.isInteger(byte)
      bytes[at] = isByte ? byte : u8.fromJson(byte ?? null, `${where}[${at}]`)
    }
    return bytes
  },
}

/** Null and an absent field both mean undefined. */
export function option<T>(codec: JsonCodec<T>): JsonCodec<T | undefined> {
  return {
    toJson: (value) => (value === undefined ? null : codec.toJson(value)),
    fromJson: (json, where) => (json === null ? undefined : codec.fromJson(json, where)),
    whenAbsent: () => undefined,
  }
}

/** A field that live nodes do not have: undefined is written by leaving it out, so what does not use it stays the same. */
export function addedOption<T>(codec: JsonCodec<T>): JsonCodec<T | undefined> {
  return { ...option(codec), leftOut: (value) => value === undefined }
}

export function list<T>(codec: JsonCodec<T>): JsonCodec<readonly T[]> {
  return {
    toJson: (values) => values.map(codec.toJson),
    fromJson: (json, where) =>
      isJsonArray(json)
        ? json.map((item, index) => codec.fromJson(item, `${where}[${index}]`))
        : mismatch(where, json, 'an array'),
  }
}

/** An object whose keys are text of one kind. */
export function record<T>(codec: JsonCodec<T>): JsonCodec<ReadonlyMap<string, T>> {
  return {
    toJson: (values) => Object.fromEntries([...values].map(([key, value]) => [key, codec.toJson(value)])),
    fromJson: (json, where) =>
      isJsonObject(json)
        ? new Map(Object.entries(json).map(([key, value]) => [key, codec.fromJson(value, `${where}.${key}`)]))
        : mismatch(where, json, 'an object'),
  }
}

/** Array of a fixed length, one codec per place. */
export function tuple<T extends readonly unknown[]>(
  ...codecs: { readonly [K in keyof T]: JsonCodec<T[K]> }
): JsonCodec<T> {
  return {
    toJson: (values) => codecs.map((codec, index) => codec.toJson(values[index])),
    fromJson: (json, where) => {
      if (!isJsonArray(json) || json.length !== codecs.length) {
        return mismatch(where, json, `an array of ${codecs.length}`)
      }
      return codecs.map((codec, index) => codec.fromJson(json[index] ?? null, `${where}[${index}]`)) as unknown as T
    },
  }
}

/** A value that stands for another: `pack` makes the written one, `unpack` the meant one or a problem. */
export function mapped<T, W>(
  codec: JsonCodec<W>,
  pack: (value: T) => W,
  unpack: (wire: W) => Decoded<T>,
): JsonCodec<T> {
  return {
    toJson: (value) => codec.toJson(pack(value)),
    fromJson: (json, where) => {
      const result = unpack(codec.fromJson(json, where))
      if (!result.ok) throw new JsonMismatch(`${where}: ${result.problem}`)
      return result.value
    },
  }
}

type Fields<T> = { readonly [K in keyof T]-?: readonly [wireName: string, codec: JsonCodec<T[K]>] }

/** An object with each of these fields once; others are ignored, however often they come, as live nodes ignore them. */
export function struct<T extends object>(fields: Fields<T>): JsonCodec<T> {
  const entries = (Object.keys(fields) as (keyof T)[]).map((key) => {
    const [wireName, codec] = fields[key]
    return { key, wireName, codec: codec as JsonCodec<unknown> }
  })
  return {
    toJson: (value) => {
      const written = entries.filter(({ key, codec }) => codec.leftOut?.(value[key]) !== true)
      return Object.fromEntries(written.map(({ key, wireName, codec }) => [wireName, codec.toJson(value[key])]))
    },
    fromJson: (json, where) => {
      if (!isJsonObject(json)) return mismatch(where, json, 'an object')
      const read = entries.map(({ key, wireName, codec }) => [key, readField(json, where, wireName, codec)] as const)
      return Object.fromEntries(read) as T
    },
  }
}

function readField(json: JsonObject, where: string, wireName: string, codec: JsonCodec<unknown>): unknown {
  const path = `${where}.${wireName}`
  if (isWrittenTwice(json, wireName)) throw new JsonMismatch(`${where} has the field ${quote(wireName)} more than once`)
  const value = Object.hasOwn(json, wireName) ? json[wireName] : undefined
  if (value !== undefined) return codec.fromJson(value, path)
  if (codec.whenAbsent !== undefined) return codec.whenAbsent()
  throw new JsonMismatch(`${where} has no field ${quote(wireName)}`)
}

/** One case of an externally tagged enum: `"Name"`, or `{"Name":payload}`. */
export type JsonVariant<T> = {
  readonly tag: string
  readonly matches: (value: T) => boolean
  readonly payload: JsonCodec<T> | undefined
  readonly unit: T | undefined
}

export function unit<T extends { kind: string }>(value: T, tag: string = value.kind): JsonVariant<T> {
  return { tag, matches: (candidate) => candidate.kind === value.kind, payload: undefined, unit: value }
}

/** A case whose `kind` is `kind`, carrying what `pack` takes out of the value and `unpack` puts back. */
export function variant<T extends { kind: string }, K extends T['kind'], P>(
  kind: K,
  codec: JsonCodec<P>,
  pack: (value: Extract<T, { kind: K }>) => P,
  unpack: (payload: P) => T,
  tag: string = kind,
): JsonVariant<T> {
  return {
    tag,
    matches: (value) => value.kind === kind,
    payload: {
      toJson: (value) => codec.toJson(pack(value as Extract<T, { kind: K }>)),
      fromJson: (json, where) => unpack(codec.fromJson(json, where)),
    },
    unit: undefined,
  }
}

/** A case whose payload is an object of the value's own fields. */
export function structVariant<T extends { kind: string }, K extends T['kind']>(
  kind: K,
  fields: Fields<Omit<Extract<T, { kind: K }>, 'kind'>>,
): JsonVariant<T> {
  type Payload = Omit<Extract<T, { kind: K }>, 'kind'>
  return variant<T, K, Payload>(
    kind,
    struct<Payload>(fields),
    (value) => value,
    (payload) => ({ kind, ...payload }) as unknown as T,
  )
}

export function enumeration<T>(variants: readonly JsonVariant<T>[]): JsonCodec<T> {
  const names = variants.map(({ tag }) => tag).join(', ')
  function find(tag: string, where: string): JsonVariant<T> {
    const found = variants.find((candidate) => candidate.tag === tag)
    if (found === undefined) throw new JsonMismatch(`${where} is ${quote(tag)}, expected one of ${names}`)
    return found
  }
  return {
    toJson: (value) => {
      for (const { tag, matches, payload } of variants) {
        if (matches(value)) return payload === undefined ? tag : { [tag]: payload.toJson(value) }
      }
      return unreachable(value as never)
    },
    fromJson: (json, where) => {
      if (typeof json === 'string') {
        const { unit: value } = find(json, where)
        if (value === undefined) throw new JsonMismatch(`${where} ${quote(json)} comes without its value`)
        return value
      }
      const [field, ...more] = isJsonObject(json) ? Object.entries(json) : []
      if (field === undefined || more.length > 0) return mismatch(where, json, `one of ${names}`)
      const [tag, payload] = field
      if (isJsonObject(json) && isWrittenTwice(json, tag)) {
        throw new JsonMismatch(`${where} has the field ${quote(tag)} more than once`)
      }
      const found = find(tag, where)
      if (found.payload !== undefined) return found.payload.fromJson(payload, `${where}.${tag}`)
      return found.unit !== undefined && payload === null ? found.unit : mismatch(where, json, quote(tag))
    },
  }
}
