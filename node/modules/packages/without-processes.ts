import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Packages whose files are installed in the home though its kernel keeps no process at all, as after `kernel.sqlite` was
 * lost or put away: nothing of them would run, and nothing else would say so. Those that come with the node start anyway.
 */
export async function findWithoutProcesses(input: {
  readonly home: string
  readonly keptProcesses: number
  readonly bundled: ReadonlySet<string>
}): Promise<readonly string[]> {
  if (input.keptProcesses > 0) return []
  const vfs = join(input.home, 'vfs')
  const drives = await readdir(vfs).catch(() => []) // no drives yet
  const found: string[] = []
  for (const name of drives.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (input.bundled.has(name)) continue
    const installed = await access(join(vfs, name, 'pkg/manifest.json')).then(
      () => true,
      () => false,
    )
    if (installed) found.push(name)
  }
  return found
}
