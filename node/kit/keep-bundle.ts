import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepFile } from '../disk/kept-file.ts'
import { buildPackage } from './build-package.ts'
import { bundlePackages } from './bundle-packages.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What a package of the node is made of beside its own folder: the linter keeps it from importing anything else. */
const SHARED_FOLDERS = ['node/kit', 'node/process', 'node/protocol', 'node/wasm/wit']
/** Decides about everything from elsewhere. */
const LOCKFILE = 'package-lock.json'

/**
 * The bundle of packages that are in this repository, kept in `file` and taken from there as long as none of the sources
 * has changed. @throws BuildError
 */
export async function keepBundle(
  folders: readonly string[],
  options: { readonly file: string; readonly cacheFolder: string; readonly progress?: (process: string) => void },
): Promise<Uint8Array> {
  const own = folders.map((folder) => relative(ROOT, folder))
  const listed = await Promise.all([...own, ...SHARED_FOLDERS].map(listFiles))
  const inputs = [...listed.flat(), LOCKFILE].toSorted()
  // A file that comes or goes decides as much as one that changes.
  const recipe = createHash('sha256')
    .update(JSON.stringify([own, inputs]))
    .digest('hex')
  return keepFile({ file: options.file, recipe, root: ROOT }, async () => {
    const built = await Promise.all(folders.map((folder) => buildPackage(folder, options)))
    return { bytes: bundlePackages(built), inputs }
  })
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}
