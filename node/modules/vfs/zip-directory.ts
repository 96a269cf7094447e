/** Where a file of a zip lies, and what it is when it is out: as the directory at the end of the zip says. */
export type ZipEntry = {
  readonly name: string
  readonly method: number
  readonly encrypted: boolean
  readonly crc: number
  readonly packedBytes: number
  readonly sizeBytes: number
  /** Of its local header. */
  readonly offset: number
}

const END = { signature: 0x06054b50, bytes: 22, commentMax: 0xffff } as const
const END_64_LOCATOR = { signature: 0x07064b50, bytes: 20 } as const
const END_64 = { signature: 0x06064b50 } as const
const ENTRY = { signature: 0x02014b50, bytes: 46 } as const
const LOCAL = { signature: 0x04034b50, bytes: 30 } as const
/** Stands for a number that does not fit, and is in the entry's extra field instead. */
const ELSEWHERE = 0xffffffff
const EXTRA_64 = 0x0001
const FLAG = { encrypted: 0x0001, utf8: 0x0800 } as const

/**
 * Reads the directory of a zip, entry by entry, so that whoever reads may stop early. @throws RangeError when it points
 * outside the bytes; Error in words when it is no directory.
 */
export function* readDirectory(zip: Uint8Array): Generator<ZipEntry> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  let { at, count } = findDirectory(view)
  for (; count > 0; count -= 1) {
    expectSignature(view, at, ENTRY.signature, 'an entry of the directory')
    const flags = view.getUint16(at + 8, true)
    const nameAt = at + ENTRY.bytes
    const extraAt = nameAt + view.getUint16(at + 28, true)
    const commentAt = extraAt + view.getUint16(at + 30, true)
    const text = zip.subarray(nameAt, extraAt)
    // Elsewhere than in UTF-8 names are in a code page of the past; its upper half only has to stay distinct.
    const name = Buffer.from(text).toString((flags & FLAG.utf8) === 0 ? 'latin1' : 'utf8')
    const sizes = readSizes(view, at, { from: extraAt, to: commentAt })
    yield {
      name,
      method: view.getUint16(at + 10, true),
      encrypted: (flags & FLAG.encrypted) !== 0,
      crc: view.getUint32(at + 16, true),
      ...sizes,
    }
    at = commentAt + view.getUint16(at + 32, true)
  }
}

/** The packed bytes of an entry. @throws RangeError, Error */
export function packedOf(zip: Uint8Array, { offset, packedBytes }: ZipEntry): Uint8Array {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  expectSignature(view, offset, LOCAL.signature, 'a file')
  const from = offset + LOCAL.bytes + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  if (from + packedBytes > zip.length) throw new RangeError('a file reaches beyond its end')
  return zip.subarray(from, from + packedBytes)
}

function findDirectory(view: DataView): { at: number; count: number } {
  const last = view.byteLength - END.bytes
  for (let at = last; at >= 0 && at >= last - END.commentMax; at -= 1) {
    if (view.getUint32(at, true) !== END.signature) continue
    const count = view.getUint16(at + 10, true)
    const offset = view.getUint32(at + 16, true)
    return count === 0xffff || offset === ELSEWHERE ? findDirectory64(view, at) : { at: offset, count }
  }
  throw new Error('it has no directory')
}

function findDirectory64(view: DataView, end: number): { at: number; count: number } {
  const locator = end - END_64_LOCATOR.bytes
  expectSignature(view, locator, END_64_LOCATOR.signature, 'the place of its directory')
  const at = readUint64(view, locator + 8)
  expectSignature(view, at, END_64.signature, 'the end of its directory')
  return { at: readUint64(view, at + 48), count: readUint64(view, at + 32) }
}

type Sizes = Pick<ZipEntry, 'packedBytes' | 'sizeBytes' | 'offset'>

function readSizes(view: DataView, at: number, extra: { from: number; to: number }): Sizes {
  const packedBytes = view.getUint32(at + 20, true)
  const sizeBytes = view.getUint32(at + 24, true)
  const offset = view.getUint32(at + 42, true)
  if (packedBytes !== ELSEWHERE && sizeBytes !== ELSEWHERE && offset !== ELSEWHERE) {
    return { packedBytes, sizeBytes, offset }
  }
  for (let field = extra.from; field + 4 <= extra.to; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== EXTRA_64) continue
    let next = field + 4
    // Only those that did not fit are there, in this order.
    const wide = (narrow: number): number => {
      if (narrow !== ELSEWHERE) return narrow
      next += 8
      return readUint64(view, next - 8)
    }
    return { sizeBytes: wide(sizeBytes), packedBytes: wide(packedBytes), offset: wide(offset) }
  }
  throw new Error('an entry of the directory lacks its sizes')
}

function readUint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`a number at byte ${at} is too large`)
  return Number(value)
}

function expectSignature(view: DataView, at: number, signature: number, what: string): void {
  if (view.getUint32(at, true) !== signature) throw new Error(`${what} is not where it should be, at byte ${at}`)
}
