import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homePaths } from './home.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Components are kept here under the hash of what they were made of; safe to delete. */
export const COMPONENT_CACHE = join(ROOT, 'cache/components')
/** The packages that come with every node. */
const PACKAGES = ['terminal'].map((name) => join(ROOT, 'node/packages', name))

/**
 * Builds the packages that nodes boot with, and puts them into one file in the network's home; returns its path. The
 * first build takes some seconds for each process, later ones only what changed.
 */
export async function ensurePackages(home: string, progress: (process: string) => void): Promise<string> {
  const { buildPackage, bundlePackages } = await import('@hyperware/node/kit')
  const file = homePaths(home).packages
  const built = PACKAGES.map((folder) => buildPackage(folder, { cacheFolder: COMPONENT_CACHE, progress }))
  const bytes = bundlePackages(await Promise.all(built))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, bytes)
  return file
}
