import { bytesToHex, labelhash, utf8ToBytes } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { NAME_TEXT_MAX, deriveLabel, deriveName, unknownName } from '../../../indexer/src/derive/entry.ts'

const HASH = `0x${'ab'.repeat(32)}` as const
const PARENT = `0x${'cd'.repeat(32)}` as const

function labelOf(bytes: Uint8Array, kind: 'name' | 'note' | 'fact') {
  return deriveLabel({ label: bytesToHex(bytes), labelhash: labelhash(bytes), kind })
}

describe('the text of a label', () => {
  test.each([
    ['alice-home', 'name'],
    ['-', 'name'],
    ['~net-key', 'note'],
    ['!this-is-permanent', 'fact'],
  ] as const)('%s is itself as the label of a %s', (text, kind) => {
    expect(labelOf(utf8ToBytes(text), kind)).toBe(text)
  })

  test.each([
    ['upper case', utf8ToBytes('Alice'), 'name'],
    ['a dot', utf8ToBytes('a.b'), 'name'],
    ['nothing', new Uint8Array(), 'name'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'name'],
    ['a zero byte', Uint8Array.of(0x61, 0), 'name'],
    ['a note without its tilde', utf8ToBytes('ip'), 'note'],
    ['64 characters', utf8ToBytes('a'.repeat(64)), 'name'],
    ['10,000 characters', utf8ToBytes('a'.repeat(10_000)), 'name'],
  ] as const)('a label of %s is its hash in brackets', (_what, bytes, kind) => {
    expect(labelOf(bytes, kind)).toBe(`[${labelhash(bytes)}]`)
  })
})

describe('the name of an entry', () => {
  test('an entry under the root is named by its label', () => {
    expect(deriveName({ label: 'os', namehash: HASH, parent: { namehash: PARENT, name: '' } })).toBe('os')
  })

  test('an entry under a name is named by both', () => {
    expect(deriveName({ label: 'foo', namehash: HASH, parent: { namehash: PARENT, name: 'os' } })).toBe('foo.os')
  })

  test('an unknown parent is named by its namehash in brackets', () => {
    expect(deriveName({ label: 'foo', namehash: HASH, parent: { namehash: PARENT, name: undefined } })).toBe(
      `foo.${unknownName(PARENT)}`,
    )
  })

  test('a name too long for an index is its namehash in brackets, and so short again for its children', () => {
    const long = 'a'.repeat(NAME_TEXT_MAX - 1)
    const fits = deriveName({ label: long, namehash: HASH, parent: { namehash: PARENT, name: '' } })
    expect(fits).toHaveLength(NAME_TEXT_MAX - 1)
    const name = deriveName({ label: 'b', namehash: HASH, parent: { namehash: PARENT, name: fits } })
    expect(name).toBe(unknownName(HASH))
    expect(deriveName({ label: 'c', namehash: PARENT, parent: { namehash: HASH, name } })).toBe(
      `c.${unknownName(HASH)}`,
    )
  })
})
