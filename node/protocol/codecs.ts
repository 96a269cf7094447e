import { type Decoded, HyperwareError, countOf, decoded, quote, undecodable, unreachable } from './errors.ts'
import { MsgpackError, MsgpackReader } from './msgpack-read.ts'
import { type MsgpackSink, MsgpackSizer, MsgpackWriter } from './msgpack-write.ts'

/** One type's place in the MessagePack profile of live nodes: how it is written, and how it is read (net.md section 6). */
export type Codec<T> = {
  readonly write: (sink: MsgpackSink, value: T) => void
  readonly read: (reader: MsgpackReader) => T
  /** What a map-form struct means by leaving this field out. Only options have it. */
  readonly whenAbsent?: () => T
}

export type WireProblem =
  { code: 'too-large'; sizeBytes: number; maximumBytes: number } | { code: 'too-many'; count: number; maximum: number }

/** Thrown when asked to encode a value that no peer would accept. */
export class WireError extends HyperwareError<WireProblem> {}

/** Exact number of bytes that `encode` would give. */
export function encodedSize<T>(codec: Codec<T>, value: T): number {
  const sizer = new MsgpackSizer()
  codec.write(sizer, value)
  return sizer.size
}

/** Encodes into a buffer allocated once. Throws `WireError` when it would exceed `maximumBytes`, before allocating. */
export function encode<T>(codec: Codec<T>, value: T, maximumBytes: number): Uint8Array {
  const sizeBytes = encodedSize(codec, value)
  if (sizeBytes > maximumBytes) {
    throw new WireError(
      { code: 'too-large', sizeBytes, maximumBytes },
      `Cannot encode message: it takes ${countOf(sizeBytes, 'byte')}, expected at most ${maximumBytes}`,
      { hint: 'each byte of a body or blob from 0x80 up takes two bytes on the wire' },
    )
  }
  const writer = new MsgpackWriter(sizeBytes)
  codec.write(writer, value)
  return writer.buffer
}

/** Decodes the first value in `bytes`; whatever follows it is ignored, as live nodes do. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, maximumBytes: number): Decoded<T> {
  if (bytes.length > maximumBytes) {
    return undecodable(`the message is ${countOf(bytes.length, 'byte')}, expected at most ${maximumBytes}`)
  }
  try {
    return decoded(codec.read(new MsgpackReader(bytes)))
  } catch (error) {
    if (error instanceof MsgpackError) return undecodable(error.message)
    throw error
  }
}

export const bool: Codec<boolean> = { write: (sink, value) => sink.bool(value), read: (reader) => reader.bool() }
export const text: Codec<string> = { write: (sink, value) => sink.text(value), read: (reader) => reader.text() }
export const u8: Codec<number> = unsigned(0xff)
export const u16: Codec<number> = unsigned(0xffff)
export const u64: Codec<bigint> = { write: (sink, value) => sink.uint(value), read: (reader) => reader.uint64() }
export const byteVector: Codec<Uint8Array> = {
  write: (sink, value) => sink.bytes(value),
  read: (reader) => reader.bytes(),
}

function unsigned(max: number): Codec<number> {
  return { write: (sink, value) => sink.uint(value), read: (reader) => reader.uint(max) }
}

/** A byte vector of exactly `size` bytes. */
export function fixedBytes(what: string, size: number): Codec<Uint8Array> {
  return {
    write: (sink, value) => sink.bytes(value),
    read: (reader) => {
      const start = reader.offset
      const value = reader.bytes()
      return value.length === size
        ? value
        : reader.fail(`the ${what} is ${countOf(value.length, 'byte')}, expected ${size}`, start)
    },
  }
}

export function option<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write: (sink, value) => (value === undefined ? sink.nil() : codec.write(sink, value)),
    read: (reader) => {
      if (!reader.isNil()) return codec.read(reader)
      reader.nil()
      return undefined
    },
    whenAbsent: () => undefined,
  }
}

/** A list of at most `max` elements. */
export function list<T>(codec: Codec<T>, what: string, max: number): Codec<readonly T[]> {
  return {
    write: (sink, values) => {
      if (values.length > max) {
        throw new WireError(
          { code: 'too-many', count: values.length, maximum: max },
          `Cannot encode message: it has ${values.length} ${what}, expected at most ${max}`,
        )
      }
      sink.arrayHeader(values.length)
      for (const value of values) codec.write(sink, value)
    },
    read: (reader) => {
      const start = reader.offset
      const length = reader.arrayLength()
      if (length > max) reader.fail(`there are ${length} ${what}, expected at most ${max}`, start)
      return Array.from({ length }, () => codec.read(reader))
    },
  }
}

/** A value that stands for another: `pack` makes the written one, `unpack` the meant one or a problem. */
export function mapped<T, W>(codec: Codec<W>, pack: (value: T) => W, unpack: (wire: W) => Decoded<T>): Codec<T> {
  return {
    write: (sink, value) => codec.write(sink, pack(value)),
    read: (reader) => {
      const start = reader.offset
      const result = unpack(codec.read(reader))
      return result.ok ? result.value : reader.fail(result.problem, start)
    },
  }
}

