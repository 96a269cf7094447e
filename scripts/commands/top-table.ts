import { compareSamples, formatRow, PROCESS_COLUMNS, type ProcessSample } from '@hyperware/node'
import { formatTable } from '../cli/io.ts'

/** A table of processes; rates are since the sample `before`, and left out without one. */
export function formatTop(before: ProcessSample | undefined, now: ProcessSample): readonly string[] {
  const header = PROCESS_COLUMNS.map((column) => column.toUpperCase())
  return formatTable([header, ...compareSamples(before, now).map(formatRow)])
}
