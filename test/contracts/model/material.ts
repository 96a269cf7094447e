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
  if (random.chance(0.03)) return pickMark(random)
  const size = pickWeighted<() => number>(random, [
    [60, () => 0],
    [50, () => 1],
    [40, () => 27 + random.below(2)],
    [40, () => 31],
    [150, () => 32],
    [50, () => 33],
    [50, () => 64],
    [20, () => 127 + random.below(3)],
    [60, () => random.below(130)],
    [15, () => random.below(600)],
    [5, () => 1_024 + random.below(300)],
    [1, () => MAX_CODE - 2 + random.below(4)],
  ])()
  return pickBytes(random, size)
}

/** Most bytes that a contract can have as code. */
const MAX_CODE = 24_576

/** Words like the marks by which a contract could tell forms of data apart: none may be taken for one. */
function pickMark(random: Random): Hex {
  const tag = random.pick(['656b11ce', '00000000', 'ffffffff', pickBytes(random, 4).slice(2)])
  const middle = random.chance(0.5) ? '00'.repeat(27) : pickBytes(random, 27).slice(2)
  return `0x${tag}${middle}${random.pick(['00', '01', '1b', '1f', '20', '40', 'fe', 'ff'])}`
}

function pickBytes(random: Random, size: number): Hex {
  const fill = pickWeighted(random, [
    [3, 0x00],
    [1, 0xff],
    [6, undefined],
  ])
  const data = Buffer.alloc(size, fill ?? 0)
  if (fill === undefined) for (let index = 0; index < size; index++) data[index] = random.below(256)
  return `0x${data.toString('hex')}`
}
