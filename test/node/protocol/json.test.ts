import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalJson,
  decodeJson,
  formatJson,
  isJsonArray,
  isJsonObject,
  JSON_DEPTH_MAX,
  type JsonValue,
} from '@hyperware/protocol'

describe('JSON', () => {
  test.each<[string, JsonValue]>([
    ['null', null],
    [' [ 1 , -2.5e3 , "a\\n\\u00e9" , true , {} , [] ] ', [1, -2500, 'a\né', true, {}, []]],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
    ['-9223372036854775808', -9_223_372_036_854_775_808n],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['18446744073709551616', 2 ** 64],
    ['-9223372036854775809', -(2 ** 63)],
    [`1${'0'.repeat(300)}`, 1e300],
    ['{"a":{"b":1},"a":2}', { a: 2 }],
    ['"\\ud83d\\ude00"', '😀'],
  ])('reads %s', (text, value) => {
    expect(decodeJson(text)).toEqual({ ok: true, value })
  })

  test.each([
    ['', 'the JSON has the end at character 0, expected a value'],
    ['{"a":}', 'the JSON has "}" at character 5, expected a value'],
    ['{"a"}', 'the JSON has "}" at character 4, expected a colon'],
    ['{a:1}', 'the JSON has "a:1}" at character 1, expected a field name'],
    ['[1 2]', 'the JSON has "2]" at character 3, expected a comma or a closing bracket'],
    ['{"a":1', 'the JSON has the end at character 6, expected a comma or a closing brace'],
    ['01', 'the JSON has "1" at character 1, expected the end of the text'],
    ['"a\nb"', 'the JSON has "\\"a\\nb\\"" at character 0, expected a string'],
    ['"\\x"', 'the JSON has "\\"\\\\x\\"" at character 0, expected a string'],
    ['"open', 'the JSON has "\\"open" at character 0, expected a string'],
    ['nul', 'the JSON has "nul" at character 0, expected a value'],
    ['[1e400]', 'the JSON has "1e400]" at character 1, expected a number that 64 bits can hold'],
    ['9'.repeat(400), 'the JSON has "999999999999" at character 0, expected a number that 64 bits can hold'],
    ['"\\ud800"', 'the JSON has "\\"\\\\ud800\\"" at character 0, expected a string'],
    ['{"\\udc00\\ud800":1}', 'the JSON has "\\"\\\\udc00\\\\ud80" at character 1, expected a string'],
    ['['.repeat(200), `the JSON is nested more than ${JSON_DEPTH_MAX} levels deep`],
  ])('refuses %j', (text, problem) => {
    expect(decodeJson(text)).toEqual({ ok: false, problem })
  })

  test('reads and writes whatever the platform does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const platform = rounded(JSON.parse(text) as JsonValue)
        const value = decodeJson(text)
        expect(value.ok && rounded(value.value)).toEqual(platform)
        if (value.ok) expect(rounded(JSON.parse(formatJson(value.value)) as JsonValue)).toEqual(platform)
      }),
    )
  })

  test('agrees with the platform on what is not JSON', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-', '.5', 'e2', 'true', 'null', ' ', '\\')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('')
        expect(decodeJson(text).ok).toBe(isJson(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('keeps every integer of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        const read = decodeJson(formatJson({ id: value }))
        expect(read.ok && BigInt((read.value as { id: bigint | number }).id)).toBe(value)
      }),
    )
  })

  test('takes a field named __proto__ for a field', () => {
    const read = decodeJson('{"__proto__":{"public":true}}')
    expect(read.ok && Object.getPrototypeOf(read.value)).toBe(Object.prototype)
    expect(read.ok && formatJson(read.value)).toBe('{"__proto__":{"public":true}}')
  })

  test('takes the last of fields with one name, where a type does not say what they are', () => {
    const value = decodeJson('{"a":1,"a":2,"b":3}')
    expect(value).toEqual({ ok: true, value: { a: 2, b: 3 } })
    expect(canonicalJson('{"a":1,"a":2}')).toBe('{"a":2}')
  })

  test('reads a number of a million digits', () => {
    expect(decodeJson('7'.repeat(1_000_000)).ok).toBe(false)
    expect(decodeJson(`[${'7'.repeat(300)},0.${'7'.repeat(1_000_000)}]`).ok).toBe(true)
  })

  test('has one text for values that mean the same', () => {
    expect(canonicalJson('{"kind": "read", "drive":"/a:b/c"}')).toBe('{"drive":"/a:b/c","kind":"read"}')
    expect(canonicalJson('{"drive":"/a:b/c","kind":"read"}')).toBe('{"drive":"/a:b/c","kind":"read"}')
    expect(canonicalJson('[{"b":1,"a":[2, 1]}]')).toBe('[{"a":[2,1],"b":1}]')
    expect(canonicalJson('not JSON')).toBe('not JSON')
    // What no number of 64 bits can be is not null, and half a character is not the one that stands for it in UTF-8.
    expect(canonicalJson('1e400')).toBe('1e400')
    expect(canonicalJson('"\\ud800"')).toBe('"\\ud800"')
  })
})

/** Integers as the platform has them, and no negative zero, which it reads but does not write. */
function rounded(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return value + 0
  if (isJsonArray(value)) return value.map(rounded)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rounded(field)]))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
