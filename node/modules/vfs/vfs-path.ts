import {
  type Decoded,
  decoded,
  formatPackageId,
  isHypermapSafe,
  type PackageId,
  quote,
  undecodable,
} from '@hyperware/protocol'

/** A path of the virtual file system, taken apart: `/package:publisher/drive/rest`. */
export type VfsPath = {
  readonly package: PackageId
  readonly drive: string
  /** Folders and file inside the drive; empty for the drive itself. */
  readonly rest: readonly string[]
}

/** Longest path, and longest name of one file or folder, in bytes of UTF-8: what the disk takes. */
export const PATH_MAX_BYTES = 4_096
const SEGMENT_MAX_BYTES = 255

/**
 * Reads a path: a leading slash is optional, `.` and `..` are resolved, and what leaves the root is refused (modules.md
 * section 3). Pure; links on the disk are another matter.
 */
export function decodeVfsPath(text: string): Decoded<VfsPath> {
  if (Buffer.byteLength(text) > PATH_MAX_BYTES) {
    return undecodable(`path ${quote(text)} is longer than ${PATH_MAX_BYTES} bytes`)
  }
  if (text.includes('\0')) return undecodable(`path ${quote(text)} contains a zero byte`)
  const segments = resolveDots(text)
  if (segments === undefined) return undecodable(`path ${quote(text)} leaves the root`)
  const [owner, drive, ...rest] = segments
  if (owner === undefined || drive === undefined) {
    return undecodable(`path ${quote(text)} has no drive, expected /package:publisher/drive`)
  }
  if ([drive, ...rest].some((segment) => Buffer.byteLength(segment) > SEGMENT_MAX_BYTES)) {
    return undecodable(`path ${quote(text)} has a name of more than ${SEGMENT_MAX_BYTES} bytes`)
  }
  const [packageName, publisher, ...more] = owner.split(':')
  if (packageName === undefined || publisher === undefined || more.length > 0) return badPackage(text, owner)
  if (!isHypermapSafe({ process: packageName, package: packageName, publisher })) return badPackage(text, owner)
  return decoded({ package: { package: packageName, publisher }, drive, rest })
}

function badPackage(text: string, owner: string): Decoded<VfsPath> {
  return undecodable(`path ${quote(text)} begins with ${quote(owner)}, expected package:publisher`)
}

function resolveDots(text: string): readonly string[] | undefined {
  const resolved: string[] = []
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') resolved.push(segment)
    else if (resolved.pop() === undefined) return undefined
  }
  return resolved
}

/** `/package:publisher/drive`, as capabilities name it. */
export function driveName({ package: owner, drive }: VfsPath): string {
  return `/${formatPackageId(owner)}/${drive}`
}

/** The path as answers give it: from the root of the file system, without a leading slash. */
export function formatVfsPath({ package: owner, drive, rest }: VfsPath): string {
  return [formatPackageId(owner), drive, ...rest].join('/')
}

/**
 * The folders of a path that stays above all drives: none for the list of packages, one for the drives of a package.
 * Undefined for a path into a drive, and for one that leaves the root.
 */
export function foldersAboveDrives(text: string): readonly string[] | undefined {
  const segments = resolveDots(text)
  return segments !== undefined && segments.length < 2 ? segments : undefined
}
