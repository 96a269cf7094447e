import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { flush } from './flush.ts'

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
  const suffix = partialSuffix()
  const partial = partialIn === undefined ? `${path}.${suffix}` : join(partialIn, suffix)
  await writePartial(partial, bytes, mode, () => rename(partial, path))
  await flush(dirname(path))
}

/**
 * Makes the file at `path`, whole or not at all, unless it is there already, and gives what it holds: of several that
 * make it at the same time, the first one's bytes, for each of them.
 */
export async function writeFileOnce(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  const partial = `${path}.${partialSuffix()}`
  try {
    await writePartial(partial, bytes, 0o644, async () => {
      await link(partial, path)
      await rm(partial)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFile(path)
  }
  await flush(dirname(path))
  return bytes
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

function partialSuffix(): string {
  return `${process.pid}-${randomBytes(4).toString('hex')}.partial`
}

/** Writes a file, flushes it, and has it put in place. A failure leaves nothing behind. */
async function writePartial(
  partial: string,
  bytes: Uint8Array | string,
  mode: number,
  putInPlace: () => Promise<void>,
): Promise<void> {
  try {
    const file = await open(partial, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await putInPlace()
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
