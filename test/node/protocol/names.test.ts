import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  LABEL_MAX_LENGTH,
  NAME_MAX_LENGTH,
  type Name,
  NameError,
  ROOT_NAMEHASH,
  childNamehash,
  decodeLabel,
  findNameProblem,
  formatError,
  isName,
  joinName,
  labelhash,
  namehash,
  parentName,
  parseEntryPath,
  parseLabel,
  parseName,
  splitName,
  utf8ToBytes,
} from '@hyperware/protocol'
import vectors from '../../conformance/namehash.json' with { type: 'json' }

const label = fc.stringMatching(/^[a-z0-9-]{1,63}$/)
const name = fc.array(label, { maxLength: 6 }).map((labels) => labels.join('.'))

describe('namehash', () => {
  test.each(vectors.entries)('of "$path" is the one the contract computes', ({ path, namehash: expected }) => {
    expect(namehash(parseEntryPath(path))).toBe(expected)
  })

  test.each(vectors.labels)(
    'the label hash of $label is its topic in events',
    ({ label: text, labelhash: expected }) => {
      expect(labelhash(text)).toBe(expected)
      expect(labelhash(utf8ToBytes(text))).toBe(expected)
    },
  )

  test('of a name is one step from its parent', () => {
    fc.assert(
      fc.property(label, name, (first, rest) => {
        const parent = parseName(rest)
        expect(namehash(joinName(parseLabel(first), parent))).toBe(childNamehash(namehash(parent), first))
      }),
    )
  })

  test('of the root is zero, not the hash of one empty label', () => {
    expect(namehash(parseName(''))).toBe(ROOT_NAMEHASH)
    expect(childNamehash(ROOT_NAMEHASH, '')).toBe('0x88d4843af302c2093286898cd34cba7a471c3cdce4c78514fc971c3c6a53891e')
  })
})

const LONG = 'a'.repeat(LABEL_MAX_LENGTH)

describe('parseName', () => {
  test.each(['', 'os', 'alice-home.os', '-', '--.os', '0.1.2', LONG, `${LONG}.os`, Array(16).fill(LONG).join('.')])(
    'takes "%s" as it is',
    (text) => {
      expect(parseName(text)).toBe(text)
      expect(isName(text)).toBe(true)
      expect(findNameProblem(text)).toBeUndefined()
    },
  )

  test.each([
    [
      'Alice.os',
      'label-character',
      'Cannot parse name "Alice.os": label 0 has character "A", which is not one of a-z, 0-9 or hyphen\nHint: names are lowercase; try "alice.os"',
    ],
    [
      'a_b.os',
      'label-character',
      'Cannot parse name "a_b.os": label 0 has character "_", which is not one of a-z, 0-9 or hyphen',
    ],
    [
      'a.ö.os',
      'label-character',
      'Cannot parse name "a.ö.os": label 1 has character "ö", which is not one of a-z, 0-9 or hyphen',
    ],
    [
      'a😀.os',
      'label-character',
      'Cannot parse name "a😀.os": label 0 has character "😀", which is not one of a-z, 0-9 or hyphen',
    ],
    [
      'a\n.os',
      'label-character',
      'Cannot parse name "a\\n.os": label 0 has character "\\n", which is not one of a-z, 0-9 or hyphen',
    ],
    [
      'a.os\u202e',
      'label-character',
      'Cannot parse name "a.os\\u202e": label 1 has character "\\u202e", which is not one of a-z, 0-9 or hyphen',
    ],
    [
      '~ip.foo.os',
      'label-character',
      'Cannot parse name "~ip.foo.os": label 0 has character "~", which is not one of a-z, 0-9 or hyphen',
    ],
    ['.', 'label-empty', 'Cannot parse name ".": label 0 is empty, expected 1 to 63 characters'],
    [
      'alice..os',
      'label-empty',
      'Cannot parse name "alice..os": label 1 is empty, expected 1 to 63 characters\nHint: labels are separated by single dots; try "alice.os"',
    ],
    [
      'alice.os.',
      'label-empty',
      'Cannot parse name "alice.os.": label 2 is empty, expected 1 to 63 characters\nHint: labels are separated by single dots; try "alice.os"',
    ],
    [`${LONG}a`, 'label-too-long', `Cannot parse name "${LONG}a": label 0 has 64 characters, expected at most 63`],
    [
      'a'.repeat(NAME_MAX_LENGTH + 1),
      'name-too-long',
      `Cannot parse name "${'a'.repeat(80)}…": it has 1024 characters, expected at most 1023`,
    ],
  ])('refuses %j as %s', (text, code, message) => {
    expect(isName(text)).toBe(false)
    const error = caught(() => parseName(text))
    expect(error).toBeInstanceOf(NameError)
    expect((error as NameError).code).toBe(code)
    expect((error as NameError).problem.name).toBe(text)
    expect(formatError(error)).toBe(message)
  })

  test('accepts exactly what the pattern of names says', () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.string(), fc.stringMatching(/^[a-zA-Z0-9.~! _-]*$/)), (text) => {
        const isPattern = text === '' || /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(text)
        expect(isName(text)).toBe(isPattern && text.length <= NAME_MAX_LENGTH)
      }),
    )
  })
})

