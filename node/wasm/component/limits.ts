import { type CoreModule, type Maxima, PAGE_BYTES } from './core-module.ts'
import { ComponentError } from './errors.ts'
import type { Plan } from './plan.ts'
import { shareOut, sumOfMinimums } from './share-out.ts'

/**
 * What one instance may hold, all its modules together. Real components have one or two memories, up to a few thousand
 * entries in tables, and a handful of globals. An entry takes up to 24 bytes of the thread's heap, a global 16 beside it;
 * and one `table.fill` of them all takes 28 ms on a busy machine, which a kill waits for.
 */
const MEMORIES_MAX = 4
const TABLES_MAX = 8
const TABLE_ENTRIES_MAX = 100_000
const GLOBALS_MAX = 100_000

/** What may fill the tables of one module, at once: 17 ms, which a kill waits for. Real modules have 11 KB at most. */
const ELEMENTS_MAX_BYTES = 262_144

/** The maxima of each module's memories and tables, such that what all instances may have is bounded. */
export function limitModules(plan: Plan, modules: readonly CoreModule[], memoryMaxBytes: number): readonly Maxima[] {
  const used = modules.map(() => 0)
  for (const instance of plan.instances) {
    if (instance.kind === 'module') used[instance.module] = (used[instance.module] ?? 0) + 1
  }
  const counted = modules.map((module, index) => ({ module, count: used[index] ?? 0 }))
  const memories = counted.flatMap(({ module, count }) => module.memories.map((memory) => ({ ...memory, count })))
  const tables = counted.flatMap(({ module, count }) => module.tables.map((table) => ({ ...table, count, part: 1 })))
  bound('memories', countOfAll(memories), MEMORIES_MAX)
  bound('tables', countOfAll(tables), TABLES_MAX)
  bound('table entries', sumOfMinimums(tables), TABLE_ENTRIES_MAX)
  bound('globals', countOfAll(counted.map(({ module, count }) => ({ count: module.globals * count }))), GLOBALS_MAX)
  for (const { elementBytes } of modules) bound('bytes of table elements', elementBytes, ELEMENTS_MAX_BYTES)
  const maximumPages = Math.floor(memoryMaxBytes / PAGE_BYTES)
  const minimumPages = memories.reduce((sum, { minimum, count }) => sum + minimum * count, 0)
  if (minimumPages > maximumPages) {
    const [minimumBytes, maximumBytes] = [minimumPages * PAGE_BYTES, maximumPages * PAGE_BYTES]
    throw new ComponentError({ code: 'memory-minimum', minimumBytes, maximumBytes })
  }
  // Components in JavaScript have a second memory, empty and unused: the large ones grow, as large as they began.
  const sharing = memories.map(({ minimum, maximum, count }) => {
    return { minimum, maximum, count, part: minimumPages === 0 ? 1 : minimum }
  })
  const ofMemories = shareOut(maximumPages, sharing)
  const ofTables = shareOut(TABLE_ENTRIES_MAX, tables)
  return modules.map((module) => ({
    memories: ofMemories.splice(0, module.memories.length),
    tables: ofTables.splice(0, module.tables.length),
  }))
}

function countOfAll(counted: readonly { readonly count: number }[]): number {
  return counted.reduce((sum, { count }) => sum + count, 0)
}

function bound(what: string, count: number, maximum: number): void {
  if (count > maximum) throw new ComponentError({ code: 'too-many', what, count, maximum })
}
