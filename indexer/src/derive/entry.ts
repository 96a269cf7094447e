import { type Hex, type LabelKind, decodeLabel, hexToBytes } from '@hyperware/protocol'

/** Longer names are written as their namehash, so that a name always fits a database index. The chain sets no bound. */
export const NAME_TEXT_MAX = 1023

/**
 * The text of a label, from the bytes and the label hash of an event. Contracts that follow the rules only emit labels
 * of the right characters; for any other bytes the text is the hash in brackets, which no real label can equal.
 */
export function deriveLabel(input: { label: Hex; labelhash: Hex; kind: LabelKind }): string {
  const decoded = decodeLabel(hexToBytes(input.label), input.kind)
  return decoded.ok ? decoded.value : `[${input.labelhash}]`
}

/** The parent of an entry as far as the index knows it: `name` is undefined when its mint was never seen. */
export type Parent = { namehash: Hex; name: string | undefined }

/** The dotted name of `label` beneath a parent; the namehash in brackets stands in for what is unknown or too long. */
export function deriveName(input: { label: string; namehash: Hex; parent: Parent }): string {
  const above = input.parent.name ?? unknownName(input.parent.namehash)
  const name = above === '' ? input.label : `${input.label}.${above}`
  return name.length > NAME_TEXT_MAX ? unknownName(input.namehash) : name
}

/** The text that stands for an entry whose name is not known: `[0x…]`. */
export function unknownName(namehash: Hex): string {
  return `[${namehash}]`
}
