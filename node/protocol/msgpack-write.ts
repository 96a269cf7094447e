/** Where encoders put values: once into a `MsgpackSizer`, then into a `MsgpackWriter` of exactly that size. */
export interface MsgpackSink {
  nil(): void
  bool(value: boolean): void
  /** Up to 64 bits, in the smallest form. */
  uint(value: number | bigint): void
  text(value: string): void
  /** A byte vector as live nodes write it: an array of small integers, never `bin` (net.md section 6.1). */
  bytes(value: Uint8Array): void
  arrayHeader(length: number): void
  mapHeader(length: number): void
}

function utf8Length(text: string): number {
  let size = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    if (unit < 0x800) size += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      size += 2 // two units, four bytes
      index += 1
    } else size += 2
  }
  return size
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

function headerSize(length: number, inlineMax: number): number {
  return length <= inlineMax ? 1 : length <= 0xffff ? 3 : 5
}

/** Counts the bytes that a value will take, without writing them. */
export class MsgpackSizer implements MsgpackSink {
  size = 0

  nil(): void {
    this.size += 1
  }

  bool(): void {
    this.size += 1
  }

  uint(value: number | bigint): void {
    this.size += value < 0x80 ? 1 : value <= 0xff ? 2 : value <= 0xffff ? 3 : value <= 0xffff_ffff ? 5 : 9
  }

  text(value: string): void {
    const length = utf8Length(value)
    this.size += length + (length < 32 ? 1 : length <= 0xff ? 2 : length <= 0xffff ? 3 : 5)
  }

  bytes(value: Uint8Array): void {
    let size = value.length
    for (let index = 0; index < value.length; index++) size += (value[index] as number) >> 7
    this.size += size + headerSize(value.length, 15)
  }

  arrayHeader(length: number): void {
    this.size += headerSize(length, 15)
  }

  mapHeader(length: number): void {
    this.size += headerSize(length, 15)
  }
}

const encoder = new TextEncoder()

/** Writes values into a buffer whose size a `MsgpackSizer` has counted. */
export class MsgpackWriter implements MsgpackSink {
  readonly buffer: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(size: number) {
    this.buffer = new Uint8Array(size)
    this.#view = new DataView(this.buffer.buffer)
  }

  nil(): void {
    this.#byte(0xc0)
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xc3 : 0xc2)
  }

  uint(value: number | bigint): void {
    if (value > 0xffff_ffff) {
      this.#byte(0xcf)
      this.#view.setBigUint64(this.#offset, BigInt(value))
      this.#offset += 8
      return
    }
    const small = Number(value)
    if (small < 0x80) this.#byte(small)
    else if (small <= 0xff) this.#sized8(0xcc, small)
    else if (small <= 0xffff) this.#sized16(0xcd, small)
    else this.#sized32(0xce, small)
  }

  text(value: string): void {
    const length = utf8Length(value)
    if (length < 32) this.#byte(0xa0 | length)
    else if (length <= 0xff) this.#sized8(0xd9, length)
    else if (length <= 0xffff) this.#sized16(0xda, length)
    else this.#sized32(0xdb, length)
    encoder.encodeInto(value, this.buffer.subarray(this.#offset, this.#offset + length))
    this.#offset += length
  }

  bytes(value: Uint8Array): void {
    this.arrayHeader(value.length)
    const { buffer } = this
    let offset = this.#offset
    for (let index = 0; index < value.length; index++) {
      const byte = value[index] as number
      if (byte >= 0x80) buffer[offset++] = 0xcc
      buffer[offset++] = byte
    }
    this.#offset = offset
  }

  arrayHeader(length: number): void {
    if (length < 16) this.#byte(0x90 | length)
    else if (length <= 0xffff) this.#sized16(0xdc, length)
    else this.#sized32(0xdd, length)
  }

  mapHeader(length: number): void {
    if (length < 16) this.#byte(0x80 | length)
    else if (length <= 0xffff) this.#sized16(0xde, length)
    else this.#sized32(0xdf, length)
  }

  #byte(value: number): void {
    this.buffer[this.#offset++] = value
  }

  #sized8(head: number, value: number): void {
    this.#byte(head)
    this.#byte(value)
  }

  #sized16(head: number, value: number): void {
    this.#byte(head)
    this.#view.setUint16(this.#offset, value)
    this.#offset += 2
  }

  #sized32(head: number, value: number): void {
    this.#byte(head)
    this.#view.setUint32(this.#offset, value)
    this.#offset += 4
  }
}
