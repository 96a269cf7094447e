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

/** How many of a hundred calls each area gets. */
const SHARES: Readonly<Record<AreaName, number>> = { namespace: 60, token: 25, auctions: 15 }

/** Divides calls among areas. */
export function sharesOf(names: readonly AreaName[], calls: number): { name: AreaName; calls: number }[] {
  const total = names.reduce((sum, name) => sum + SHARES[name], 0)
  return names.map((name) => ({ name, calls: Math.ceil((calls * SHARES[name]) / total) }))
}
