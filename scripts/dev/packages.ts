import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomically } from './files.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Components are kept here under the hash of what they were made of; safe to delete. */
export const COMPONENT_CACHE = join(ROOT, 'cache/components')
/** Where nodes that belong to no network find the packages they boot with; safe to delete. */
export const PACKAGES_FILE = join(ROOT, 'cache/packages.zip')
/** The packages that come with every node. */
const PACKAGES = ['terminal'].map((name) => join(ROOT, 'node/packages', name))

/**
 * Builds the packages that nodes boot with, and puts them into one file, whole or not at all. The first build takes some seconds for each process, later ones only what changed.
 */
export async function ensurePackages(file: string, progress: (process: string) => void): Promise<void> {
  const { buildPackage, bundlePackages } = await import('@hyperware/node/kit')
  const built = PACKAGES.map((folder) => buildPackage(folder, { cacheFolder: COMPONENT_CACHE, progress }))
  const bytes = bundlePackages(await Promise.all(built))
  writeFileAtomically(file, bytes)
}
