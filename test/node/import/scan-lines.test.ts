import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createScanReader, type DatabaseEntry } from '../../../node/import/scan-lines.ts'

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex').toUpperCase()}`
const someBytes = fc.uint8Array({ maxLength: 200 }).map((value) => new Uint8Array(value))

test('entries are read whatever pieces they arrive in, as older and newer releases print them', () => {
  const entries = fc.array(fc.record({ key: someBytes, value: someBytes }), { maxLength: 10 })
  const cuts = fc.array(fc.nat(5_000), { maxLength: 20 })
  fc.assert(
    fc.property(entries, cuts, fc.constantFrom(' : ', ' ==> '), (expected, cuts, separator) => {
      const printed = Buffer.from(expected.map(({ key, value }) => `${hex(key)}${separator}${hex(value)}\n`).join(''))
      const reader = createScanReader()
      const found: DatabaseEntry[] = []
      const ends = [...cuts.filter((cut) => cut < printed.length), printed.length].toSorted((a, b) => a - b)
      let start = 0
      for (const end of ends) {
        found.push(...reader.read(printed.subarray(start, end)))
        start = end
      }
      reader.end()
      expect(found).toEqual(expected)
    }),
  )
})

test('a value of many digits is read', () => {
  const value = new Uint8Array(3_000_001).map((_, index) => index % 251)
  const [entry] = createScanReader().read(Buffer.from(`0x61 : ${hex(value)}\n`))
  expect(Buffer.compare(entry?.value ?? new Uint8Array(0), value)).toBe(0)
})

test.each([
  ['no separator', '0x61'],
  ['another separator', '0x61 = 0x62'],
  ['an odd number of digits', '0x61 : 0x6'],
  ['other characters than digits', '0x61 : 0x6g'],
  ['no 0x', '61 : 62'],
  ['an empty line', ''],
  ['a complaint', 'Failed: IO error'],
])('a line with %s is refused', (_, line) => {
  expect(() => createScanReader().read(Buffer.from(`${line}\n`))).toThrow(
    expect.objectContaining({
      code: 'ldb-failed',
      message: `Cannot read RocksDB: it printed ${JSON.stringify(line)}, expected a line "0xKEY : 0xVALUE"`,
    }),
  )
})

test('a line longer than any entry is refused before it is whole', () => {
  const reader = createScanReader(20)
  reader.read(Buffer.from('0x61 : 0x62\n0x61 : 0x6262'))
  expect(() => reader.read(Buffer.from('62626262'))).toThrow('longer than the 20 bytes that it may print as')
})
