import type { ProcessDiagnostics } from '../../kernel/diagnostics.ts'
import { byId, setText } from './page-elements.page.ts'
import { compareSamples, formatRow, NONE, PROCESS_COLUMNS, type ProcessSample } from './process-rates.ts'

let before: ProcessSample | undefined

/** Asks for the processes and shows them. Rows stay in place while their processes stay. */
export async function refreshProcesses(): Promise<void> {
  const response = await fetch('/api/processes', { signal: AbortSignal.timeout(5_000) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const { processes } = (await response.json()) as { processes: readonly ProcessDiagnostics[] }
  const now = { atMs: performance.now(), processes }
  showProcesses(compareSamples(before, now))
  before = now
}

function showProcesses(rows: ReturnType<typeof compareSamples>): void {
  const body = byId('processes', HTMLTableSectionElement)
  setText(byId('process-count', HTMLElement), String(rows.length))
  const present = new Map([...body.rows].map((row) => [row.dataset['process'] ?? '', row]))
  for (const [index, row] of rows.entries()) {
    const line = present.get(row.id) ?? createLine(row.id)
    present.delete(row.id)
    for (const [column, text] of formatRow(row).entries()) {
      const cell = line.cells[column]
      if (cell === undefined) continue
      setText(cell, text)
      cell.toggleAttribute('data-none', text === NONE)
    }
    if (body.rows[index] !== line) body.insertBefore(line, body.rows[index] ?? null)
  }
  for (const line of present.values()) line.remove()
}

function createLine(id: string): HTMLTableRowElement {
  const line = document.createElement('tr')
  line.dataset['process'] = id
  for (const [index, label] of PROCESS_COLUMNS.entries()) {
    const cell = document.createElement(index === 0 ? 'th' : 'td')
    if (index === 0) cell.scope = 'row'
    else cell.dataset['label'] = label
    line.append(cell)
  }
  return line
}
