import { ComponentError } from './errors.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Real components have a few hundred parts of one thing at most. */
const MANY_MAX = 10_000

/** Reads the binary format of components and core modules, from `offset` up to `end`. Throws `ComponentError`. */
export class BinaryReader {
  readonly bytes: Uint8Array
  offset: number
  readonly end: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  get done(): boolean {
    return this.offset >= this.end
  }

  byte(what: string): number {
    if (this.offset >= this.end) throw new ComponentError({ code: 'truncated', offset: this.end, what })
    return this.bytes[this.offset++] ?? 0
  }

  /** The next byte without taking it; 0 at the end. */
  peek(): number {
    return this.offset < this.end ? (this.bytes[this.offset] ?? 0) : 0
  }

  u32(what: string): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte(what)
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new ComponentError({ code: 'malformed', offset: start, found: what, expected: 'a number below 2^32' })
  }

  /** How many of something follow. Each takes `leastBytes` at least, which bounds the number by what is left. */
  count(what: string, leastBytes = 1): number {
    const start = this.offset
    const count = this.u32(what)
    if (count * leastBytes > this.end - this.offset) {
      const found = `a count of ${count} for ${what}`
      throw new ComponentError({ code: 'malformed', offset: start, found, expected: 'at most what the bytes can hold' })
    }
    return count
  }

  name(what: string): string {
    return this.part(what).text(what)
  }

  /** All that is left, as text. */
  text(what: string): string {
    try {
      return DECODER.decode(this.bytes.subarray(this.offset, this.end))
    } catch (cause) {
      throw new ComponentError({ code: 'malformed', offset: this.offset, found: what, expected: 'UTF-8 text' }, cause)
    }
  }

  /** A part that begins with its length; the reader goes on behind it. */
  part(what: string): BinaryReader {
    const size = this.u32(what)
    if (size > this.end - this.offset) throw new ComponentError({ code: 'truncated', offset: this.end, what })
    const part = new BinaryReader(this.bytes, this.offset, this.offset + size)
    this.offset += size
    return part
  }

  /** A list that is read in one go, and has no more than so many items. */
  many<T>(what: string, read: () => T): T[] {
    const count = this.count(what)
    if (count > MANY_MAX) throw new ComponentError({ code: 'too-many', what, count, maximum: MANY_MAX })
    return Array.from({ length: count }, read)
  }

  /** A list of any length: gives turns to others between its items. */
  async each(what: string, read: () => void | Promise<void>, rest: () => Promise<void>): Promise<void> {
    for (let left = this.count(what); left > 0; left -= 1) {
      await read()
      await rest()
    }
  }

  /** Where the last byte was not what it should be. */
  malformed(found: string, expected: string): ComponentError {
    return new ComponentError({ code: 'malformed', offset: this.offset - 1, found, expected })
  }

  unsupported(what: string): ComponentError {
    return new ComponentError({ code: 'unsupported', offset: this.offset - 1, what })
  }

  /** Insists that everything was read. */
  finish(what: string): void {
    if (!this.done) throw this.malformed(`${this.end - this.offset} bytes behind ${what}`, 'none')
  }
}

/** `0x3f`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}

/** A number as the binary format writes it. */
export function leb(value: number): number[] {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest]
    out.push((rest % 128) + 128)
  }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
