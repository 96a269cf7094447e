import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Replaces the file at `path` so that a reader, or a machine that loses power, finds the old bytes or the new ones and
 * nothing between: written beside it, or in the folder `partialIn` of the same file system, flushed, renamed, and the
 * folder flushed.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  { mode = 0o644, partialIn }: { mode?: number; partialIn?: string } = {},
): Promise<void> {
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}.partial`
  const partial = partialIn === undefined ? `${path}.${suffix}` : join(partialIn, suffix)
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
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