describe('parseLabel', () => {
  test('takes one label', () => {
    expect(parseLabel('alice-home')).toBe('alice-home')
  })

  test.each([
    ['', 'Cannot parse label "": label 0 is empty, expected 1 to 63 characters'],
    ['a.b', 'Cannot parse label "a.b": label 0 has character ".", which is not one of a-z, 0-9 or hyphen'],
    [`${LONG}a`, `Cannot parse label "${LONG}a": label 0 has 64 characters, expected at most 63`],
  ])('refuses %j', (text, message) => {
    expect(caught(() => parseLabel(text)).message).toBe(message)
  })
})

describe('parseEntryPath', () => {
  test.each(['', 'os', 'foo.os', '~ip.foo.os', '!x.foo.os', '~note', '!fact', `~${'a'.repeat(62)}.os`])(
    'takes "%s"',
    (text) => {
      expect(parseEntryPath(text)).toBe(text)
    },
  )

  test.each([
    ['~', 'Cannot parse path "~": label 0 is empty, expected 1 to 63 characters'],
    ['~.os', 'Cannot parse path "~.os": label 0 is empty, expected 1 to 63 characters'],
    ['~~ip.os', 'Cannot parse path "~~ip.os": label 0 has character "~", which is not one of a-z, 0-9 or hyphen'],
    ['foo.~ip.os', 'Cannot parse path "foo.~ip.os": label 1 has character "~", which is not one of a-z, 0-9 or hyphen'],
    ['~ip.!x.os', 'Cannot parse path "~ip.!x.os": label 1 has character "!", which is not one of a-z, 0-9 or hyphen'],
    [`~${LONG}`, `Cannot parse path "~${LONG}": label 0 has 64 characters, expected at most 63`],
    [
      `~a${'.a'.repeat(511)}`,
      `Cannot parse path "~a${'.a'.repeat(39)}…": it has 1024 characters, expected at most 1023`,
    ],
  ])('refuses %j', (text, message) => {
    expect(caught(() => parseEntryPath(text)).message).toBe(message)
  })
})

describe('splitName', () => {
  test.each([
    ['alice.os', { label: 'alice', parent: 'os' }],
    ['a.b.c', { label: 'a', parent: 'b.c' }],
    ['os', { label: 'os', parent: '' }],
    ['', undefined],
  ])('of "%s"', (text, expected) => {
    const split = splitName(parseName(text))
    expect(split).toEqual(expected)
    expect(parentName(parseName(text))).toBe(expected?.parent)
    if (split !== undefined) expect(joinName(split.label, split.parent)).toBe(text)
  })
})

describe('decodeLabel', () => {
  test.each([
    ['alice', 'name'],
    ['-', 'name'],
    [LONG, 'name'],
    ['~ip', 'note'],
    ['!x', 'fact'],
    [`~${'a'.repeat(62)}`, 'note'],
  ] as const)('reads %s as the label of a %s', (value, kind) => {
    expect(decodeLabel(utf8ToBytes(value), kind)).toEqual({ ok: true, value })
  })

  test.each([
    [utf8ToBytes(''), 'name', 'the label has 0 bytes, expected at least 1'],
    [utf8ToBytes(''), 'note', 'the label of a note must start with ~'],
    [utf8ToBytes('~'), 'note', 'the label has 1 byte, expected at least 2'],
    [utf8ToBytes('ip'), 'note', 'the label of a note must start with ~'],
    [utf8ToBytes('~x'), 'fact', 'the label of a fact must start with !'],
    [utf8ToBytes('~x'), 'name', 'byte 0 of the label is 0x7e, which is not one of a-z, 0-9 or hyphen'],
    [utf8ToBytes('~~x'), 'note', 'byte 1 of the label is 0x7e, which is not one of a-z, 0-9 or hyphen'],
    [utf8ToBytes('a.b'), 'name', 'byte 1 of the label is 0x2e, which is not one of a-z, 0-9 or hyphen'],
    [utf8ToBytes('Alice'), 'name', 'byte 0 of the label is 0x41, which is not one of a-z, 0-9 or hyphen'],
    [Uint8Array.of(0x61, 0x00), 'name', 'byte 1 of the label is 0x00, which is not one of a-z, 0-9 or hyphen'],
    [Uint8Array.of(0xff, 0xfe), 'name', 'byte 0 of the label is 0xff, which is not one of a-z, 0-9 or hyphen'],
    [utf8ToBytes(`${LONG}a`), 'name', 'the label has 64 bytes, expected at most 63'],
    [utf8ToBytes(`~${LONG}`), 'note', 'the label has 64 bytes, expected at most 63'],
    [new Uint8Array(1_000_000), 'name', 'the label has 1000000 bytes, expected at most 63'],
  ] as const)('refuses case %#', (bytes, kind, problem) => {
    expect(decodeLabel(bytes, kind)).toEqual({ ok: false, problem })
  })

  test('agrees with parseLabel on every text', () => {
    fc.assert(
      fc.property(fc.oneof(label, fc.string()), (value) => {
        expect(decodeLabel(utf8ToBytes(value), 'name').ok).toBe(
          value !== '' && !value.includes('.') && isName(value as Name),
        )
      }),
    )
  })
})

function caught(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('expected an error, but none was thrown')
}
