import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Size at which a log begins anew; the one before is kept with the ending `.1`. */
export const LOG_MAX_BYTES = 8 * 1024 * 1024

export type LogFile = { write: (chunk: Uint8Array | string) => void; close: () => void }

/** Appends to a log whose size is bounded: twice `maxBytes` on disk, plus one chunk. */
export function openLogFile(file: string, maxBytes = LOG_MAX_BYTES): LogFile {
  mkdirSync(dirname(file), { recursive: true })
  let handle = openSync(file, 'a', 0o600)
  let size = fstatSync(handle).size
  let closed = false
  return {
    write: (chunk) => {
      if (closed) return // output that arrives after the end of the process that wrote it
      if (size >= maxBytes) {
        closeSync(handle)
        renameSync(file, `${file}.1`)
        handle = openSync(file, 'a', 0o600)
        size = 0
      }
      size += writeSync(handle, typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    },
    close: () => {
      if (!closed) closeSync(handle)
      closed = true
    },
  }
}
