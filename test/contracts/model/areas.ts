import type { Area, AreaName } from './area.ts'
import { openAuctionsArea } from './auctions/auctions-area.ts'
import { openChain } from './chain.ts'
import type { Edit } from './compile.ts'
import { namespaceArea } from './namespace-area.ts'
import { openTokenArea } from './token/token-area.ts'

/** Opens an area whose kind of calls nobody needs to know. */
export async function openArea(name: AreaName, edits: readonly Edit[] = []): Promise<Area<unknown>> {
  switch (name) {
    case 'namespace':
      return namespaceArea(await openChain()) as Area<unknown>
    case 'token':
      return (await openTokenArea(edits)) as Area<unknown>
    case 'auctions':
      return (await openAuctionsArea(edits)) as Area<unknown>
  }
}

/** Calls of every test run: 100,000 in all, divided by what a call costs. */
export const CALLS_IN_TESTS: Readonly<Record<AreaName, number>> = { namespace: 90_000, token: 4_000, auctions: 6_000 }

/** Divides calls among areas as tests do. */
export function sharesOf(names: readonly AreaName[], calls: number): { name: AreaName; calls: number }[] {
  const total = names.reduce((sum, name) => sum + CALLS_IN_TESTS[name], 0)
  return names.map((name) => ({ name, calls: Math.ceil((calls * CALLS_IN_TESTS[name]) / total) }))
}
