import type { Hex } from '@hyperware/protocol'
import { and, asc, desc, eq, gt, gte, inArray, isNotNull, lte, ne, sql } from 'ponder'
import { db } from 'ponder:api'
import { entry, fact, nodeIdentity, note } from 'ponder:schema'

export type EntryRow = typeof entry.$inferSelect
export type NoteRow = typeof note.$inferSelect
export type FactRow = typeof fact.$inferSelect
export type IdentityRow = typeof nodeIdentity.$inferSelect

/** A part of a list: at most `first` items, those after `after` in the list's order. */
export type Slice = { first: number; after: string | undefined }

// Every query that takes several keys reads them in one statement and answers in the order of the keys.

export async function findEntries(namehashes: readonly Hex[]): Promise<(EntryRow | undefined)[]> {
  const rows = await db
    .select()
    .from(entry)
    .where(inArray(entry.namehash, [...namehashes]))
  return inOrder(namehashes, rows, (row) => row.namehash)
}

export async function findIdentities(namehashes: readonly Hex[]): Promise<(IdentityRow | undefined)[]> {
  const rows = await db
    .select()
    .from(nodeIdentity)
    .where(inArray(nodeIdentity.entry, [...namehashes]))
  return inOrder(namehashes, rows, (row) => row.entry)
}

/** The children of each entry, in order of label. */
export async function listChildren(parents: readonly Hex[], { first, after }: Slice): Promise<EntryRow[][]> {
  const rank = sql<number>`row_number() over (partition by ${entry.parent} order by ${entry.label})`.as('rank')
  const ranked = db
    .select({ namehash: entry.namehash, rank })
    .from(entry)
    .where(and(inArray(entry.parent, [...parents]), after === undefined ? undefined : gt(entry.label, after)))
    .as('ranked')
  const rows = await db
    .select({ row: entry })
    .from(entry)
    .innerJoin(ranked, eq(entry.namehash, ranked.namehash))
    .where(lte(ranked.rank, first))
    .orderBy(asc(entry.label))
  return grouped(
    parents,
    rows.map(({ row }) => row),
    (row) => row.parent,
  )
}

/** The notes of each entry that hold data, in order of label. */
export async function listNotes(entries: readonly Hex[], { first, after }: Slice): Promise<NoteRow[][]> {
  const rank = sql<number>`row_number() over (partition by ${note.entry} order by ${note.label})`.as('rank')
  const ranked = db
    .select({ namehash: note.namehash, rank })
    .from(note)
    .where(
      and(
        inArray(note.entry, [...entries]),
        ne(note.data, '0x'),
        after === undefined ? undefined : gt(note.label, after),
      ),
    )
    .as('ranked')
  const rows = await db
    .select({ row: note })
    .from(note)
    .innerJoin(ranked, eq(note.namehash, ranked.namehash))
    .where(lte(ranked.rank, first))
    .orderBy(asc(note.label))
  return grouped(
    entries,
    rows.map(({ row }) => row),
    (row) => row.entry,
  )
}

/** The facts of each entry, in order of label. */
export async function listFacts(entries: readonly Hex[], { first, after }: Slice): Promise<FactRow[][]> {
  const rank = sql<number>`row_number() over (partition by ${fact.entry} order by ${fact.label})`.as('rank')
  const ranked = db
    .select({ namehash: fact.namehash, rank })
    .from(fact)
    .where(and(inArray(fact.entry, [...entries]), after === undefined ? undefined : gt(fact.label, after)))
    .as('ranked')
  const rows = await db
    .select({ row: fact })
    .from(fact)
    .innerJoin(ranked, eq(fact.namehash, ranked.namehash))
    .where(lte(ranked.rank, first))
    .orderBy(asc(fact.label))
  return grouped(
    entries,
    rows.map(({ row }) => row),
    (row) => row.entry,
  )
}

/** The notes of each entry that have one of `labels` and could not be read. */
export async function listProblems(entries: readonly Hex[], labels: readonly string[]): Promise<NoteRow[][]> {
  const rows = await db
    .select()
    .from(note)
    .where(and(inArray(note.entry, [...entries]), inArray(note.label, [...labels]), isNotNull(note.problem)))
    .orderBy(asc(note.label))
  return grouped(entries, rows, (row) => row.entry)
}

/** Identities whose notes changed in block `changedSince` or later, in order of name. */
export async function listIdentities(changedSince: number, { first, after }: Slice): Promise<IdentityRow[]> {
  return db
    .select()
    .from(nodeIdentity)
    .where(
      and(
        changedSince > 0 ? gte(nodeIdentity.updatedBlock, changedSince) : undefined,
        after === undefined ? undefined : gt(nodeIdentity.name, after),
      ),
    )
    .orderBy(asc(nodeIdentity.name))
    .limit(first)
}

export async function findEntryOfAccount(tba: Hex): Promise<EntryRow | undefined> {
  const [row] = await db.select().from(entry).where(eq(entry.tba, tba)).orderBy(desc(entry.createdBlock)).limit(1)
  return row
}

export async function listOwned(owner: Hex, { first, after }: Slice): Promise<EntryRow[]> {
  return db
    .select()
    .from(entry)
    .where(and(eq(entry.owner, owner), after === undefined ? undefined : gt(entry.name, after)))
    .orderBy(asc(entry.name))
    .limit(first)
}

/** The last indexed block, and its time in unix seconds. Undefined before the first one. */
export async function findProgress(): Promise<{ block: number; blockTime: number } | undefined> {
  // Ponder's own table, of which it exports no definition.
  const [row] = await db
    .select({ checkpoint: sql<string>`latest_checkpoint` })
    .from(sql`_ponder_checkpoint`)
    .limit(1)
  if (row === undefined) return undefined
  // The checkpoint is digits: 10 of time, 16 of chain id, 16 of block number, then positions within the block.
  return { block: Number(row.checkpoint.slice(26, 42)), blockTime: Number(row.checkpoint.slice(0, 10)) }
}

function inOrder<R>(keys: readonly Hex[], rows: readonly R[], keyOf: (row: R) => Hex): (R | undefined)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  return keys.map((key) => byKey.get(key))
}

function grouped<R>(keys: readonly Hex[], rows: readonly R[], keyOf: (row: R) => Hex | null): R[][] {
  const groups = new Map(keys.map((key) => [key, [] as R[]]))
  for (const row of rows) {
    const key = keyOf(row)
    if (key !== null) groups.get(key)?.push(row)
  }
  return keys.map((key) => groups.get(key) ?? [])
}
