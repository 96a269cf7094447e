import { log } from './log.ts'

/** What Ponder logs when the chain has let go of a block that Ponder held for final. */
const DEEP_REORG = 'Encountered unrecoverable reorg'

/**
 * Calls `onDeepReorg` when Ponder says that it cannot follow the chain any more. It says so in its log only, and would
 * stand still for ever after; a development chain that was set back is enough for it.
 */
export function watchForDeepReorg(onDeepReorg: () => void): void {
  const write = process.stdout.write.bind(process.stdout)
  const watching: typeof process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    const written = write(chunk, ...rest)
    if (typeof chunk === 'string' && chunk.includes(DEEP_REORG)) {
      process.stdout.write = write
      log('warn', 'The chain was set back below a final block: ending, to index from the beginning')
      onDeepReorg()
    }
    return written
  }
  process.stdout.write = watching
}
