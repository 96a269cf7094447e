import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces the file at `path` so that a reader, or a machine that loses power, finds the old bytes or the new ones and
 * nothing between: written beside it, flushed, renamed, and the folder flushed.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  { mode = 0o644 }: { mode?: number } = {},
): Promise<void> {
  const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.partial`
  try {
    const file = await open(partial, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await flushFolder(dirname(path))
}

/** What was made, renamed or removed in a folder is so for good once this is done. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Takes away what writers of the file at `path` that were killed left beside it; one that may still write is younger. */
export async function sweepPartials(path: string, { olderThanMs }: { olderThanMs: number }): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.partial')) continue
    const left = join(folder, name)
    const writtenMs = await stat(left).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity, // its writer has just renamed it
    )
    if (Date.now() - writtenMs >= olderThanMs) await rm(left, { force: true })
  }
}
