import { HyperwareError, countOf } from './errors.ts'

/**
 * Raised inside a decoder when the bytes are not what the schema says, and caught at its edge, where it becomes a
 * result. `offset` counts bytes from the start of the input.
 */
export class MsgpackError extends HyperwareError<{ code: 'malformed'; offset: number }> {
  constructor(message: string, offset: number) {
    super({ code: 'malformed', offset }, `Cannot decode MessagePack at byte ${offset}: ${message}`)
  }
}

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads MessagePack that a stranger wrote. Every length is compared with the bytes that are left before anything is
 * allocated, and nothing recurses, so the work and memory are bounded by the size of the input. Throws `MsgpackError`.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  fail(message: string, offset: number = this.#offset): never {
    throw new MsgpackError(message, offset)
  }

  /** The first byte of the next value, left unread. */
  peek(): number {
    return this.#bytes[this.#offset] ?? this.fail('the input ends here')
  }

  isNil(): boolean {
    return this.peek() === 0xc0
  }

  isText(): boolean {
    const head = this.peek()
    return (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb)
  }

  isMap(): boolean {
    const head = this.peek()
    return (head >= 0x80 && head <= 0x8f) || head === 0xde || head === 0xdf
  }

  nil(): void {
    const start = this.#offset
    if (this.#head() !== 0xc0) this.#expected('nil', start)
  }

  bool(): boolean {
    const start = this.#offset
    const head = this.#head()
    if (head !== 0xc2 && head !== 0xc3) this.#expected('a boolean', start)
    return head === 0xc3
  }

  /** An unsigned integer of any width, of at most `max`. */
  uint(max: number): number {
    const start = this.#offset
    const value = this.#integer()
    if (value < 0 || value > max) this.fail(`expected an integer from 0 to ${max}, found ${value}`, start)
    return Number(value)
  }

  uint64(): bigint {
    const start = this.#offset
    const value = this.#integer()
    if (value < 0) this.fail(`expected an unsigned integer, found ${value}`, start)
    return BigInt(value)
  }

  text(): string {
    const start = this.#offset
    const length = this.#textLength()
    const from = this.#offset
    this.#skipBytes(length, start)
    try {
      return textDecoder.decode(this.#bytes.subarray(from, from + length))
    } catch {
      return this.fail('the text is not valid UTF-8', start)
    }
  }

  /** A byte vector: an array of integers from 0 to 255, or `bin`. */
  bytes(): Uint8Array {
    const start = this.#offset
    const head = this.peek()
    if (head >= 0xc4 && head <= 0xc6) return this.#bin()
    const length = this.arrayLength()
    const out = new Uint8Array(length)
    const bytes = this.#bytes
    let offset = this.#offset
    for (let index = 0; index < length; index++) {
      const byte = bytes[offset++] as number // past the end: undefined, caught below
      if (byte < 0x80) out[index] = byte
      else if (byte === 0xcc) out[index] = bytes[offset++] as number
      else {
        this.#offset = offset - 1
        out[index] = this.uint(0xff)
        offset = this.#offset
      }
    }
    if (offset > bytes.length) this.fail(`the byte vector of ${length} runs past the end of the input`, start)
    this.#offset = offset
    return out
  }

  arrayLength(): number {
    const start = this.#offset
    const head = this.#head()
    const length =
      head >= 0x90 && head <= 0x9f
        ? head & 15
        : head === 0xdc
          ? this.#number(2)
          : head === 0xdd
            ? this.#number(4)
            : this.#expected('an array', start)
    this.#checkRoom(length, 'array', start)
    return length
  }

  mapLength(): number {
    const start = this.#offset
    const head = this.#head()
    const length =
      head >= 0x80 && head <= 0x8f
        ? head & 15
        : head === 0xde
          ? this.#number(2)
          : head === 0xdf
            ? this.#number(4)
            : this.#expected('a map', start)
    this.#checkRoom(2 * length, 'map', start)
    return length
  }

  /** Passes over the next value, whatever it is. */
  skip(): void {
    for (let pending = 1; pending > 0; pending--) {
      const start = this.#offset
      const head = this.#head()
      if (head < 0x80 || head >= 0xe0 || (head >= 0xc2 && head <= 0xc3) || head === 0xc0) continue
      if (head <= 0x8f) pending += 2 * (head & 15)
      else if (head <= 0x9f) pending += head & 15
      else if (head <= 0xbf) this.#skipBytes(head & 31, start)
      else if (head === 0xdc || head === 0xdd) pending += this.#number(head === 0xdc ? 2 : 4)
      else if (head === 0xde || head === 0xdf) pending += 2 * this.#number(head === 0xde ? 2 : 4)
      else this.#skipScalar(head, start)
      this.#checkRoom(pending - 1, 'value', start)
    }
  }

  #skipScalar(head: number, start: number): void {
    const fixed = FIXED_SIZES.get(head)
    if (fixed !== undefined) return this.#skipBytes(fixed, start)
    const lengthSize = LENGTH_SIZES.get(head)
    if (lengthSize === undefined) this.#expected('a value', start)
    const isExtension = head >= 0xc7 && head <= 0xc9
    this.#skipBytes(this.#number(lengthSize) + (isExtension ? 1 : 0), start)
  }

  #bin(): Uint8Array {
    const start = this.#offset
    const head = this.#head()
    const length = this.#number(head === 0xc4 ? 1 : head === 0xc5 ? 2 : 4)
    const from = this.#offset
    this.#skipBytes(length, start)
    return this.#bytes.slice(from, from + length)
  }

  #textLength(): number {
    const start = this.#offset
    const head = this.#head()
    if (head >= 0xa0 && head <= 0xbf) return head & 31
    if (head >= 0xd9 && head <= 0xdb) return this.#number(head === 0xd9 ? 1 : head === 0xda ? 2 : 4)
    return this.#expected('a string', start)
  }

  #integer(): number | bigint {
    const start = this.#offset
    const head = this.#head()
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    if (head === 0xcc || head === 0xcd || head === 0xce) return this.#number(1 << (head - 0xcc))
    const at = this.#offset
    if (head === 0xcf || head === 0xd3) {
      this.#skipBytes(8, start)
      return head === 0xcf ? this.#view.getBigUint64(at) : this.#view.getBigInt64(at)
    }
    if (head < 0xd0 || head > 0xd2) this.#expected('an integer', start)
    this.#skipBytes(1 << (head - 0xd0), start)
    return head === 0xd0 ? this.#view.getInt8(at) : head === 0xd1 ? this.#view.getInt16(at) : this.#view.getInt32(at)
  }

  #number(size: number): number {
    const at = this.#offset
    this.#skipBytes(size, at)
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  #head(): number {
    const head = this.peek()
    this.#offset += 1
    return head
  }

  #skipBytes(count: number, start: number): void {
    const left = this.#bytes.length - this.#offset
    if (count > left) this.fail(`the value announces ${countOf(count, 'byte')}, more than the ${left} left`, start)
    this.#offset += count
  }

  /** Every element takes at least one byte, so a longer announcement is false. */
  #checkRoom(elements: number, what: string, start: number): void {
    const left = this.#bytes.length - this.#offset
    if (elements > left)
      this.fail(
        `the ${what} announces ${countOf(elements, 'element')}, more than the ${countOf(left, 'byte')} left`,
        start,
      )
  }

  #expected(what: string, offset: number): never {
    return this.fail(
      `expected ${what}, found byte 0x${(this.#bytes[offset] ?? 0).toString(16).padStart(2, '0')}`,
      offset,
    )
  }
}

/** Bytes after the first, for values whose first byte tells their size: floats, integers and short extensions. */
const FIXED_SIZES: ReadonlyMap<number, number> = new Map([
  ...([0xca, 0xce, 0xd2] as const).map((head) => [head, 4] as const),
  ...([0xcb, 0xcf, 0xd3] as const).map((head) => [head, 8] as const),
  ...([0xcc, 0xd0] as const).map((head) => [head, 1] as const),
  ...([0xcd, 0xd1, 0xd4] as const).map((head) => [head, 2] as const),
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
])

/** Bytes of the length field, for values that carry one: bin, ext and str. */
const LENGTH_SIZES: ReadonlyMap<number, number> = new Map([
  ...([0xc4, 0xc7, 0xd9] as const).map((head) => [head, 1] as const),
  ...([0xc5, 0xc8, 0xda] as const).map((head) => [head, 2] as const),
  ...([0xc6, 0xc9, 0xdb] as const).map((head) => [head, 4] as const),
])
