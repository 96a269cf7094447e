import { index, onchainTable } from 'ponder'

// Hashes, addresses and bytes are 0x hex. Block numbers are plain integers. Text that comes from the chain is bounded
// before it gets here (src/derive/entry.ts), because an index row of PostgreSQL holds at most 2,700 bytes.

/** Names. A row exists from the first event that speaks of the entry; `Mint` gives it its label, name and parent. */
export const entry = onchainTable(
  'entry',
  (t) => ({
    namehash: t.hex().primaryKey(),
    parent: t.hex(),
    label: t.text().notNull(),
    name: t.text().notNull(),
    owner: t.hex().notNull(),
    tba: t.hex().notNull(),
    gene: t.hex(),
    createdBlock: t.integer().notNull(),
    updatedBlock: t.integer().notNull(),
  }),
  (table) => ({
    children: index().on(table.parent, table.label),
    owner: index().on(table.owner, table.name),
    tba: index().on(table.tba),
  }),
)

/** Notes as last written. A note whose data is `0x` was cleared. */
export const note = onchainTable(
  'note',
  (t) => ({
    namehash: t.hex().primaryKey(),
    entry: t.hex().notNull(),
    label: t.text().notNull(),
    data: t.hex().notNull(),
    problem: t.text(),
    updatedBlock: t.integer().notNull(),
  }),
  (table) => ({ entry: index().on(table.entry, table.label) }),
)

/** Facts. */
export const fact = onchainTable(
  'fact',
  (t) => ({
    namehash: t.hex().primaryKey(),
    entry: t.hex().notNull(),
    label: t.text().notNull(),
    data: t.hex().notNull(),
    createdBlock: t.integer().notNull(),
  }),
  (table) => ({ entry: index().on(table.entry, table.label) }),
)

/** What the node notes of an entry add up to: one row per entry that ever had such a note. */
export const nodeIdentity = onchainTable(
  'node_identity',
  (t) => ({
    entry: t.hex().primaryKey(),
    name: t.text().notNull(),
    kind: t.text().$type<'direct' | 'indirect' | 'incomplete'>().notNull(),
    netKey: t.hex(),
    ip: t.text(),
    tcpPort: t.integer(),
    wsPort: t.integer(),
    udpPort: t.integer(),
    wtPort: t.integer(),
    routers: t.hex().array().notNull(),
    updatedBlock: t.integer().notNull(),
  }),
  (table) => ({ name: index().on(table.name), updated: index().on(table.updatedBlock) }),
)

/** Every change of an entry's owner, mints included. */
export const transfer = onchainTable(
  'transfer',
  (t) => ({
    id: t.text().primaryKey(),
    entry: t.hex().notNull(),
    from: t.hex().notNull(),
    to: t.hex().notNull(),
    block: t.integer().notNull(),
  }),
  (table) => ({ entry: index().on(table.entry) }),
)
