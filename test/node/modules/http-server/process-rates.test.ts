import { describe, expect, test } from 'vitest'
import type { ProcessDiagnostics } from '../../../../node/kernel/diagnostics.ts'
import { compareSamples, formatRow, PROCESS_COLUMNS } from '../../../../node/modules/http-server/process-rates.ts'

const process = (id: string, change: Partial<ProcessDiagnostics> = {}): ProcessDiagnostics => ({
  id,
  phase: 'running',
  public: false,
  onExit: 'none',
  capabilities: 2,
  inbox: { messages: 3, bytes: 300 },
  received: 0,
  sent: 0,
  awaited: 0,
  attempts: 1,
  memoryMaxBytes: 134_217_728,
  usage: undefined,
  ...change,
})

describe('two samples', () => {
  test('give rates per second of what passed between them', () => {
    const before = {
      atMs: 1_000,
      processes: [process('a', { received: 10, sent: 5, usage: { cpuMs: 100, memoryBytes: 0 } })],
    }
    const now = {
      atMs: 3_000,
      processes: [process('a', { received: 50, sent: 5, usage: { cpuMs: 600, memoryBytes: 3_145_728 } })],
    }
    expect(compareSamples(before, now)).toEqual([
      {
        id: 'a',
        phase: 'running',
        inboxMessages: 3,
        receivedPerSecond: 20,
        sentPerSecond: 0,
        cpuPercent: 25,
        memoryBytes: 3_145_728,
        capabilities: 2,
      },
    ])
  })

  test('give no negative rates when a process was started again, and none for one that is new', () => {
    const before = { atMs: 0, processes: [process('a', { received: 90 })] }
    const now = { atMs: 1_000, processes: [process('a', { received: 2 }), process('b', { received: 2 })] }
    expect(compareSamples(before, now).map(({ receivedPerSecond }) => receivedPerSecond)).toEqual([0, undefined])
  })

  test('at one moment, or one alone, give no rates', () => {
    const sample = { atMs: 5, processes: [process('a', { received: 2 })] }
    expect(compareSamples(sample, sample)[0]?.receivedPerSecond).toBeUndefined()
    expect(compareSamples(undefined, sample)[0]?.receivedPerSecond).toBeUndefined()
  })
})

test('processes come before modules, each by name', () => {
  const processes = [process('c', { phase: 'module' }), process('b'), process('a', { phase: 'module' }), process('d')]
  expect(compareSamples(undefined, { atMs: 0, processes }).map(({ id }) => id)).toEqual(['b', 'd', 'a', 'c'])
})

test('a row has a text for each column, with units, and a dash for what there is not', () => {
  const usage = { cpuMs: 100, memoryBytes: 1_572_864 }
  const before = { atMs: 0, processes: [process('a', { usage: { ...usage, cpuMs: 0 } })] }
  const now = { atMs: 1_000, processes: [process('a', { received: 1_234, sent: 3, usage }), process('b')] }
  const rows = compareSamples(before, now).map(formatRow)
  expect(rows).toEqual([
    ['a', 'running', '3', '1234', '3.0', '10.0 %', '1.5 MiB', '2'],
    ['b', 'running', '3', '-', '-', '-', '-', '2'],
  ])
  for (const row of rows) expect(row).toHaveLength(PROCESS_COLUMNS.length)
})
