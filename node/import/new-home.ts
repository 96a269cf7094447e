import { mkdir, mkdtemp, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { quote } from '@hyperware/protocol'
import { flush } from '../disk/flush.ts'
import { HomeLockError, lockHome } from '../disk/home-lock.ts'
import { isMissing } from '../modules/vfs/drive-files.ts'
import { badTarget, copyFailed } from './errors.ts'

/** Between the name of a home and what makes the folder it is made in one of its own. */
const UNFINISHED = '.importing-'

/**
 * Where the home is to be: not inside the reference's, which stays as it is, and not where anything is already.
 * @throws ImportError `target-home`
 */
export async function chooseTarget(to: string, reference: string): Promise<string> {
  const target = await realpath(to).catch(() => resolve(to))
  const near = await nearestFolder(target)
  const kept = await realpath(reference)
  if (near === kept || near.startsWith(kept + sep)) throw badTarget(to, 'it lies inside the home that is imported')
  const found = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw badTarget(to, error.code === 'ENOTDIR' ? 'it is not a folder' : error.message)
  })
  if (found[0] !== undefined) throw badTarget(to, `it holds ${quote(found[0])}, expected it to be empty`)
  return target
}

/** The path itself, or of the folders above it the nearest that exists, with all links followed. */
async function nearestFolder(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error
    return nearestFolder(dirname(path))
  }
}

/**
 * Has `fill` make a home in a folder beside the target, which then takes its place: a reader, or a machine that loses
 * power, finds all of the home or none. What killed imports left beside is removed.
 * @throws ImportError, and whatever `fill` throws; then nothing is left.
 */
export async function makeHome<T>(target: string, fill: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(dirname(target), { recursive: true })
  await removeUnfinished(target)
  const folder = await mkdtemp(target + UNFINISHED)
  try {
    const filled = await fillLocked(folder, fill)
    await rename(folder, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') throw badTarget(target, 'it has been filled meanwhile')
      throw copyFailed(target, error)
    })
    await flush(dirname(target))
    return filled
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The lock tells other imports that this folder is being filled. Its files have their places until it is released. */
async function fillLocked<T>(folder: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const lock = await lockHome(folder)
  try {
    const filled = await fill(folder)
    await flush(folder)
    return filled
  } finally {
    lock.release()
  }
}

async function removeUnfinished(target: string): Promise<void> {
  const names = await readdir(dirname(target))
  for (const name of names.filter((each) => each.startsWith(basename(target) + UNFINISHED))) {
    const folder = join(dirname(target), name)
    try {
      const lock = await lockHome(folder)
      lock.release()
      await rm(folder, { recursive: true, force: true })
    } catch (error) {
      if (!(error instanceof HomeLockError)) throw error // another import is under way
    }
  }
}
