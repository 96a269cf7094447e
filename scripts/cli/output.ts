/** A stream that somebody reads: a pipe's other end, or who sits at a terminal. */
type Output = NodeJS.WritableStream & { isTTY?: boolean }

/** Whether a write failed because nobody can read it any more. Of a file, EIO says that the disk is broken. */
function hasNoReader({ isTTY }: Output, { code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (isTTY === true && (code === 'EIO' || code === 'ENXIO'))
}

/**
 * Calls `stop` for each write that nobody can read: whoever reads may have seen enough, as `head` has, or have closed the
 * window of the terminal. That is no failure of the work. Other failures of a write are thrown.
 */
export function stopWithoutReaders(streams: readonly Output[], stop: () => void): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!hasNoReader(stream, error)) throw error
      stop()
    })
  }
}
