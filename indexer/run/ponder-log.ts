/** What Ponder says of itself in its log only, and in which words. */
export const PONDER_SAYS = {
  /** The chain has let go of a block that Ponder held for final; it would stand still for ever after. */
  deepReorg: '"msg":"Encountered unrecoverable reorg"',
  /** The chain did not answer, or with an error. */
  chainFailed: '"msg":"Received JSON-RPC error"',
  /** Together with the words above: Ponder asks once more. Without them, it has given up that question. */
  willAskAgain: '"retry_delay":',
  /** The port that it was given is taken. It would go on with the next one. */
  portTaken: '"msg":"Port in use"',
  /** The port was free, and taken before it came to listen there. */
  portLost: 'listen EADDRINUSE',
  /** It listens on the port. */
  serving: '"msg":"Created HTTP server"',
} as const

/** What to do when Ponder says so. */
export type PonderNews = {
  onDeepReorg: () => void
  onChainFailed: () => void
  onPortTaken: () => void
  onServing: () => void
}

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

function hear(line: string, news: PonderNews): void {
  const says = (what: keyof typeof PONDER_SAYS) => line.includes(PONDER_SAYS[what])
  if (says('deepReorg')) news.onDeepReorg()
  if (says('chainFailed') && !says('willAskAgain')) news.onChainFailed()
  if (says('portTaken') || says('portLost')) news.onPortTaken()
  if (says('serving')) news.onServing()
}
