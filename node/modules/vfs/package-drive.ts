import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { formatPackageId, type PackageId } from '@hyperware/protocol'
import { flush } from '../../disk/flush.ts'
import type { BundledPackage } from './bundled-packages.ts'
import { isMissing, vfsRoot } from './drive-files.ts'

/** Where a drive is made before it takes its place, and where one that is removed goes: nothing to keep. */
const UNPACKING = '.unpacking'
/** Where drives lie, by package, from when they leave their place until the new ones are there. */
const REPLACED = '.replaced'

/** A drive that lies beside all drives, complete and flushed. There is one at a time: making the next one deletes it. */
export type StagedDrive = {
  /** Puts it in place of the drive there; when that fails, that one is put back. */
  readonly place: () => Promise<void>
  /** Deletes it unless it was placed. */
  readonly discard: () => Promise<void>
}

/**
 * Makes the `pkg` drive of a package beside all drives: its files, and the zip they came in. What can fail for want of
 * room fails here, and leaves nothing; the drive that is there stays as it is.
 */
export async function stageDrive(home: string, each: BundledPackage): Promise<StagedDrive> {
  const made = join(home, UNPACKING)
  await clear(made)
  try {
    await writeFlushed(made, contentOf(each))
  } catch (error) {
    await clearIfPossible(made)
    throw error
  }
  return { place: () => placeDrive(home, each.id, made), discard: () => clearIfPossible(made) }
}

/**
 * Puts the files of a package into its drive, in place of whatever was there. A drive that holds just these, to the
 * byte, is left as it is: nobody can tell.
 */
export async function installBundled(home: string, each: BundledPackage): Promise<void> {
  if (await holdsExactly(packageDrive(home, each.id), contentOf(each))) return
  const staged = await stageDrive(home, each)
  await staged.place()
}

/** Whether a package has a drive. */
export function isInstalled(home: string, id: PackageId): Promise<boolean> {
  return exists(packageDrive(home, id))
}

/** Takes away the drive of a package, if there is one, at once as others see it. */
export async function removeInstalled(home: string, id: PackageId): Promise<void> {
  const drive = packageDrive(home, id)
  const away = join(home, UNPACKING)
  await clear(away)
  await clear(asideOf(home, id))
  if (!(await exists(drive))) return
  await rename(drive, away)
  await flush(dirname(drive))
  await clear(away)
}

/**
 * Ends what a node that was killed had begun: a drive that had left its place, and has no other there, is put back, and
 * the rest is deleted. Before anything else looks at the drives of this home.
 */
export async function restoreDrives(home: string): Promise<void> {
  await clear(join(home, UNPACKING))
  const replaced = join(home, REPLACED)
  const names = await readdir(replaced).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  for (const name of names) {
    const drive = driveOf(home, name)
    if (await exists(drive)) continue
    await mkdir(dirname(drive), { recursive: true })
    await rename(join(replaced, name), drive)
    await flush(dirname(drive))
  }
  await clear(replaced)
}

async function placeDrive(home: string, id: PackageId, made: string): Promise<void> {
  const drive = packageDrive(home, id)
  const aside = asideOf(home, id)
  await mkdir(dirname(drive), { recursive: true })
  const hadOne = await moveAside(drive, aside)
  try {
    await rename(made, drive)
  } catch (error) {
    if (hadOne) await rename(aside, drive)
    throw error
  }
  await flush(dirname(drive))
  await clearIfPossible(aside)
  await rmdir(dirname(aside)).catch(() => undefined) // another drive may lie there, or none did
}

/** A drive that lies aside and has none in its place is the only one: it is not deleted for nothing. */
async function moveAside(drive: string, aside: string): Promise<boolean> {
  if (!(await exists(drive))) return false
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 })
  await clear(aside)
  await rename(drive, aside)
  return true
}

async function writeFlushed(folder: string, content: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  const folders = new Set([folder])
  for (const [path, bytes] of content) {
    for (const parent of parentsOf(path)) folders.add(join(folder, parent))
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, bytes, { flush: true })
  }
  for (const each of folders) await flush(each)
}

function clear(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

/** What stays is cleared by the next drive that is made, or by a boot: no reason to say that something failed. */
async function clearIfPossible(folder: string): Promise<void> {
  await clear(folder).catch(() => undefined)
}

async function exists(place: string): Promise<boolean> {
  try {
    await lstat(place)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function driveOf(home: string, name: string): string {
  return join(vfsRoot(home), name, 'pkg')
}

function asideOf(home: string, id: PackageId): string {
  return join(home, REPLACED, formatPackageId(id))
}

function packageDrive(home: string, id: PackageId): string {
  return driveOf(home, formatPackageId(id))
}

function zipName({ id }: BundledPackage): string {
  return `${formatPackageId(id)}.zip`
}

/** What the drive is to hold: each file by its path in it. */
function contentOf(each: BundledPackage): ReadonlyMap<string, Uint8Array> {
  const files = each.files.map(({ path, bytes }) => [join(...path), bytes] as const)
  return new Map([...files, [zipName(each), each.zip]])
}

/** The folders around a file of a drive. */
function parentsOf(path: string): readonly string[] {
  const parents: string[] = []
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) parents.push(parent)
  return parents
}

/** Whether a folder holds these files and no others, and nothing but files and the folders around them. */
async function holdsExactly(folder: string, content: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  const expected = new Set(content.keys())
  for (const path of content.keys()) {
    for (const parent of parentsOf(path)) expected.add(parent)
  }
  try {
    if (!(await lstat(folder)).isDirectory()) return false
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    if (found.length !== expected.size) return false
    for (const entry of found) {
      const path = relative(folder, join(entry.parentPath, entry.name))
      const bytes = content.get(path)
      const same =
        bytes === undefined ? expected.has(path) && entry.isDirectory() : await holds(join(folder, path), bytes)
      if (!same) return false
    }
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

async function holds(file: string, bytes: Uint8Array): Promise<boolean> {
  const stat = await lstat(file)
  return stat.isFile() && stat.size === bytes.length && (await readFile(file)).equals(bytes)
}
