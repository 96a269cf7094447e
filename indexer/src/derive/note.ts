import {
  type Hex,
  type HnsNote,
  type HnsNoteLabel,
  decodeHnsNote,
  decodePackageNote,
  hexToBytes,
  isHnsNoteLabel,
} from '@hyperware/protocol'

/** What a note says: what is wrong with it, if anything, and what it changes of its entry's node identity. */
export type DerivedNote = {
  problem: string | undefined
  /** The label is one of the node identity, so a change to the note is a change to the identity's row. */
  identityLabel: HnsNoteLabel | undefined
  /** Undefined when the note is no part of the identity, or cannot be read: then the identity stays as it was. */
  hnsNote: HnsNote | undefined
}

/** Reads a note's data by its label. Any bytes may come in; those that do not fit become a `problem`. */
export function deriveNote(input: { label: string; data: Hex }): DerivedNote {
  const bytes = hexToBytes(input.data)
  const hns = decodeHnsNote(input.label, bytes)
  const typed = hns ?? decodePackageNote(input.label, bytes)
  return {
    problem: typed?.ok === false ? typed.problem : undefined,
    identityLabel: isHnsNoteLabel(input.label) ? input.label : undefined,
    hnsNote: hns?.ok === true ? hns.value : undefined,
  }
}
