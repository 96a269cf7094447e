import { compareSamples, formatRow, printable, PROCESS_COLUMNS, type ProcessSample } from '@hyperware/node'
import { formatTable } from '../cli/io.ts'

/** A table of processes; rates are since the sample `before`, and left out without one. */
export function formatTop(before: ProcessSample | undefined, now: ProcessSample): readonly string[] {
  const header = PROCESS_COLUMNS.map((column) => column.toUpperCase())
  const rows = compareSamples(before, now).map((row) => formatRow(row).map(printable))
  return formatTable([header, ...rows])
}
