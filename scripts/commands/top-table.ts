import type { ProcessDiagnostics } from '@hyperware/node'
import { formatTable } from '../cli/io.ts'

/** What the kernel said at one moment; `atMs` is of a clock that never goes back. */
export type Sample = { readonly atMs: number; readonly processes: readonly ProcessDiagnostics[] }

const HEADER = ['PROCESS', 'STATE', 'INBOX', 'IN/S', 'OUT/S', 'CPU %', 'MEMORY', 'CAPS']

/**
 * A table of processes, guests before modules, by name. Rates are since the sample `before`; without one they are left
 * out. Pure.
 */
export function formatTop(before: Sample | undefined, now: Sample): readonly string[] {
  const earlier = new Map(before?.processes.map((process) => [process.id, process]))
  const seconds = before === undefined ? undefined : (now.atMs - before.atMs) / 1_000
  const rows = now.processes
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
    .map((process) => formatRow(process, earlier.get(process.id), seconds))
  return formatTable([HEADER, ...rows])
}

function rank({ phase }: ProcessDiagnostics): number {
  return phase === 'module' ? 1 : 0
}

function formatRow(
  now: ProcessDiagnostics,
  before: ProcessDiagnostics | undefined,
  seconds: number | undefined,
): string[] {
  const rate = (later: number, earlier: number | undefined): string =>
    seconds === undefined || earlier === undefined ? '-' : formatRate((later - earlier) / seconds)
  const busy =
    seconds === undefined || now.usage === undefined || before?.usage === undefined
      ? '-'
      : (Math.max(0, now.usage.cpuMs - before.usage.cpuMs) / seconds / 10).toFixed(1)
  return [
    now.id,
    now.phase,
    String(now.inbox.messages),
    rate(now.received, before?.received),
    rate(now.sent, before?.sent),
    busy,
    now.usage === undefined ? '-' : formatMemory(now.usage.memoryBytes),
    String(now.capabilities),
  ]
}

function formatRate(perSecond: number): string {
  const rate = Math.max(0, perSecond)
  return rate < 10 ? rate.toFixed(1) : rate.toFixed(0)
}

function formatMemory(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}
