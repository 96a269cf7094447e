import { type CoreModule, type Maxima, PAGE_BYTES } from './core-module.ts'
import { bound } from './declared.ts'
import { ComponentError } from './errors.ts'
import type { Plan } from './plan.ts'
import { shareOut, sumOfMinimums } from './share-out.ts'

/**
 * What the tables of one instance may hold, all its modules together. Real components have up to a few thousand entries.
 * One takes up to 24 bytes of the thread's heap; and one `table.fill` of them all takes 28 ms on a busy machine, which a
 * kill waits for.
 */
const TABLE_ENTRIES_MAX = 100_000

/** What may fill the tables of one module, at once: 17 ms, which a kill waits for. Real modules have 11 KB at most. */
const ELEMENTS_MAX_BYTES = 262_144

/** How many instances each module has. */
export function countInstances(plan: Plan, modules: number): readonly number[] {
  const counts = Array.from({ length: modules }, () => 0)
  for (const instance of plan.instances) {
    if (instance.kind === 'module') counts[instance.module] = (counts[instance.module] ?? 0) + 1
  }
  return counts
}

/** The maxima of each module's memories and tables, such that what all instances may have is bounded. */
export function limitModules(
  instances: readonly number[],
  modules: readonly CoreModule[],
  memoryMaxBytes: number,
): readonly Maxima[] {
  const counted = modules.map((module, index) => ({ module, count: instances[index] ?? 0 }))
  const memories = counted.flatMap(({ module, count }) => module.memories.map((memory) => ({ ...memory, count })))
  const tables = counted.flatMap(({ module, count }) => module.tables.map((table) => ({ ...table, count, part: 1 })))
  bound('table entries', sumOfMinimums(tables), TABLE_ENTRIES_MAX)
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
