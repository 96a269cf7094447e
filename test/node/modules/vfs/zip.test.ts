import { deflateRawSync } from 'node:zlib'
import { strToU8, Zip, ZipDeflate, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { openZip, readZip, ZIP_ENTRIES_MAX, ZipError } from '../../../../node/modules/vfs/zip.ts'

const TEXT = 'hello '.repeat(100)
const read = (zip: Uint8Array) =>
  Object.fromEntries(readZip(zip).map(({ path, bytes }) => [path.join('/'), Buffer.from(bytes).toString()]))

async function readInPieces(zip: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const { path, unpack } of openZip(zip).files) {
    files[path.join('/')] = Buffer.concat(await Array.fromAsync(unpack())).toString()
  }
  return files
}

/** Written in a stream, so that the header before each file does not know its sizes. */
function streamed(): Uint8Array {
  const parts: Uint8Array[] = []
  const zip = new Zip((error, part) => {
    if (error) throw error
    parts.push(part)
  })
  const file = new ZipDeflate('late.txt')
  zip.add(file)
  file.push(strToU8(TEXT), true)
  zip.end()
  return Buffer.concat(parts)
}

/** One stored file, whose sizes and place are in 64 bits, and so are those of the directory. */
function wide(): Uint8Array {
  const plain = Buffer.from(zipSync({ 'wide.txt': [strToU8(TEXT), { level: 0 }] }))
  const end = plain.length - 22
  const directory = plain.readUInt32LE(end + 16)
  const entry = Buffer.from(plain.subarray(directory, end))
  const extra = Buffer.alloc(28)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(24, 2)
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(24)), 4)
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(20)), 12)
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(42)), 20)
  for (const at of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, at)
  entry.writeUInt16LE(extra.length, 30)
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(1n, 32)
  end64.writeBigUInt64LE(BigInt(directory), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(directory + entry.length + extra.length), 8)
  const last = Buffer.from(plain.subarray(end))
  last.writeUInt16LE(0xffff, 10)
  last.writeUInt32LE(0xffffffff, 16)
  return Buffer.concat([plain.subarray(0, directory), entry, extra, end64, locator, last])
}

describe('a zip is read', () => {
  test.each<[string, () => Uint8Array, Record<string, string>]>([
    [
      'packed and not',
      () => zipSync({ a: strToU8(TEXT), 'b/c': [strToU8('x'), { level: 0 }] }),
      { a: TEXT, 'b/c': 'x' },
    ],
    ['with folders and empty files', () => zipSync({ 'd/': strToU8(''), 'd/e': strToU8('') }), { 'd/e': '' }],
    ['with names in other alphabets', () => zipSync({ 'grüße/世.txt': strToU8('x') }), { 'grüße/世.txt': 'x' }],
    [
      'with a comment',
      () => Buffer.concat([zipSync({ a: strToU8('x') }).subarray(0, -2), Buffer.from('\x02\0hi')]),
      { a: 'x' },
    ],
    ['written in a stream', streamed, { 'late.txt': TEXT }],
    ['with sizes in 64 bits', wide, { 'wide.txt': TEXT }],
    ['without files', () => zipSync({}), {}],
  ])('%s', async (_, zip, files) => {
    expect(read(zip())).toEqual(files)
    expect(await readInPieces(zip())).toEqual(files)
  })

  test('in pieces when it is large, and its folders too', async () => {
    const large = Buffer.alloc(3_000_000, TEXT)
    const zip = zipSync({ a: large, b: [large, { level: 0 }], 'd/e/': strToU8(''), f: strToU8('') })
    const { files, folders } = openZip(zip)
    const found = new Map<string, Uint8Array[]>()
    for (const { path, unpack } of files) found.set(path.join('/'), await Array.fromAsync(unpack()))
    expect(
      [...found].map(([name, pieces]) => [name, Buffer.concat(pieces).equals(name === 'f' ? Buffer.alloc(0) : large)]),
    ).toEqual([
      ['a', true],
      ['b', true],
      ['f', true],
    ])
    expect(Math.max(...[...found.values()].flat().map(({ length }) => length))).toBeLessThan(1_000_000)
    expect(folders).toEqual([['d', 'e']])
  })

  test('as bytes of their own, whatever becomes of the zip', () => {
    const zip = zipSync({ a: [strToU8('kept'), { level: 0 }] })
    const [file] = readZip(zip)
    zip.fill(0)
    expect(Buffer.from(file?.bytes ?? []).toString()).toBe('kept')
  })
})

