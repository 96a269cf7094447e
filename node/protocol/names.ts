import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from './bytes.ts'
import { type Brand, type Decoded, HyperwareError, countOf, decoded, quote, undecodable } from './errors.ts'

/** One element of a name: 1 to 63 characters of a-z, 0-9 and hyphen. */
export type Label = Brand<string, 'Label'>

/** Dotted labels, most specific first: `alice-home.os`. `''` is the root. Only this file makes one. */
export type Name = Brand<string, 'Name'>

/** The path of any key: a name, or a note (`~ip.foo.os`) or fact (`!x.foo.os`) beneath one. */
export type EntryPath = Brand<string, 'EntryPath'>

/** The 32-byte hash of a path (onchain.md section 1). */
export type Namehash = Brand<Hex, 'Namehash'>

export type LabelKind = 'name' | 'note' | 'fact'

export const ROOT_NAME = '' as Name
export const ROOT_NAMEHASH = `0x${'00'.repeat(32)}` as Namehash

/** The longest label the chain accepts, with the `~` or `!` of a note or fact included (onchain.md section 2.4). */
export const LABEL_MAX_LENGTH = 63

/** The longest name read from text: sixteen labels of full length. The chain itself sets no bound. */
export const NAME_MAX_LENGTH = 16 * (LABEL_MAX_LENGTH + 1) - 1

/** `label` counts from 0 at the most specific end, as a reader does. */
export type NameProblem =
  | { code: 'name-too-long'; name: string; length: number; maximum: number }
  | { code: 'label-empty'; name: string; label: number }
  | { code: 'label-too-long'; name: string; label: number; length: number; maximum: number }
  | { code: 'label-character'; name: string; label: number; character: string }

/** Thrown by `parseName`, `parseLabel` and `parseEntryPath`. */
export class NameError extends HyperwareError<NameProblem> {}

/** The first thing wrong with `text` as a name, or undefined when it is one. */
export function findNameProblem(text: string): NameProblem | undefined {
  if (text === '') return undefined
  if (text.length > NAME_MAX_LENGTH) {
    return { code: 'name-too-long', name: text, length: text.length, maximum: NAME_MAX_LENGTH }
  }
  for (const [index, label] of text.split('.').entries()) {
    const problem = findLabelProblem(text, label, index, '')
    if (problem !== undefined) return problem
  }
  return undefined
}

function findLabelProblem(name: string, text: string, label: number, prefix: '' | '~' | '!'): NameProblem | undefined {
  const body = text.slice(prefix.length)
  if (body === '') return { code: 'label-empty', name, label }
  for (const character of body) {
    if (!/^[a-z0-9-]$/.test(character)) return { code: 'label-character', name, label, character }
  }
  if (text.length > LABEL_MAX_LENGTH) {
    return { code: 'label-too-long', name, label, length: text.length, maximum: LABEL_MAX_LENGTH }
  }
  return undefined
}

export function isName(text: string): text is Name {
  return findNameProblem(text) === undefined
}

/** Parses dotted labels without changing them: nothing is lower-cased or trimmed. `''` is the root. Throws `NameError`. */
export function parseName(text: string): Name {
  const problem = findNameProblem(text)
  if (problem !== undefined) throw nameError('name', problem)
  return text as Name
}

/** Parses one label of a name, without a dot. Throws `NameError`. */
export function parseLabel(text: string): Label {
  const problem = findLabelProblem(text, text, 0, '')
  if (problem !== undefined) throw nameError('label', problem)
  return text as Label
}

/** Parses a name, or the path of a note or fact: only the first label may start with `~` or `!`. Throws `NameError`. */
export function parseEntryPath(text: string): EntryPath {
  const prefix = text.startsWith('~') ? '~' : text.startsWith('!') ? '!' : ''
  if (prefix === '') return parsePlainPath(text)
  if (text.length > NAME_MAX_LENGTH) return parsePlainPath(text)
  for (const [index, label] of text.split('.').entries()) {
    const problem = findLabelProblem(text, label, index, index === 0 ? prefix : '')
    if (problem !== undefined) throw nameError('path', problem)
  }
  return text as EntryPath
}

function parsePlainPath(text: string): EntryPath {
  const problem = findNameProblem(text)
  if (problem !== undefined) throw nameError('path', problem)
  return text as EntryPath
}

