/** One line of JSON on standard output, in the shape of Ponder's own log. */
export function log(level: 'info' | 'warn' | 'error', msg: string, fields: Record<string, unknown> = {}): void {
  const number = { info: 30, warn: 40, error: 50 }[level]
  process.stdout.write(`${JSON.stringify({ level: number, time: Date.now(), msg, service: 'indexer', ...fields })}\n`)
}
