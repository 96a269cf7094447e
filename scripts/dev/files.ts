import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file so that a crash leaves either the old or the new content, whole, and a failure leaves nothing beside it.
 * Readable by its owner only, unless `mode` says otherwise.
 */
export function writeFileAtomically(file: string, content: string | Uint8Array, { mode = 0o600 } = {}): void {
  mkdirSync(dirname(file), { recursive: true })
  const next = `${file}.${process.pid}.next`
  const handle = openSync(next, 'w', mode)
  try {
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}
