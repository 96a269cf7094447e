import { lstat, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { formatPackageId } from '@hyperware/protocol'
import { ioFailure } from './io-error.ts'
import type { VfsPath } from './vfs-path.ts'

/** Where the drives lie on the disk: `<home>/vfs/<package>:<publisher>/<drive>`. */
export function vfsRoot(home: string): string {
  return join(home, 'vfs')
}

function driveFolder(root: string, { package: owner, drive }: VfsPath): string {
  return join(root, formatPackageId(owner), drive)
}

/** A place on the disk as its path names it, and the one it truly is, which two paths share when one goes over a link. */
export type Located = { readonly place: string; readonly truePlace: string }

/** The place of a path on the disk. */
export async function locate(root: string, path: VfsPath): Promise<string> {
  return (await locateTruly(root, path)).place
}

/** Links are followed inside the drive only: a package could hold one that points at the key file. */
export async function locateTruly(root: string, path: VfsPath): Promise<Located> {
  const drive = driveFolder(root, path)
  const place = join(drive, ...path.rest)
  const [realDrive, realPlace] = await Promise.all([realOf(drive), realOf(place)])
  if (realPlace !== realDrive && !realPlace.startsWith(realDrive + sep)) {
    throw ioFailure('Permission denied (os error 13)')
  }
  return { place, truePlace: realPlace }
}

/** The true place of the longest part of `place` that exists, and the rest after it. */
async function realOf(place: string): Promise<string> {
  try {
    return await realpath(place)
  } catch (error) {
    if (!isMissing(error)) throw error
    // A link to nowhere exists although its end does not: following it would create a file outside.
    if (await isLink(place)) throw ioFailure('Permission denied (os error 13)')
    const parent = dirname(place)
    return parent === place ? place : join(await realOf(parent), place.slice(parent.length + 1))
  }
}

async function isLink(place: string): Promise<boolean> {
  try {
    return (await lstat(place)).isSymbolicLink()
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
