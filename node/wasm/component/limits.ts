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

/** What all memories of an instance hold together from the beginning, and at most. */
export type MemoryRange = { readonly minimumBytes: number; readonly maximumBytes: number }

/** The maxima of each module's memories and tables, such that what all instances may have is bounded; and what that is. */
export function limitModules(
  instances: readonly number[],
  modules: readonly CoreModule[],
  memoryMaxBytes: number,
): { readonly maxima: readonly Maxima[]; readonly memory: MemoryRange } {
  const counted = modules.map((module, index) => ({ module, count: instances[index] ?? 0 }))
  const memories = counted.flatMap(({ module, count }) => module.memories.map((memory) => ({ ...memory, count })))
  const tables = counted.flatMap(({ module, count }) => module.tables.map((table) => ({ ...table, count, part: 1 })))
  bound('table entries', sumOfMinimums(tables), TABLE_ENTRIES_MAX)
  for (const { elementBytes } of modules) bound('bytes of table elements', elementBytes, ELEMENTS_MAX_BYTES)
  const maximumPages = Math.floor(memoryMaxBytes / PAGE_BYTES)
  const minimumPages = memories.reduce((sum, { minimum, count }) => sum + minimum * count, 0)
  const memory = { minimumBytes: minimumPages * PAGE_BYTES, maximumBytes: maximumPages * PAGE_BYTES }
  if (minimumPages > maximumPages) throw new ComponentError({ code: 'memory-minimum', ...memory })
  // Components in JavaScript have a second memory, empty and unused: the large ones grow, as large as they began.
  const sharing = memories.map(({ minimum, maximum, count }) => {
    return { minimum, maximum, count, part: minimumPages === 0 ? 1 : minimum }
  })
  const ofMemories = shareOut(maximumPages, sharing)
  const ofTables = shareOut(TABLE_ENTRIES_MAX, tables)
  const maxima = modules.map((module) => ({
    memories: ofMemories.splice(0, module.memories.length),
    tables: ofTables.splice(0, module.tables.length),
  }))
  return { maxima, memory }
}
