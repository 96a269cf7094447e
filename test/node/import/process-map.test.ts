import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { parseAddress } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { decodeProcessMap, type ReferenceProcess } from '../../../node/import/process-map.ts'
import * as write from './bincode-writer.ts'

/** Written by hand from kernel.md section 10, not by the writer that other tests use. */
const BY_HAND = [
  '0200000000000000', // two processes
  '0500000000000000 613a623a63', // a:b:c
  '0600000000000000 2f782e776173', // wasm_bytes_handle "/x.was"
  '01 01000000', // wit_version 1
  '02000000 0100000000000000', // on_exit: Requests, one
  '0900000000000000 6e40703a713a722e73', // to n@p:q:r.s
  '01', // inherit
  '01 0500000000000000', // expects_response 5
  '0200000000000000 00ff', // body
  '01 0100000000000000 6d', // metadata "m"
  '0100000000000000', // one capability
  '0700000000000000 6e40613a623a63', // of n@a:b:c
  '0300000000000000 227822', // params "x", with its quotes
  '0200000000000000 0909', // its signature
  '01 01 0100000000000000 74 0100000000000000 07', // blob of mime "t"
  '0100000000000000', // holds one capability
  '0700000000000000 6e40613a623a63 0200000000000000 7b7d 0300000000000000 010203', // of n@a:b:c, params {}
  '01', // public
  '0500000000000000 643a653a66 0000000000000000 00 01000000 0000000000000000 00', // d:e:f, a module
].join(' ')

