import { crc32, inflateRawSync } from 'node:zlib'
import { HyperwareError, quote } from '@hyperware/protocol'
import { packedOf, readDirectory, type ZipEntry } from './zip-directory.ts'

export type ZipProblem =
  | { code: 'unreadable'; reason: string }
  | { code: 'unsafe-name'; name: string }
  | { code: 'too-many-entries'; maximum: number }
  | { code: 'too-large'; maximumBytes: number }

/** A zip that is damaged, or that no package has a reason to be. */
export class ZipError extends HyperwareError<ZipProblem> {}

/** The most files one zip may hold, and the most bytes they may take together. */
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
    const entries = admit(bytes)
    return [...entries.values()].map((entry) => ({ path: segmentsOf(entry.name), bytes: unpack(bytes, entry) }))
  } catch (error) {
    if (error instanceof ZipError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ZipError({ code: 'unreadable', reason }, `Cannot read zip: ${reason}`, { cause: error })
  }
}

/** The files of a zip by name, when it is one that may be unpacked. */
function admit(bytes: Uint8Array): ReadonlyMap<string, ZipEntry> {
  const files = new Map<string, ZipEntry>()
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
    if (!entry.name.endsWith('/')) files.set(entry.name, entry)
  }
  return files
}

const STORED = 0
const DEFLATED = 8

function unpack(zip: Uint8Array, entry: ZipEntry): Uint8Array {
  const { name, sizeBytes } = entry
  if (entry.encrypted) throw new Error(`${quote(name)} is encrypted`)
  const packed = packedOf(zip, entry)
  const bytes = inflate(packed, entry)
  if (bytes.length !== sizeBytes) throw new Error(`${quote(name)} has ${bytes.length} bytes, expected ${sizeBytes}`)
  if (crc32(bytes) !== entry.crc) throw new Error(`${quote(name)} is damaged: its checksum differs`)
  return bytes
}

function inflate(packed: Uint8Array, { name, method, sizeBytes }: ZipEntry): Uint8Array {
  if (method === STORED) return packed.slice()
  if (method !== DEFLATED) throw new Error(`${quote(name)} is packed by method ${method}, expected 0 or 8`)
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
