import type { Dirent } from 'node:fs'
import { chmod, constants, copyFile, mkdir, opendir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { flush } from '../disk/flush.ts'
import { isMissing } from '../modules/vfs/drive-files.ts'
import { decodeVfsPath } from '../modules/vfs/vfs-path.ts'
import { copyFailed, ImportError } from './errors.ts'

/** What was copied of the drives, and what was not: how much, and the first of it with the reason. */
export type CopiedDrives = {
  packages: number
  files: number
  bytes: number
  leftOut: number
  readonly leftOutFirst: { readonly path: string; readonly why: string }[]
}

const LEFT_OUT_TOLD = 20

/**
 * Copies the drives of all packages from one `vfs` folder to another, which is made, and waits until they are on disk.
 * Links and whatever else is neither file nor folder is left out, and so is what this node could not reach by a path.
 * @throws ImportError `copy-failed`
 */
export async function copyDrives(from: string, to: string): Promise<CopiedDrives> {
  const copied: CopiedDrives = { packages: 0, files: 0, bytes: 0, leftOut: 0, leftOutFirst: [] }

  function leaveOut(path: string, why: string): void {
    copied.leftOut += 1
    if (copied.leftOutFirst.length < LEFT_OUT_TOLD) copied.leftOutFirst.push({ path, why })
  }

  async function copyFolder(path: string): Promise<void> {
    await mkdir(join(to, path), { mode: 0o700 })
    for await (const entry of await opendir(join(from, path))) {
      const inner = join(path, entry.name)
      await copyEntry(inner, entry).catch((error: unknown) => {
        throw error instanceof ImportError ? error : copyFailed(join(from, inner), error)
      })
    }
    await flush(join(to, path))
  }

  async function copyEntry(path: string, entry: Dirent): Promise<void> {
    const isPackage = dirname(path) === '.'
    if (isPackage && !isReachable(entry.name)) return leaveOut(path, 'its name is not package:publisher')
    if (entry.isDirectory()) {
      if (isPackage) copied.packages += 1
      return copyFolder(path)
    }
    if (!entry.isFile()) return leaveOut(path, entry.isSymbolicLink() ? 'it is a link' : 'it is no file')
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE)
    await chmod(join(to, path), 0o600) // a copy has the mode of its original
    await flush(join(to, path))
    copied.files += 1
    copied.bytes += (await stat(join(to, path))).size
  }

  await copyFolder('').catch((error: unknown) => {
    if (isMissing(error)) return // a node that never had a package
    throw error instanceof ImportError ? error : copyFailed(from, error)
  })
  return copied
}

function isReachable(packageName: string): boolean {
  return decodeVfsPath(`/${packageName}/pkg`).ok
}