/** A zip of one deflated file, changed at places in its directory entry. */
function spoilt(change: (entry: Buffer, zip: Buffer) => void): Uint8Array {
  const zip = Buffer.from(zipSync({ 'a.txt': strToU8(TEXT) }))
  change(zip.subarray(zip.readUInt32LE(zip.length - 6)), zip)
  return zip
}

const INFLATED_BEYOND = 'Cannot create a Buffer larger than 599 bytes'

describe('a zip is refused', () => {
  test.each<[string, () => Uint8Array, string]>([
    ['that is none', () => strToU8('hello'), 'it has no directory'],
    ['that is cut off', () => zipSync({ a: strToU8(TEXT) }).subarray(0, -30), 'it has no directory'],
    [
      'whose directory is elsewhere',
      () => spoilt((_, zip) => zip.writeUInt32LE(5, zip.length - 6)),
      'is not where it should be',
    ],
    [
      'whose file is elsewhere',
      () => spoilt((entry) => entry.writeUInt32LE(1, 42)),
      'a file is not where it should be, at byte 1',
    ],
    [
      'whose file reaches beyond it',
      () => spoilt((entry) => entry.writeUInt32LE(1e6, 20)),
      'a file reaches beyond its end',
    ],
    [
      'with another checksum',
      () => spoilt((entry) => entry.writeUInt32LE(1, 16)),
      '"a.txt" is damaged: its checksum differs',
    ],
    [
      'that holds less than it says',
      () => spoilt((entry) => entry.writeUInt32LE(601, 24)),
      '"a.txt" has 600 bytes, expected 601',
    ],
    ['that holds more than it says', () => spoilt((entry) => entry.writeUInt32LE(599, 24)), INFLATED_BEYOND],
    ['that is encrypted', () => spoilt((entry) => entry.writeUInt16LE(1, 8)), '"a.txt" is encrypted'],
    [
      'packed otherwise',
      () => spoilt((entry) => entry.writeUInt16LE(12, 10)),
      '"a.txt" is packed by method 12, expected 0 or 8',
    ],
    ['whose sizes are nowhere', () => spoilt((entry) => entry.writeUInt32LE(0xffffffff, 24)), 'lacks its sizes'],
  ])('%s', async (_, zip, words) => {
    expect(() => read(zip())).toThrow(ZipError)
    await expect(readInPieces(zip())).rejects.toThrow(ZipError)
    await expect(readInPieces(zip())).rejects.toThrow(
      words === INFLATED_BEYOND ? '"a.txt" has 600 bytes, expected 599' : words,
    )
    expect(() => read(zip())).toThrow(/^Cannot read zip: /)
    expect(() => read(zip())).toThrow(words)
  })

  test('before it is inflated, when its names or sizes are no good', () => {
    const large = spoilt((entry) => entry.writeUInt32LE(0x7fffffff, 24))
    expect(() => readZip(large)).toThrow('Cannot read zip: its files take more than 536870912 bytes')
    expect(() => readZip(zipSync({ '../up': strToU8('x') }))).toThrow('entry "../up" is not a path inside it')
    for (const names of [
      ['a', 'a/b'],
      ['ui/x/y/z', 'ui/x-1', 'ui/x'],
      ['a', 'a/'],
    ]) {
      const zip = zipSync(Object.fromEntries(names.map((name) => [name, strToU8('')])))
      expect(() => readZip(zip)).toThrow(/^Cannot read zip: "(a|ui\/x)" is a file and a folder$/)
    }
    const many = Object.fromEntries(Array.from({ length: ZIP_ENTRIES_MAX + 1 }, (_, at) => [`f${at}`, strToU8('')]))
    expect(() => readZip(zipSync(many))).toThrow('Cannot read zip: it has more than 10000 entries')
  })

  test('whatever byte of it is another, or it is read as it was', () => {
    const zip = zipSync({ 'a.txt': strToU8(TEXT), 'b.txt': [deflateRawSync(strToU8(TEXT)), { level: 0 }] })
    const files = read(zip)
    for (let at = 0; at < zip.length; at += 1) {
      const other = Uint8Array.from(zip)
      other[at] = (other[at] ?? 0) ^ 0x55
      try {
        const found = Object.values(read(other)).filter((text) => !Object.values(files).includes(text))
        expect(found).toEqual([])
      } catch (error) {
        expect(error).toBeInstanceOf(ZipError)
      }
    }
  })
})
