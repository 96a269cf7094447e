import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces the file at `path` so that a reader, or a machine that loses power, finds the old bytes or the new ones and
 * nothing between: written beside it, flushed, renamed, and the folder flushed.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  { mode = 0o644 }: { mode?: number } = {},
): Promise<void> {
  await writeBeside(path, bytes, mode, (partial) => rename(partial, path))
}

/**
 * Makes the file at `path`, whole or not at all, unless it is there already, and gives what it holds: of several that make it at
 * the same time, the first one's bytes, for each of them.
 */
export async function writeFileOnce(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    await writeBeside(path, bytes, 0o644, async (partial) => {
      await link(partial, path)
      await rm(partial)
    })
    return bytes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFile(path)
  }
}

/** Writes a file beside `path`, flushes it, has it put in place, and flushes the folder. A failure leaves nothing behind. */
async function writeBeside(
  path: string,
  bytes: Uint8Array | string,
  mode: number,
  putInPlace: (partial: string) => Promise<void>,
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
    await putInPlace(partial)
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
