import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import { HyperwareError, quote } from '@hyperware/protocol'
import { packedOf, readDirectory, type ZipEntry } from './zip-directory.ts'

export type ZipProblem =
  | { code: 'unreadable'; reason: string }
  | { code: 'unsafe-name'; name: string }
  | { code: 'too-many-entries'; maximum: number }
  | { code: 'too-large'; maximumBytes: number }

/** A zip that is damaged, or that no package has a reason to be. */
export class ZipError extends HyperwareError<ZipProblem> {}

/** The most files and folders one zip may list, and the most bytes they may take together. */
export const ZIP_ENTRIES_MAX = 10_000
export const ZIP_BYTES_MAX = 512 * 1_024 * 1_024

/** A file of a zip: its path in segments, none of which is empty, `.` or `..`. */
export type ZipFile = { readonly path: readonly string[]; readonly bytes: Uint8Array }

/**
 * Reads all files of a zip; folders come with the files in them, and of two entries with one name the last counts. All
 * names and sizes are checked before a byte is inflated, so no entry reaches outside the place it is unpacked to, nor
 * takes memory that was not counted. @throws ZipError
 */
export function readZip(bytes: Uint8Array): readonly ZipFile[] {
  try {
    const { files } = admit(bytes)
    return [...files.values()].map((entry) => ({ path: segmentsOf(entry.name), bytes: unpack(bytes, entry) }))
  } catch (error) {
    throw zipErrorOf(error)
  }
}

/** A file of a zip that is unpacked piece by piece. The pieces are the whole file only when none of them throws. */
export type PackedFile = { readonly path: readonly string[]; readonly unpack: () => AsyncGenerator<Uint8Array> }

/**
 * As `readZip`, for a zip that anybody may send: what it holds is unpacked by other threads and never all in memory. The
 * folders are those that have entries of their own. @throws ZipError, and so does unpacking
 */
export function openZip(bytes: Uint8Array): {
  readonly files: readonly PackedFile[]
  readonly folders: readonly (readonly string[])[]
} {
  try {
    const { files, folders } = admit(bytes)
    return {
      files: [...files.values()].map((entry) => ({
        path: segmentsOf(entry.name),
        unpack: () => unpackInPieces(bytes, entry),
      })),
      folders: [...folders].map(segmentsOf),
    }
  } catch (error) {
    throw zipErrorOf(error)
  }
}

function zipErrorOf(error: unknown): ZipError {
  if (error instanceof ZipError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new ZipError({ code: 'unreadable', reason }, `Cannot read zip: ${reason}`, { cause: error })
}

type Admitted = { readonly files: ReadonlyMap<string, ZipEntry>; readonly folders: ReadonlySet<string> }

/** The files of a zip by name, and its folders, when it is one that may be unpacked. */
function admit(bytes: Uint8Array): Admitted {
  const files = new Map<string, ZipEntry>()
  const folders = new Set<string>()
  let entries = 0
  let total = 0
  for (const entry of readDirectory(bytes)) {
    entries += 1
    total += entry.sizeBytes
    if (entries > ZIP_ENTRIES_MAX) {
      throw new ZipError(
        { code: 'too-many-entries', maximum: ZIP_ENTRIES_MAX },
        `Cannot read zip: it has more than ${ZIP_ENTRIES_MAX} entries`,
      )
    }
    if (total > ZIP_BYTES_MAX) {
      throw new ZipError(
        { code: 'too-large', maximumBytes: ZIP_BYTES_MAX },
        `Cannot read zip: its files take more than ${ZIP_BYTES_MAX} bytes`,
      )
    }
    segmentsOf(entry.name)
    if (entry.name.endsWith('/')) folders.add(entry.name)
    else files.set(entry.name, entry)
  }
  expectNoFileAbove([...files.keys(), ...folders])
  return { files, folders }
}

/** No file may lie in another one: half of the zip would be there before that shows. */
function expectNoFileAbove(names: readonly string[]): void {
  // With the lowest character between segments, what lies in something comes right after it.
  const sorted = names.map((name) => name.replaceAll('/', '\0')).toSorted()
  const above = sorted.find((name, at) => !name.endsWith('\0') && sorted[at + 1]?.startsWith(`${name}\0`) === true)
  if (above !== undefined) throw new Error(`${quote(above.replaceAll('\0', '/'))} is a file and a folder`)
}

const STORED = 0
const DEFLATED = 8

function unpack(zip: Uint8Array, entry: ZipEntry): Uint8Array {
  const bytes = inflate(packedFor(zip, entry), entry)
  expectWhole(entry, bytes.length, crc32(bytes))
  return bytes
}

async function* unpackInPieces(zip: Uint8Array, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  try {
    const packed = packedFor(zip, entry)
    let length = 0
    let crc = 0
    for await (const piece of entry.method === STORED ? cut(packed) : inflateInPieces(packed)) {
      length += piece.length
      crc = crc32(piece, crc)
      if (length > entry.sizeBytes) break
      yield piece
    }
    expectWhole(entry, length, crc)
  } catch (error) {
    throw zipErrorOf(error)
  }
}

/** The packed bytes of a file, when they can be unpacked. */
function packedFor(zip: Uint8Array, entry: ZipEntry): Uint8Array {
  const { name, method, encrypted } = entry
  if (encrypted) throw new Error(`${quote(name)} is encrypted`)
  if (method !== STORED && method !== DEFLATED) {
    throw new Error(`${quote(name)} is packed by method ${method}, expected 0 or 8`)
  }
  return packedOf(zip, entry)
}

function expectWhole({ name, sizeBytes, crc: expected }: ZipEntry, length: number, crc: number): void {
  if (length !== sizeBytes) throw new Error(`${quote(name)} has ${length} bytes, expected ${sizeBytes}`)
  if (crc !== expected) throw new Error(`${quote(name)} is damaged: its checksum differs`)
}

const PIECE_BYTES = 256 * 1_024

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

function inflateInPieces(packed: Uint8Array): AsyncIterable<Uint8Array> {
  const inflating = createInflateRaw({ chunkSize: PIECE_BYTES })
  inflating.end(packed)
  return inflating
}

function inflate(packed: Uint8Array, { method, sizeBytes }: ZipEntry): Uint8Array {
  if (method === STORED) return packed.slice()
  if (sizeBytes === 0) return new Uint8Array(0)
  // In one piece, and never more than was counted.
  const bytes = inflateRawSync(packed, { maxOutputLength: sizeBytes, chunkSize: Math.max(sizeBytes, CHUNK_MIN) })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** zlib takes no smaller one. */
const CHUNK_MIN = 64

function segmentsOf(name: string): readonly string[] {
  const segments = name.replace(/\/$/, '').split('/')
  const unsafe = segments.some((segment) => segment === '' || segment === '.' || segment === '..')
  if (unsafe || /[\\\0]/.test(name)) {
    throw new ZipError({ code: 'unsafe-name', name }, `Cannot read zip: entry ${quote(name)} is not a path inside it`)
  }
  return segments
}
