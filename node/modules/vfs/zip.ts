import { HyperwareError, quote } from '@hyperware/protocol'
import { unzipSync, type UnzipFileInfo } from 'fflate'

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
 * Reads all files of a zip; folders come with the files in them. Names are checked before a byte is inflated, so no
 * entry reaches outside the place it is unpacked to, and sizes before memory is taken. @throws ZipError
 */
export function readZip(bytes: Uint8Array): readonly ZipFile[] {
  let entries = 0
  let total = 0
  function admit(entry: UnzipFileInfo): boolean {
    entries += 1
    total += entry.originalSize
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
    return !entry.name.endsWith('/')
  }
  try {
    return Object.entries(unzipSync(bytes, { filter: admit })).map(([name, file]) => ({
      path: segmentsOf(name),
      bytes: file,
    }))
  } catch (error) {
    if (error instanceof ZipError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new ZipError({ code: 'unreadable', reason }, `Cannot read zip: ${reason}`, { cause: error })
  }
}

function segmentsOf(name: string): readonly string[] {
  const segments = name.replace(/\/$/, '').split('/')
  const unsafe = segments.some((segment) => segment === '' || segment === '.' || segment === '..')
  if (unsafe || /[\\\0]/.test(name)) {
    throw new ZipError({ code: 'unsafe-name', name }, `Cannot read zip: entry ${quote(name)} is not a path inside it`)
  }
  return segments
}
