import type { Hex, HnsNote } from '@hyperware/protocol'
import type { Context } from 'ponder:registry'
import { nodeIdentity } from 'ponder:schema'
import { deriveIdentity } from '../derive/identity.ts'

/** Adds a note to the identity of an entry. `note` is undefined for one that could not be read. */
export async function changeIdentity(
  { db }: Pick<Context, 'db'>,
  change: { namehash: Hex; name: string; note: HnsNote | undefined; block: number },
): Promise<void> {
  const { namehash, name, block: updatedBlock } = change
  const columns = deriveIdentity(await db.find(nodeIdentity, { entry: namehash }), change.note)
  await db
    .insert(nodeIdentity)
    .values({ entry: namehash, name, ...columns, updatedBlock })
    .onConflictDoUpdate({ name, ...columns, updatedBlock })
}

/** Gives an identity its name, where notes came before the mint that says it. */
export async function renameIdentity(
  { db }: Pick<Context, 'db'>,
  { namehash, name }: { namehash: Hex; name: string },
): Promise<void> {
  if (await db.find(nodeIdentity, { entry: namehash })) await db.update(nodeIdentity, { entry: namehash }).set({ name })
}