type Fields<T> = { readonly [K in keyof T]-?: readonly [wireName: string, codec: Codec<T[K]>] }

/** A struct: written as an array in the order of `fields`, read as an array of that length or a map by wire name. */
export function struct<T extends object>(what: string, fields: Fields<T>): Codec<T> {
  const entries = (Object.keys(fields) as (keyof T)[]).map((key) => {
    const [wireName, codec] = fields[key]
    return { key, wireName, codec: codec as Codec<unknown> }
  })
  return {
    write: (sink, value) => {
      sink.arrayHeader(entries.length)
      for (const { key, codec } of entries) codec.write(sink, value[key])
    },
    read: (reader) => {
      const start = reader.offset
      const out: Partial<Record<keyof T, unknown>> = {}
      if (reader.isMap()) readFieldsByName(reader)
      else {
        const length = reader.arrayLength()
        if (length !== entries.length) {
          reader.fail(`${what} has ${countOf(length, 'field')}, expected ${entries.length}`, start)
        }
        for (const { key, codec } of entries) out[key] = codec.read(reader)
      }
      return out as T

      function readFieldsByName(from: MsgpackReader): void {
        const length = from.mapLength()
        for (let index = 0; index < length; index++) {
          const at = from.offset
          const wireName = from.text()
          const entry = entries.find((candidate) => candidate.wireName === wireName)
          if (entry === undefined) from.skip()
          else if (entry.key in out) from.fail(`${what} has the field ${quote(wireName)} twice`, at)
          else out[entry.key] = entry.codec.read(from)
        }
        for (const { key, wireName, codec } of entries) {
          if (key in out) continue
          if (codec.whenAbsent === undefined) from.fail(`${what} has no field ${quote(wireName)}`, start)
          else out[key] = codec.whenAbsent()
        }
      }
    },
  }
}

/** One case of an enum. `tag` is its name on the wire; without a payload it is written as that text alone. */
export type Variant<T> = {
  readonly tag: string
  readonly matches: (value: T) => boolean
  readonly payload: { write: (sink: MsgpackSink, value: T) => void; read: (reader: MsgpackReader) => T } | undefined
  readonly unit: T | undefined
}

export function unit<T extends { kind: string }>(value: T): Variant<T> {
  return { tag: value.kind, matches: (candidate) => candidate.kind === value.kind, payload: undefined, unit: value }
}

/** A case whose `kind` is `kind`, carrying what `pack` takes out of the value and `unpack` puts back. */
export function variant<T extends { kind: string }, K extends T['kind'], P>(
  kind: K,
  codec: Codec<P>,
  pack: (value: Extract<T, { kind: K }>) => P,
  unpack: (payload: P) => T,
  tag: string = kind,
): Variant<T> {
  return {
    tag,
    matches: (value) => value.kind === kind,
    payload: {
      write: (sink, value) => codec.write(sink, pack(value as Extract<T, { kind: K }>)),
      read: (reader) => unpack(codec.read(reader)),
    },
    unit: undefined,
  }
}

/**
 * An enum: the tag as text, or a map of one from tag to payload; in a map the tag may also be the case's number.
 * A number alone is refused although live nodes read it as a case, because no node writes it, and a greeting whose
 * text begins with a control character must stay text (net.md section 10).
 */
export function enumeration<T>(what: string, variants: readonly Variant<T>[]): Codec<T> {
  function byTag(reader: MsgpackReader): Variant<T> {
    const start = reader.offset
    if (!reader.isText()) {
      const index = reader.uint(0xff)
      return variants[index] ?? reader.fail(`${what} has no case ${index}`, start)
    }
    const tag = reader.text()
    return (
      variants.find((candidate) => candidate.tag === tag) ?? reader.fail(`${what} has no case ${quote(tag)}`, start)
    )
  }

  return {
    write: (sink, value) => {
      for (const { tag, matches, payload } of variants) {
        if (!matches(value)) continue
        if (payload === undefined) return sink.text(tag)
        sink.mapHeader(1)
        sink.text(tag)
        return payload.write(sink, value)
      }
      unreachable(value as never)
    },
    read: (reader) => {
      const start = reader.offset
      if (reader.isText()) {
        const found = byTag(reader)
        return found.unit ?? reader.fail(`${what} ${quote(found.tag)} comes without its value`, start)
      }
      if (!reader.isMap()) reader.fail(`${what} is neither text nor a map`, start)
      const length = reader.mapLength()
      if (length !== 1) reader.fail(`${what} is a map of ${length}, expected 1`, start)
      const found = byTag(reader)
      if (found.payload !== undefined) return found.payload.read(reader)
      reader.nil()
      return found.unit ?? reader.fail(`${what} ${quote(found.tag)} has no value`, start)
    },
  }
}
