import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** What the builder gives the small engine inside a process, in a realm that lacks it as that engine does. */

const SOURCE = readFileSync(new URL('../../../node/process/engine.js', import.meta.url), 'utf8')

type Realm = {
  readonly TextEncoder: typeof TextEncoder
  readonly TextDecoder: typeof TextDecoder
}

function engine(): Realm {
  const context = createContext({})
  runInContext(SOURCE, context)
  return runInContext('({ TextEncoder, TextDecoder })', context) as Realm
}

const realm = engine()
const texts = fc.string({ unit: 'binary', maxLength: 200 })
/** Bytes that are nearly UTF-8: real text with some bytes changed, and any bytes. */
const nearlyText = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.tuple(texts, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 })).map(([text, changes]) => {
    const bytes = new TextEncoder().encode(text)
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
    return bytes
  }),
  fc
    .array(
      fc.constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xa0, 0xef, 0xbb, 0xf0, 0xf4, 0x90, 0xf5),
      {
        maxLength: 12,
      },
    )
    .map((bytes) => Uint8Array.from(bytes)),
)

describe('TextEncoder', () => {
  test('gives the bytes of the platform, lone surrogates included', () => {
    fc.assert(
      fc.property(
        fc.oneof(texts, fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) })),
        (text) => {
          expect([...new realm.TextEncoder().encode(text)]).toEqual([...new TextEncoder().encode(text)])
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('TextDecoder', () => {
  test('that is fatal takes and refuses what the platform does', () => {
    fc.assert(
      fc.property(nearlyText, fc.boolean(), (bytes, ignoreBOM) => {
        const options = { fatal: true, ignoreBOM }
        let expected: string | undefined
        try {
          expected = new TextDecoder('utf-8', options).decode(bytes)
        } catch {
          expected = undefined
        }
        const decode = () => new realm.TextDecoder('utf-8', options).decode(bytes)
        if (expected === undefined) expect(decode).toThrow('Cannot decode text: the bytes are not UTF-8')
        else expect(decode()).toBe(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  test('that is not fatal puts the replacement character where the platform does', () => {
    fc.assert(
      fc.property(nearlyText, (bytes) => {
        expect(new realm.TextDecoder().decode(bytes)).toBe(new TextDecoder().decode(bytes))
      }),
      { numRuns: 1_000 },
    )
  })

  test('takes long text, and an encoding it does not know by no means', () => {
    const text = 'aß世🙂'.repeat(20_000)
    expect(new realm.TextDecoder().decode(new TextEncoder().encode(text))).toBe(text)
    expect(() => new realm.TextDecoder('latin1')).toThrow('Cannot decode latin1, expected utf-8')
  })
})
