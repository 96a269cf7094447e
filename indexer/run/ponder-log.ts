/** What Ponder says of itself in its log only, and in which words. */
export const PONDER_SAYS = {
  /** The chain has let go of a block that Ponder held for final; it would stand still for ever after. */
  deepReorg: '"msg":"Encountered unrecoverable reorg"',
  /** The chain did not answer, or with an error. */
  chainFailed: '"msg":"Received JSON-RPC error"',
  /** Within the words above: Ponder asks once more. Without them, it has given up that question. */
  willAskAgain: '"retry_delay":',
} as const

/** What to do when Ponder says so. */
export type PonderNews = { onDeepReorg: () => void; onChainFailed: () => void }

/** Reads along what this process writes to its log once it is Ponder's. */
export function watchPonderLog(news: PonderNews): void {
  const write = process.stdout.write.bind(process.stdout)
  const watching: typeof process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    const written = write(chunk, ...rest)
    if (typeof chunk === 'string') hear(chunk, news)
    return written
  }
  process.stdout.write = watching
}

function hear(line: string, { onDeepReorg, onChainFailed }: PonderNews): void {
  if (line.includes(PONDER_SAYS.deepReorg)) onDeepReorg()
  if (line.includes(PONDER_SAYS.chainFailed) && !line.includes(PONDER_SAYS.willAskAgain)) onChainFailed()
}
