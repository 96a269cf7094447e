import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Size at which a log begins anew; the one before is kept with the ending `.1`. */
export const LOG_MAX_BYTES = 8 * 1024 * 1024

export type LogFile = { write: (chunk: Uint8Array | string) => void; close: () => void }

/**
 * Appends to a log whose size is bounded: twice `maxBytes` on disk, plus one chunk. What cannot be written, as on a full
 * disk, is lost, and the log says so once it can: a log must not stop what it tells of.
 */
export function openLogFile(file: string, maxBytes = LOG_MAX_BYTES): LogFile {
  mkdirSync(dirname(file), { recursive: true })
  let handle = openSync(file, 'a', 0o600)
  let size = fstatSync(handle).size
  let closed = false
  let lostBytes = 0

  const beginAnew = () => {
    renameSync(file, `${file}.1`)
    const next = openSync(file, 'a', 0o600)
    closeSync(handle)
    handle = next
    size = 0
  }
  return {
    write: (chunk) => {
      if (closed) return // output that arrives after the end of the process that wrote it
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      let toWrite = bytes.length
      try {
        if (size >= maxBytes) beginAnew()
        if (lostBytes > 0) {
          size += writeSync(handle, `\n${lostBytes} bytes of this log could not be written\n`)
          lostBytes = 0
        }
        while (toWrite > 0) {
          const written = writeSync(handle, bytes, bytes.length - toWrite)
          toWrite -= written
          size += written
        }
      } catch {
        lostBytes += toWrite // told above
      }
    },
    close: () => {
      if (!closed) closeSync(handle)
      closed = true
    },
  }
}
