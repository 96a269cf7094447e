import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeManifest } from '@hyperware/protocol'

/**
 * Packages whose files are installed in the home though its kernel does not keep their processes: nothing would run what
 * is missing, and nothing else would say so. Without any process at all, as after `kernel.sqlite` was lost or put away,
 * these are all packages; otherwise those whose manifest names one that never ends by itself, as after an installation
 * that failed. Those that come with the node start anyway, and so does what the node goes on installing.
 */
export async function findWithoutProcesses(input: {
  readonly home: string
  /** The ids of the processes that the kernel keeps. */
  readonly kept: ReadonlySet<string>
  readonly bundled: ReadonlySet<string>
  /** The package that a node which was killed was changing; this one goes on. */
  readonly begun?: string | undefined
}): Promise<readonly string[]> {
  const vfs = join(input.home, 'vfs')
  const drives = await readdir(vfs).catch(() => []) // no drives yet
  const found: string[] = []
  for (const name of drives.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (input.bundled.has(name) || name === input.begun) continue
    const manifest = await readFile(join(vfs, name, 'pkg/manifest.json'), 'utf8').catch(() => undefined)
    if (manifest === undefined) continue // not installed
    if (input.kept.size === 0 || namesMissing(name, manifest, input.kept)) found.push(name)
  }
  return found
}

function namesMissing(name: string, manifest: string, kept: ReadonlySet<string>): boolean {
  const entries = decodeManifest(manifest)
  if (!entries.ok) return false // no saying what it would run
  return entries.value.some(({ processName, onExit }) => {
    return onExit.kind === 'restart' && !kept.has(`${processName}:${name}`)
  })
}