/** The sentence for a problem, in the words of `parseName`. */
export function describeNameProblem(problem: NameProblem): string {
  switch (problem.code) {
    case 'name-too-long':
      return `it has ${countOf(problem.length, 'character')}, expected at most ${problem.maximum}`
    case 'label-empty':
      return `label ${problem.label} is empty, expected 1 to ${LABEL_MAX_LENGTH} characters`
    case 'label-too-long':
      return `label ${problem.label} has ${countOf(problem.length, 'character')}, expected at most ${problem.maximum}`
    case 'label-character':
      return `label ${problem.label} has character ${quote(problem.character)}, which is not one of a-z, 0-9 or hyphen`
  }
}

function nameError(what: 'name' | 'label' | 'path', problem: NameProblem): NameError {
  const message = `Cannot parse ${what} ${quote(problem.name)}: ${describeNameProblem(problem)}`
  return new NameError(problem, message, { hint: hintFor(problem) })
}

function hintFor(problem: NameProblem): string | undefined {
  if (problem.code === 'label-character') {
    const lower = problem.name.trim().toLowerCase()
    if (lower !== problem.name && isName(lower)) return `names are lowercase; try ${quote(lower)}`
  }
  if (problem.code === 'label-empty') {
    const joined = problem.name.split('.').filter(Boolean).join('.')
    if (joined !== '' && isName(joined)) return `labels are separated by single dots; try ${quote(joined)}`
  }
  return undefined
}

/** keccak-256 of the label's bytes, prefix included: what events index as topic 3. */
export function labelhash(label: Uint8Array | string): Hex {
  return bytesToHex(keccak_256(typeof label === 'string' ? utf8ToBytes(label) : label))
}

/** One step of the namehash: keccak-256 of `parent` and the label hash. The label is taken as it is, unchecked. */
export function childNamehash(parent: Namehash, label: Uint8Array | string): Namehash {
  return bytesToHex(step(hexToBytes(parent), typeof label === 'string' ? utf8ToBytes(label) : label)) as Namehash
}

function step(parent: Uint8Array, label: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(parent, keccak_256(label)))
}

/** The hash of a path, from the rightmost label to the left; the root is 32 zero bytes (onchain.md section 1). */
export function namehash(path: Name | EntryPath): Namehash {
  if (path === '') return ROOT_NAMEHASH
  let hash: Uint8Array = new Uint8Array(32)
  for (const label of path.split('.').toReversed()) hash = step(hash, utf8ToBytes(label))
  return bytesToHex(hash) as Namehash
}

/** `alice.os` is `alice` beneath `os`, which is `os` beneath the root. Undefined for the root. */
export function splitName(name: Name): { label: Label; parent: Name } | undefined {
  if (name === '') return undefined
  const dot = name.indexOf('.')
  if (dot === -1) return { label: name as string as Label, parent: ROOT_NAME }
  return { label: name.slice(0, dot) as Label, parent: name.slice(dot + 1) as Name }
}

export function parentName(name: Name): Name | undefined {
  return splitName(name)?.parent
}

/** The name of `label` beneath `parent`. Not bounded by `NAME_MAX_LENGTH`, because the chain is not. */
export function joinName(label: Label, parent: Name): Name {
  return (parent === '' ? label : `${label}.${parent}`) as Name
}

/** Reads a label as an event carries it: any bytes at all, with the `~` or `!` of its kind (onchain.md section 2.4). */
export function decodeLabel(bytes: Uint8Array, kind: LabelKind): Decoded<string> {
  const prefix = PREFIX_OF[kind]
  if (bytes.length > LABEL_MAX_LENGTH) {
    return undecodable(`the label has ${countOf(bytes.length, 'byte')}, expected at most ${LABEL_MAX_LENGTH}`)
  }
  if (prefix !== '' && bytes[0] !== prefix.charCodeAt(0)) {
    return undecodable(`the label of a ${kind} must start with ${prefix}`)
  }
  if (bytes.length === prefix.length) {
    return undecodable(`the label has ${countOf(bytes.length, 'byte')}, expected at least ${prefix.length + 1}`)
  }
  for (let index = prefix.length; index < bytes.length; index++) {
    const byte = bytes[index] as number
    const allowed = (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte === 45
    if (!allowed) {
      return undecodable(
        `byte ${index} of the label is 0x${byte.toString(16).padStart(2, '0')}, which is not one of a-z, 0-9 or hyphen`,
      )
    }
  }
  return decoded(String.fromCharCode(...bytes))
}

const PREFIX_OF: Readonly<Record<LabelKind, '' | '~' | '!'>> = { name: '', note: '~', fact: '!' }