const BY_HAND_VALUE: readonly ReferenceProcess[] = [
  {
    id: 'a:b:c',
    wasmBytesHandle: '/x.was',
    witVersion: 1,
    onExit: {
      kind: 'requests',
      requests: [
        {
          target: parseAddress('n@p:q:r.s'),
          inherit: true,
          expectsResponse: 5n,
          body: Uint8Array.of(0, 255),
          metadata: 'm',
          capabilities: [{ issuer: parseAddress('n@a:b:c'), params: '"x"' }],
          blob: { mime: 't', bytes: Uint8Array.of(7) },
        },
      ],
    },
    capabilities: [
      { capability: { issuer: parseAddress('n@a:b:c'), params: '{}' }, signature: Uint8Array.of(1, 2, 3) },
    ],
    public: true,
  },
  {
    id: 'd:e:f',
    wasmBytesHandle: '',
    witVersion: undefined,
    onExit: { kind: 'restart' },
    capabilities: [],
    public: false,
  },
]

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((value) => value.replace(/[:@\s]/g, '-'))
const id = fc.tuple(part, part, part).map((parts) => parts.join(':'))
const address = fc.tuple(part, id).map(([node, process]) => parseAddress(`${node}@${process}`))
const capability = fc.record({ issuer: address, params: fc.string({ unit: 'grapheme' }) })
const someBytes = fc.uint8Array({ maxLength: 80 }).map((value) => new Uint8Array(value))
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const onExitRequest = fc.record({
  target: address,
  inherit: fc.boolean(),
  expectsResponse: maybe(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  body: someBytes,
  metadata: maybe(fc.string()),
  capabilities: fc.array(capability, { maxLength: 3 }),
  blob: maybe(fc.record({ mime: maybe(fc.string()), bytes: someBytes })),
})
const process: fc.Arbitrary<ReferenceProcess> = fc.record({
  id,
  wasmBytesHandle: fc.string(),
  witVersion: maybe(fc.integer({ min: 0, max: 0xffff_ffff })),
  onExit: fc.oneof(
    fc.constant({ kind: 'none' } as const),
    fc.constant({ kind: 'restart' } as const),
    fc.record({ kind: fc.constant('requests' as const), requests: fc.array(onExitRequest, { maxLength: 3 }) }),
  ),
  capabilities: fc.array(fc.record({ capability, signature: someBytes }), { maxLength: 4 }),
  public: fc.boolean(),
})
const processes = fc.uniqueArray(process, { selector: (each) => each.id, maxLength: 6 })

describe('a process map', () => {
  test('written by hand is read, and written again byte for byte', () => {
    expect(decodeProcessMap(hex(BY_HAND))).toEqual({ ok: true, value: BY_HAND_VALUE })
    const [first, second] = BY_HAND_VALUE
    if (first === undefined || second === undefined) throw new Error('never')
    // The writer signs what on-exit requests carry with 64 bytes of its own; so it is compared without them.
    const plain = { ...first, onExit: { kind: 'none' } as const }
    const cut = hex(BY_HAND.replace(/02000000 0100000000000000 0900.*? 0100000000000000 07 /s, '00000000 '))
    expect(write.encodeProcessMap([plain, second])).toEqual(cut)
  })

  test('of any processes is read as it was written', () => {
    fc.assert(
      fc.property(processes, (value) => {
        expect(decodeProcessMap(write.encodeProcessMap(value))).toEqual({ ok: true, value })
      }),
      { numRuns: 300 },
    )
  })

  test('cut short anywhere, or followed by anything, is refused', () => {
    const whole = hex(BY_HAND)
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeProcessMap(whole.subarray(0, length)), `the first ${length} bytes`).toMatchObject({ ok: false })
    }
    expect(decodeProcessMap(write.join(whole, Uint8Array.of(0)))).toEqual({
      ok: false,
      problem: '1 byte too many at the end',
    })
  })

  test('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        expect(typeof decodeProcessMap(garbage).ok).toBe('boolean')
      }),
      { numRuns: 1_000 },
    )
  })

  test('with any byte of it changed is read or refused', () => {
    const whole = hex(BY_HAND)
    const unnoticed = new Set<number>()
    for (let at = 0; at < whole.length; at += 1) {
      for (const change of [1, 0x80, 0xff]) {
        const changed = whole.slice()
        changed[at] = (changed[at] ?? 0) ^ change
        const read = decodeProcessMap(changed)
        if (!read.ok) expect(read.problem).toMatch(/^at byte \d+: |too many at the end$/)
        else if (isDeepStrictEqual(read.value, BY_HAND_VALUE)) unnoticed.add(at)
      }
    }
    // The two bytes of the signature that an on-exit request carries, which nobody reads.
    const signature = Buffer.from(whole).indexOf('0909', 'hex')
    expect([...unnoticed]).toEqual([signature, signature + 1])
  })

  const module = { ...BY_HAND_VALUE[1], id: 'd:e:f' } as ReferenceProcess
  const one = write.encodeProcessMap([module])
  /** The map of one module with some bytes replaced. */
  function spoilt(at: number, ...replaced: readonly number[]): Uint8Array {
    const changed = one.slice()
    changed.set(replaced, at)
    return changed
  }
  test.each([
    ['more processes than there is room for', spoilt(0, 2), 'at byte 0: 2 items, but there is room for 1'],
    [
      'a number of processes beyond any',
      spoilt(0, 255, 255, 255, 255, 255, 255, 255, 255),
      /^at byte 0: 18446744073709551615 /,
    ],
    ['a text longer than the input', spoilt(8, 0xf0), 'at byte 8: 240 bytes, but there is room for 27'],
    ['a text that is not UTF-8', spoilt(16, 0xff), 'at byte 8: a text: the bytes are not valid UTF-8'],
    ['an id that is none', spoilt(17, 0x2d), /process id "d-e:f" is not process:package:publisher/],
    ['an option of neither kind', spoilt(29, 2), 'at byte 29: an option begins with 2, expected 0 or 1'],
    ['an unknown on-exit', spoilt(30, 3), 'at byte 30: variant 3, expected 0 to 2'],
    ['a truth value of neither kind', spoilt(42, 9), 'at byte 42: a truth value begins with 9, expected 0 or 1'],
    ['a process twice', write.encodeProcessMap([module, module]), /the process "d:e:f" is there twice/],
  ])('with %s is refused, and says what was expected', (_, bytes, problem) => {
    expect(decodeProcessMap(bytes)).toEqual({
      ok: false,
      problem: typeof problem === 'string' ? problem : expect.stringMatching(problem),
    })
  })
})
