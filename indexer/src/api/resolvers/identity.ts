import type { Hex } from '@hyperware/protocol'
import { isEmptyIdentity } from '../../derive/identity.ts'
import type { ApiContext } from '../context.ts'
import type { EntryRow, IdentityRow } from '../store.ts'

/** What the `NodeIdentity` resolvers start from: the row as it is. */
export type IdentityObject = IdentityRow

/** The identity of an entry; null when it has none, or every note of it was cleared. */
export async function findIdentity(context: ApiContext, namehash: Hex): Promise<IdentityObject | null> {
  const row = await context.identity(namehash)
  if (row === undefined) return null
  return isEmptyIdentity(row) && (await context.problems(namehash)).length === 0 ? null : row
}

export const NodeIdentity = {
  routers: ({ routers }: IdentityRow) => routers.map((namehash) => ({ namehash })),
  problems: ({ entry }: IdentityRow, _args: unknown, context: ApiContext) => context.problems(entry),
  entry: async ({ entry }: IdentityRow, _args: unknown, context: ApiContext): Promise<EntryRow> => {
    const row = await context.entry(entry)
    if (row === undefined) throw new Error(`Cannot find entry ${entry}: its notes came without its mint`)
    return row
  },
}

export const Router = {
  name: async ({ namehash }: { namehash: Hex }, _args: unknown, context: ApiContext) =>
    (await context.entry(namehash))?.name ?? null,
}
