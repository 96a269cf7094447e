import type { Log, LogFields } from '../../node/kernel/log.ts'

export type LogLine = { level: keyof Log; event: string; fields: LogFields }

/** A log that keeps its lines for a test to read. */
export function collectLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}): void =>
      void lines.push({ level, event, fields })
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines }
}
