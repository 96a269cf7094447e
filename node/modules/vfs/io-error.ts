import type { VfsError } from '@hyperware/protocol'

/** The system's words for an error number, as programs in other languages print them. */
const WORDS: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  2: 'No such file or directory',
  5: 'Input/output error',
  13: 'Permission denied',
  17: 'File exists',
  18: 'Invalid cross-device link',
  20: 'Not a directory',
  21: 'Is a directory',
  22: 'Invalid argument',
  24: 'Too many open files',
  26: 'Text file busy',
  27: 'File too large',
  28: 'No space left on device',
  30: 'Read-only file system',
  36: 'File name too long',
  39: 'Directory not empty',
  40: 'Too many levels of symbolic links',
  122: 'Disk quota exceeded',
}

/** An operation on the disk that did not succeed, worded as live nodes word it: processes compare these texts. */
export class VfsFailure extends Error {
  readonly error: VfsError

  constructor(error: VfsError) {
    super(error.kind)
    this.error = error
  }
}

export function ioFailure(text: string): VfsFailure {
  return new VfsFailure({ kind: 'IOError', text })
}

/** What an exception of the file system is to the process that asked. Anything else is a fault of ours and goes on. */
export function vfsErrorOf(error: unknown): VfsError {
  if (error instanceof VfsFailure) return error.error
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    const number = Math.abs(error.errno)
    return { kind: 'IOError', text: `${WORDS[number] ?? 'Unknown error'} (os error ${number})` }
  }
  throw error
}
