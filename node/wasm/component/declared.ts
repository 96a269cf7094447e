import { ComponentError } from './errors.ts'

/**
 * What the core modules of a component may declare together: one that has several instances counts as often, since each
 * takes its own, and one that has none counts once, since it is read and compiled all the same. Whoever reads a list asks
 * first, so that what is too long is refused before any item of it is read. Of memories, tables and globals see
 * `limits.ts`. Real components declare 200 types, 200 imports, 10,000 functions, 150 exports and 10,000 pieces of data;
 * the largest module that was looked at, a database, has 250, 125, 15,353, 1,679 and 1.
 */
const DECLARED_MAX = {
  memories: 4,
  tables: 8,
  globals: 100_000,
  sections: 10_000,
  types: 50_000,
  imports: 50_000,
  functions: 200_000,
  exports: 50_000,
  'bytes of names': 4 * 1_024 * 1_024,
  'lists of table elements': 100_000,
  'pieces of data': 100_000,
  /** Which memory is filled, from where to where is copied, which data is written: not how often. */
  'kinds of bulk operations': 10_000,
} as const

export type Declared = keyof typeof DECLARED_MAX

/** @throws ComponentError when there are too many of these by now. */
export type Declare = (what: Declared, count: number) => void

export function countDeclared(): (instances: number) => Declare {
  const counts = new Map<Declared, number>()
  return (instances) => (what, count) => {
    const all = (counts.get(what) ?? 0) + count * Math.max(1, instances)
    bound(what, all, DECLARED_MAX[what])
    counts.set(what, all)
  }
}

export function bound(what: string, count: number, maximum: number): void {
  if (count > maximum) throw new ComponentError({ code: 'too-many', what, count, maximum })
}
