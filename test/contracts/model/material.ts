import type { Hex } from 'viem'
import { pickWeighted, type Random } from './random.ts'

const SHORT = ['a', 'b', 'c', 'd', 'e', 'os', 'dev', '-', '--', '0', '9', 'z', 'a-b', 'metadata-uri', 'net-key']

/** Neighbours of the legal bytes, prefixes, dots, capitals, spaces, zero, and bytes that are no ASCII. */
const ILLEGAL = [',', '.', '/', ':', '`', '{', '~', '!', 'A', 'Z', '_', ' ', '\n', '\0', '\x7f', '\x80', '\xe9', '\xff']

/** A label of characters that are bytes; `prefix` is empty for names. Most are legal, and few enough to meet again. */
export function pickLabel(random: Random, prefix: '' | '~' | '!'): string {
  return pickWeighted<() => string>(random, [
    [76, () => prefix + random.pick(SHORT)],
    [6, () => prefix + random.pick(['x', 'y']).repeat(63 - prefix.length)],
    [3, () => prefix + 'x'.repeat(62 - prefix.length)],
    [3, () => prefix + 'x'.repeat(64 - prefix.length)],
    [1, () => prefix + 'x'.repeat(200)],
    [2, () => prefix],
    [1, () => ''],
    [2, () => random.pick(['', '~', '!']) + random.pick(SHORT)],
    [6, () => spoil(random, prefix + random.pick(SHORT))],
    [1, () => spoil(random, prefix + 'x'.repeat(62))],
  ])()
}

/** The label with an illegal byte in some place. */
function spoil(random: Random, label: string): string {
  const at = random.below(label.length + 1)
  return label.slice(0, at) + random.pick(ILLEGAL) + label.slice(at + random.below(2))
}

/** Data of the sizes at which storage changes its form, of random, all-zero or all-one bytes. */
export function pickData(random: Random): Hex {
  const size = pickWeighted<() => number>(random, [
    [12, () => 0],
    [10, () => 1],
    [10, () => 31],
    [30, () => 32],
    [10, () => 33],
    [10, () => 64],
    [10, () => random.below(130)],
    [3, () => random.below(600)],
    [1, () => 1_024 + random.below(300)],
  ])()
  const fill = pickWeighted(random, [
    [3, '00'],
    [1, 'ff'],
    [6, undefined],
  ])
  if (fill !== undefined) return `0x${fill.repeat(size)}`
  let digits = ''
  for (let index = 0; index < size; index++) digits += random.below(256).toString(16).padStart(2, '0')
  return `0x${digits}`
}
