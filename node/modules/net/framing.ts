import { NOISE_MESSAGE_MAX_BYTES, TAG_BYTES } from './noise.ts'

/** Most plaintext bytes in one transport chunk. */
export const CHUNK_MAX_PLAINTEXT_BYTES = NOISE_MESSAGE_MAX_BYTES - TAG_BYTES

const LENGTH_BYTES = 2
const TOTAL_BYTES = 4

/**
 * Bytes read from a TCP connection and not used yet. Before the transport phase they are cut into frames
 * (`u16be length || bytes`); afterwards into a `u32be` message length and chunks framed like before (net.md section 2.1).
 *
 * Whoever feeds it takes out every complete unit after each `push`, so at most one unfinished frame (65,537 bytes)
 * and one read of the socket (64 KiB) wait here. The store grows with the data, by doubling, to 256 KiB at most.
 */
export class FrameReader {
  #store = new Uint8Array(256)
  #start = 0
  #end = 0

  /** Bytes waiting. */
  get sizeBytes(): number {
    return this.#end - this.#start
  }

  /** Memory set aside. */
  get storeBytes(): number {
    return this.#store.length
  }

  /** Adds what the socket read; the bytes are copied. */
  push(bytes: Uint8Array): void {
    const needed = this.sizeBytes + bytes.length
    if (this.#end + bytes.length > this.#store.length) {
      const target =
        needed > this.#store.length ? new Uint8Array(Math.max(needed, 2 * this.#store.length)) : this.#store
      target.set(this.#store.subarray(this.#start, this.#end))
      this.#store = target
      this.#end -= this.#start
      this.#start = 0
    }
    this.#store.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The next complete `u16be` frame, without its length, or undefined when more bytes are needed. */
  takeFrame(): Uint8Array | undefined {
    if (this.sizeBytes < LENGTH_BYTES) return undefined
    const length = this.#view().getUint16(this.#start)
    if (this.sizeBytes < LENGTH_BYTES + length) return undefined
    this.#start += LENGTH_BYTES
    return this.#take(length)
  }

  /** The `u32be` length in front of a transport message, or undefined when more bytes are needed. */
  takeTotal(): number | undefined {
    if (this.sizeBytes < TOTAL_BYTES) return undefined
    const total = this.#view().getUint32(this.#start)
    this.#start += TOTAL_BYTES
    return total
  }

  /** Everything that waits, for a connection that is passed on as raw bytes. */
  takeAll(): Uint8Array {
    return this.#take(this.sizeBytes)
  }

  #take(length: number): Uint8Array {
    const taken = this.#store.slice(this.#start, this.#start + length)
    this.#start += length
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    }
    return taken
  }

  #view(): DataView {
    return new DataView(this.#store.buffer)
  }
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff)
}

/** Frames of the handshake phase, as the pieces of one write. Throws a RangeError for more than 65,535 bytes. */
export function frameParts(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.flatMap((frame) => {
    if (frame.length <= NOISE_MESSAGE_MAX_BYTES) return [u16(frame.length), frame]
    throw new RangeError(`Cannot frame ${frame.length} bytes: expected at most ${NOISE_MESSAGE_MAX_BYTES}`)
  })
}

/** A message on TCP, as the pieces of one write: its length in clear text, then every chunk behind its own length. */
export function messageParts(total: number, chunks: readonly Uint8Array[]): Uint8Array[] {
  const header = new Uint8Array(TOTAL_BYTES)
  new DataView(header.buffer).setUint32(0, total)
  return [header, ...frameParts(chunks)]
}

/**
 * A message that is arriving in chunks. `buffer` grows by doubling and never beyond `total`; a later value may share
 * the buffer of an earlier one, writing only past the end of what the earlier one holds.
 */
export type PartialMessage = { readonly total: number; readonly received: number; readonly buffer: Uint8Array }

/** Nothing received yet of a message of `total` bytes; no memory is set aside for a length that was only claimed. */
export function startMessage(total: number): PartialMessage {
  return { total, received: 0, buffer: new Uint8Array(0) }
}

/** Adds an opened chunk; undefined when it holds nothing or more than the message has left. */
export function addChunk(partial: PartialMessage, chunk: Uint8Array): PartialMessage | undefined {
  const received = partial.received + chunk.length
  if (chunk.length === 0 || received > partial.total) return undefined
  if (partial.received === 0 && received === partial.total) return { total: partial.total, received, buffer: chunk }
  let { buffer } = partial
  if (received > buffer.length) {
    buffer = new Uint8Array(Math.min(partial.total, Math.max(received, 2 * buffer.length)))
    buffer.set(partial.buffer.subarray(0, partial.received))
  }
  buffer.set(chunk, partial.received)
  return { total: partial.total, received, buffer }
}
