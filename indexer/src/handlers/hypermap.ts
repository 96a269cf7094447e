import { ROOT_NAMEHASH } from '@hyperware/protocol'
import { ponder } from 'ponder:registry'
import { entry, fact, note, transfer } from 'ponder:schema'
import { numberToHex } from 'viem'
import { CODEC_HASH } from '../codec-hash.ts'
import { deriveLabel, deriveName, unknownName } from '../derive/entry.ts'
import { deriveNote } from '../derive/note.ts'
import { findTba } from './account.ts'
import { changeIdentity, renameIdentity } from './identity.ts'

// Ponder rebuilds the index when a file of this folder changes, but does not look at the codecs these handlers use:
// the generated hash of the codecs stands in for them.
void CODEC_HASH

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000'

ponder.on('Hypermap:Mint', async ({ event, context }) => {
  const { parenthash, namehash, labelhash } = event.args
  const block = Number(event.block.number)
  const parent = await context.db.find(entry, { namehash: parenthash })
  const label = deriveLabel({ label: event.args.label, labelhash, kind: 'name' })
  const named = {
    parent: parenthash,
    label,
    name: deriveName({ label, namehash, parent: { namehash: parenthash, name: parent?.name } }),
    tba: await findTba(context, namehash),
    gene: parent?.gene ?? null, // an entry under a gene has that gene itself (§2.5 of onchain.md)
    updatedBlock: block,
  }
  await context.db
    .insert(entry)
    .values({ namehash, owner: ZERO_ADDRESS, createdBlock: block, ...named })
    .onConflictDoUpdate(named)
  await renameIdentity(context, { namehash, name: named.name })
})

ponder.on('Hypermap:Transfer', async ({ event, context }) => {
  const { from, to: owner, tokenId } = event.args
  const namehash = numberToHex(tokenId, { size: 32 })
  const block = Number(event.block.number)
  await context.db.insert(transfer).values({ id: event.id, entry: namehash, from, to: owner, block })
  if (await context.db.find(entry, { namehash })) {
    await context.db.update(entry, { namehash }).set({ owner, updatedBlock: block })
    return
  }
  // The root, which is never minted; or an entry of a contract that transfers before it says `Mint`.
  const text = namehash === ROOT_NAMEHASH ? '' : unknownName(namehash)
  const tba = await findTba(context, namehash)
  await context.db.insert(entry).values({
    namehash,
    parent: null,
    label: text,
    name: text,
    owner,
    tba,
    gene: null,
    createdBlock: block,
    updatedBlock: block,
  })
})

ponder.on('Hypermap:Gene', async ({ event, context }) => {
  const { entry: namehash, gene } = event.args
  if (gene === ZERO_ADDRESS || !(await context.db.find(entry, { namehash }))) return // no gene is no change
  await context.db.update(entry, { namehash }).set({ gene, updatedBlock: Number(event.block.number) })
})

ponder.on('Hypermap:Note', async ({ event, context }) => {
  const { parenthash, namehash, labelhash, data } = event.args
  const block = Number(event.block.number)
  const label = deriveLabel({ label: event.args.label, labelhash, kind: 'note' })
  const { problem, identityLabel, hnsNote } = deriveNote({ label, data })
  const written = { data, problem: problem ?? null, updatedBlock: block }
  await context.db
    .insert(note)
    .values({ namehash, entry: parenthash, label, ...written })
    .onConflictDoUpdate(written)
  const parent = await context.db.find(entry, { namehash: parenthash })
  if (parent) await context.db.update(entry, { namehash: parenthash }).set({ updatedBlock: block })
  if (identityLabel !== undefined) {
    const name = parent?.name ?? unknownName(parenthash)
    await changeIdentity(context, { namehash: parenthash, name, note: hnsNote, block })
  }
})

ponder.on('Hypermap:Fact', async ({ event, context }) => {
  const { parenthash, namehash, labelhash, data } = event.args
  const block = Number(event.block.number)
  const label = deriveLabel({ label: event.args.label, labelhash, kind: 'fact' })
  await context.db
    .insert(fact)
    .values({ namehash, entry: parenthash, label, data, createdBlock: block })
    .onConflictDoNothing()
  if (await context.db.find(entry, { namehash: parenthash })) {
    await context.db.update(entry, { namehash: parenthash }).set({ updatedBlock: block })
  }
})
