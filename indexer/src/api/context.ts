import { HNS_NOTE_LABELS, type Hex } from '@hyperware/protocol'
import { createLoader, createSliceLoader } from './loader.ts'
import {
  type EntryRow,
  type Slice,
  findEntries,
  findIdentities,
  listChildren,
  listFacts,
  listNotes,
  listProblems,
} from './store.ts'

/** What resolvers of one request share: rows are read once, and together. */
export type ApiContext = ReturnType<typeof createContext>

export function createContext() {
  return {
    entry: createLoader(findEntries) as (namehash: Hex) => Promise<EntryRow | undefined>,
    identity: createLoader(findIdentities),
    problems: createLoader((entries: readonly Hex[]) => listProblems(entries, HNS_NOTE_LABELS)),
    children: createSliceLoader((parents: readonly Hex[], slice: Slice) => listChildren(parents, slice)),
    notes: createSliceLoader((entries: readonly Hex[], slice: Slice) => listNotes(entries, slice)),
    facts: createSliceLoader((entries: readonly Hex[], slice: Slice) => listFacts(entries, slice)),
  }
}
