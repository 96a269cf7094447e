import type { Edit } from './sources.ts'

/** Mistakes one could make in the contracts, and the property that each would break. */
export const mutants: ReadonlyArray<Edit & { contract: string }> = []
