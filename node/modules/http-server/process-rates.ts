import type { ProcessDiagnostics } from '../../kernel/diagnostics.ts'

/** What the kernel said at one moment; `atMs` is of a clock that never goes back. */
export type ProcessSample = { readonly atMs: number; readonly processes: readonly ProcessDiagnostics[] }

/** One process as people watch it. What needs an earlier sample, or a running instance, is undefined without. */
export type ProcessRow = {
  readonly id: string
  readonly phase: ProcessDiagnostics['phase']
  readonly inboxMessages: number
  readonly receivedPerSecond: number | undefined
  readonly sentPerSecond: number | undefined
  /** Of one processor. */
  readonly cpuPercent: number | undefined
  readonly memoryBytes: number | undefined
  readonly capabilities: number
}

/** Guests before modules, by name, with rates since the sample `before`. Pure. */
export function compareSamples(before: ProcessSample | undefined, now: ProcessSample): readonly ProcessRow[] {
  const earlier = new Map(before?.processes.map((process) => [process.id, process]))
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000
  const rate = (later: number | undefined, sooner: number | undefined): number | undefined =>
    later === undefined || sooner === undefined || seconds <= 0 ? undefined : Math.max(0, later - sooner) / seconds
  return now.processes
    .map((process): ProcessRow => {
      const past = earlier.get(process.id)
      const cpuMsPerSecond = rate(process.usage?.cpuMs, past?.usage?.cpuMs)
      return {
        id: process.id,
        phase: process.phase,
        inboxMessages: process.inbox.messages,
        receivedPerSecond: rate(process.received, past?.received),
        sentPerSecond: rate(process.sent, past?.sent),
        cpuPercent: cpuMsPerSecond === undefined ? undefined : cpuMsPerSecond / 10,
        memoryBytes: process.usage?.memoryBytes,
        capabilities: process.capabilities,
      }
    })
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
}

function rank({ phase }: ProcessRow): number {
  return phase === 'module' ? 1 : 0
}

/** What stands for a value that there is not. */
export const NONE = '-'

/** The values of a row as text, in the order of `PROCESS_COLUMNS`. */
export function formatRow(row: ProcessRow): readonly string[] {
  return [
    row.id,
    row.phase,
    String(row.inboxMessages),
    formatRate(row.receivedPerSecond),
    formatRate(row.sentPerSecond),
    row.cpuPercent === undefined ? NONE : `${row.cpuPercent.toFixed(1)} %`,
    row.memoryBytes === undefined ? NONE : `${(row.memoryBytes / 1_048_576).toFixed(1)} MiB`,
    String(row.capabilities),
  ]
}

export const PROCESS_COLUMNS = ['Process', 'State', 'Inbox', 'In/s', 'Out/s', 'CPU', 'Memory', 'Capabilities'] as const

function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined) return NONE
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0)
}
