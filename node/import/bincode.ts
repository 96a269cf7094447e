import { bytesToUtf8, countOf, type Decoded, decoded, HyperwareError, undecodable } from '@hyperware/protocol'

/** Raised while decoding and caught in `decodeBincode`, where it becomes a result. */
class BincodeError extends HyperwareError<{ code: 'malformed'; offset: number }> {}

/**
 * Reads bincode 1.3 with its default options (kernel.md section 10): integers are little-endian and of fixed width, lengths
 * are 64 bits, an option begins with a byte, a variant with 32 bits. The bytes may be anybody's: a length is compared
 * with what is left before anything is allocated, so work and memory are bounded by the size of the input.
 */
export class BincodeReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  fail(problem: string, offset: number = this.#offset): never {
    throw new BincodeError({ code: 'malformed', offset }, `at byte ${offset}: ${problem}`)
  }

  bool(): boolean {
    return this.#tag('a truth value') === 1
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4, 'a number of 4 bytes'), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8, 'a number of 8 bytes'), true)
  }

  /** Which of `count` variants follows. */
  variant(count: number): number {
    const start = this.#offset
    const index = this.u32()
    return index < count ? index : this.fail(`variant ${index}, expected 0 to ${count - 1}`, start)
  }

  option<T>(read: (reader: this) => T): T | undefined {
    return this.#tag('an option') === 1 ? read(this) : undefined
  }

  /** A copy of its own, so that what is kept of it does not keep the input. */
  bytes(): Uint8Array {
    const length = this.#length('bytes', 1)
    const start = this.#take(length, 'bytes')
    return this.#bytes.slice(start, start + length)
  }

  text(): string {
    const start = this.#offset
    const text = bytesToUtf8(this.bytes())
    return text.ok ? text.value : this.fail(`a text: ${text.problem}`, start)
  }

  /** As many items as their number before them says; each takes `itemMinBytes` or more. */
  list<T>(itemMinBytes: number, read: (reader: this) => T): T[] {
    return Array.from({ length: this.#length('items', itemMinBytes) }, () => read(this))
  }

  #length(what: string, itemMinBytes: number): number {
    const start = this.#offset
    const length = this.u64()
    const room = Math.floor(this.left / itemMinBytes)
    return length <= room ? Number(length) : this.fail(`${length} ${what}, but there is room for ${room}`, start)
  }

  #tag(what: string): number {
    const tag = this.#view.getUint8(this.#take(1, what))
    return tag <= 1 ? tag : this.fail(`${what} begins with ${tag}, expected 0 or 1`, this.#offset - 1)
  }

  #take(sizeBytes: number, what: string): number {
    const start = this.#offset
    if (this.left < sizeBytes) this.fail(`the input ends in ${what}`)
    this.#offset += sizeBytes
    return start
  }
}

/** Decodes one value that is all of the bytes. */
export function decodeBincode<T>(bytes: Uint8Array, read: (reader: BincodeReader) => T): Decoded<T> {
  const reader = new BincodeReader(bytes)
  try {
    const value = read(reader)
    return reader.left === 0 ? decoded(value) : undecodable(`${countOf(reader.left, 'byte')} too many at the end`)
  } catch (error) {
    if (error instanceof BincodeError) return undecodable(error.message)
    throw error
  }
}
