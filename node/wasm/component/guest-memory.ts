import { countOf } from '@hyperware/protocol'
import { HostTrap } from './shape.ts'

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ENCODER = new TextEncoder()

/**
 * What one call may hand over beyond the size of the memory: the values of honest guests overlap here and there, as when
 * one body goes to several targets. Without a bound, a page of pointers to one large text would become gigabytes.
 */
const OVERLAP_MAX_BYTES = 16 * 1_048_576

/** A text is one value of the thread's heap, which holds little more; and it is read at once, which a kill waits for. */
const TEXT_MAX_BYTES = 64 * 1_048_576

/** More is copied in pieces, between which a thread can be ended. */
const PIECE_BYTES = 1_048_576

export type Realloc = (oldPointer: number, oldSize: number, align: number, newSize: number) => number

/**
 * A guest's linear memory during one call. Everything a guest says about its memory is checked here: what does not hold
 * ends the guest. Views last until the next `allocate`, which may move the memory.
 */
export class GuestMemory {
  view: DataView
  bytes: Uint8Array
  private readonly memory: WebAssembly.Memory
  private readonly realloc: Realloc | undefined
  /** What one call may still hand over. */
  private remaining: number

  constructor(memory: WebAssembly.Memory, realloc: Realloc | undefined) {
    this.memory = memory
    this.realloc = realloc
    this.view = new DataView(memory.buffer)
    this.bytes = new Uint8Array(memory.buffer)
    this.remaining = this.bytes.length + OVERLAP_MAX_BYTES
  }

  /** Checks that `size` bytes lie at `pointer`, aligned, and gives the pointer as an unsigned number. */
  range(pointer: number, size: number, align: number): number {
    const start = pointer >>> 0
    if (start % align !== 0) throw new HostTrap(`the guest gave the pointer ${start}, expected a multiple of ${align}`)
    if (start + size > this.bytes.length) {
      throw new HostTrap(
        `the guest gave ${countOf(size, 'byte')} at ${start}, expected them inside its ${this.bytes.length} bytes of memory`,
      )
    }
    return start
  }

  /** As `range`, for contents that are handed over: they count against what one call may hand over. */
  take(pointer: number, size: number, align: number): number {
    const start = this.range(pointer, size, align)
    this.remaining -= size
    if (this.remaining < 0) throw new HostTrap('the guest handed over much more in one call than its memory holds')
    return start
  }

  text(pointer: number, length: number): string {
    const start = this.take(pointer, length >>> 0, 1)
    if (length >>> 0 > TEXT_MAX_BYTES) {
      throw new HostTrap(`the guest gave ${length >>> 0} bytes as text, expected at most ${TEXT_MAX_BYTES}`)
    }
    try {
      return DECODER.decode(this.bytes.subarray(start, start + (length >>> 0)))
    } catch {
      throw new HostTrap(`the guest gave ${countOf(length >>> 0, 'byte')} at ${start} as text, expected UTF-8`)
    }
  }

  copy(pointer: number, length: number): Uint8Array {
    const size = length >>> 0
    const start = this.take(pointer, size, 1)
    if (size <= PIECE_BYTES) return this.bytes.slice(start, start + size)
    const copied = new Uint8Array(size)
    setInPieces(copied, 0, this.bytes.subarray(start, start + size))
    return copied
  }

  /** Asks the guest for room. */
  allocate(size: number, align: number): number {
    if (this.realloc === undefined) throw new HostTrap('the guest has no realloc, expected one to receive this value')
    if (size > 0x7fff_ffff) throw new HostTrap(`a value of ${size} bytes does not fit into the guest's memory`)
    const pointer = this.realloc(0, 0, align, size)
    if (this.memory.buffer !== this.view.buffer) {
      this.view = new DataView(this.memory.buffer)
      this.bytes = new Uint8Array(this.memory.buffer)
    }
    return this.range(pointer, size, align)
  }

  putBytes(value: Uint8Array): number {
    const pointer = this.allocate(value.length, 1)
    setInPieces(this.bytes, pointer, value)
    return pointer
  }

  putText(value: string): { readonly pointer: number; readonly length: number } {
    if (isShortAscii(value)) {
      const pointer = this.allocate(value.length, 1)
      for (let at = 0; at < value.length; at += 1) this.bytes[pointer + at] = value.charCodeAt(at)
      return { pointer, length: value.length }
    }
    const bytes = ENCODER.encode(value)
    return { pointer: this.putBytes(bytes), length: bytes.length }
  }
}

function setInPieces(into: Uint8Array, offset: number, value: Uint8Array): void {
  if (value.length <= PIECE_BYTES) return into.set(value, offset)
  for (let at = 0; at < value.length; at += PIECE_BYTES) into.set(value.subarray(at, at + PIECE_BYTES), offset + at)
}

const SHORT_CHARACTERS = 64

/** Names and ids: written one by one they cost no buffer of their own, which would be most of what a short message costs. */
function isShortAscii(text: string): boolean {
  if (text.length > SHORT_CHARACTERS) return false
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false
  return true
}
