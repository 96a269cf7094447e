import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomically } from './files.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Components are kept here under the hash of what they were made of; safe to delete. */
export const COMPONENT_CACHE = join(ROOT, 'cache/components')
/** Where nodes that belong to no network find the packages they boot with; safe to delete. */
export const PACKAGES_FILE = join(ROOT, 'cache/packages.zip')
/** The last bundle, with what it was made of; safe to delete. */
const KEPT_BUNDLE = join(ROOT, 'cache/packages.bundle')
/** The packages that come with every node. */
const PACKAGES = ['terminal'].map((name) => join(ROOT, 'node/packages', name))

/**
 * Puts the packages that nodes boot with into one file, whole or not at all. The first build takes some seconds for each
 * process, later ones only what changed, and none when nothing did.
 */
export async function ensurePackages(file: string, progress: (process: string) => void): Promise<void> {
  const { keepBundle } = await import('@hyperware/node/kit')
  const bytes = await keepBundle(PACKAGES, { file: KEPT_BUNDLE, cacheFolder: COMPONENT_CACHE, progress })
  const present = await readFile(file).catch(() => undefined)
  if (present?.equals(bytes) !== true) writeFileAtomically(file, bytes)
}
