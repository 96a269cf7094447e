import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EMPTY_HNS_RECORD,
  HNS_NOTE_LABELS,
  type Hex,
  type HnsRecord,
  type Namehash,
  NoteError,
  ROUTERS_MAX,
  applyHnsNote,
  bytesToHex,
  classifyHnsRecord,
  decodeHnsNote,
  decodePackageNote,
  deriveNodeIdentity,
  encodeIp,
  encodeNetKey,
  encodePort,
  encodeRouters,
  hexToBytes,
  namehash,
  packageIdOfEntry,
  parseName,
} from '@hyperware/protocol'
import identities from '../../conformance/identity.json' with { type: 'json' }
import notes from '../../conformance/notes.json' with { type: 'json' }

function decodeNote(label: string, data: Uint8Array) {
  return decodeHnsNote(label, data) ?? decodePackageNote(label, data)
}

describe('decoding notes', () => {
  test.each(notes.vectors)('vector %# of $label', ({ label, data, note, problem }) => {
    const expected = note === undefined ? { ok: false, problem } : { ok: true, value: note }
    expect(decodeNote(label, hexToBytes(data))).toEqual(expected)
  })

  test.each(['ip', '~IP', '~ip ', '~x', '', '~net-key.foo', '__proto__', 'constructor'])(
    'the label "%s" is left to others',
    (label) => {
      expect(decodeHnsNote(label, new Uint8Array(4))).toBeUndefined()
      expect(decodePackageNote(label, new Uint8Array(4))).toBeUndefined()
    },
  )

  test('any bytes at all give a result', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HNS_NOTE_LABELS), fc.uint8Array({ maxLength: 5000 }), (label, data) => {
        const result = decodeHnsNote(label, data)
        expect(result?.ok === true || (result?.ok === false && result.problem.startsWith(label))).toBe(true)
      }),
    )
  })
})

describe('encoding notes', () => {
  const key: Hex = `0x${'ab'.repeat(32)}`
  const router = namehash(parseName('relay-home.os'))

  test('what is encoded is decoded', () => {
    expect(decodeHnsNote('~net-key', encodeNetKey(key))).toEqual({ ok: true, value: { label: '~net-key', key } })
    expect(decodeHnsNote('~ip', encodeIp('2001:db8::7'))).toEqual({
      ok: true,
      value: { label: '~ip', ip: '2001:db8::7' },
    })
    expect(decodeHnsNote('~routers', encodeRouters([router]))).toEqual({
      ok: true,
      value: { label: '~routers', routers: [router] },
    })
    fc.assert(
      fc.property(fc.nat(0xffff), (port) => {
        expect(decodeHnsNote('~ws-port', encodePort(port))).toEqual({ ok: true, value: { label: '~ws-port', port } })
      }),
    )
  })

  test('ports are big-endian', () => {
    expect(bytesToHex(encodePort(9000))).toBe('0x2328')
    expect(bytesToHex(encodePort(0))).toBe('0x0000')
  })

  test.each([
    [() => encodePort(-1), 'port-range', 'Cannot encode port -1: expected a whole number from 0 to 65535'],
    [() => encodePort(65_536), 'port-range', 'Cannot encode port 65536: expected a whole number from 0 to 65535'],
    [() => encodePort(1.5), 'port-range', 'Cannot encode port 1.5: expected a whole number from 0 to 65535'],
    [() => encodePort(Number.NaN), 'port-range', 'Cannot encode port NaN: expected a whole number from 0 to 65535'],
    [
      () => encodeNetKey('0xab'),
      'net-key-size',
      'Cannot encode ~net-key "0xab": expected 0x and 64 hexadecimal digits',
    ],
    [() => encodeRouters([]), 'routers-count', 'Cannot encode ~routers: 0 routers given, expected 1 to 64'],
    [
      () => encodeRouters(Array.from({ length: ROUTERS_MAX + 1 }, () => router)),
      'routers-count',
      'Cannot encode ~routers: 65 routers given, expected 1 to 64',
    ],
    [
      () => encodeRouters(['0x12' as Namehash]),
      'router-hash',
      'Cannot encode ~routers: "0x12" is not a namehash, expected 0x and 64 hexadecimal digits',
    ],
  ])('refusal %# says what was expected', (encode, code, message) => {
    const error = caught(encode)
    expect(error).toBeInstanceOf(NoteError)
    expect(error).toMatchObject({ code, message })
  })
})

describe('node identities', () => {
  test.each(identities.sequences)('$title', ({ writes, record, kind }) => {
    let current: HnsRecord = EMPTY_HNS_RECORD
    for (const { label, data } of writes) {
      const before = structuredClone(current)
      const note = decodeHnsNote(label, hexToBytes(data))
      const next = note?.ok === true ? applyHnsNote(current, note.value) : current
      expect(current).toStrictEqual(before)
      current = next
    }
    expect(current).toStrictEqual(record)
    expect(classifyHnsRecord(current)).toBe(kind)
  })

  test('no sequence of notes leaves an address beside routers', () => {
    const write = fc.tuple(fc.constantFrom(...HNS_NOTE_LABELS), fc.constantFrom(0, 2, 4, 16, 32, 33, 64))
    fc.assert(
      fc.property(fc.array(write), (writes) => {
        let record: HnsRecord = EMPTY_HNS_RECORD
        for (const [label, size] of writes) {
          const note = decodeHnsNote(label, new Uint8Array(size).fill(7))
          if (note?.ok === true) record = applyHnsNote(record, note.value)
        }
        const { ip, ports, routers } = record
        expect(routers.length > 0 && (ip !== undefined || ports.tcp !== undefined || ports.ws !== undefined)).toBe(
          false,
        )
      }),
    )
  })

  const name = parseName('robin-home.os')
  const netKey: Hex = `0x${'ab'.repeat(32)}`
  const relay = parseName('relay-home.os')
  const findRouter = (hash: Namehash) => (hash === namehash(relay) ? relay : undefined)

  test('a router whose name is unknown is left out, and the others stay', () => {
    const routers = [namehash(parseName('unknown.os')), namehash(relay)]
    expect(deriveNodeIdentity({ findRouter }, { name, record: { netKey, ports: {}, routers } })).toEqual({
      name,
      netKey,
      routing: { kind: 'indirect', routers: [relay] },
    })
  })

  test('a direct record gives its address, and an incomplete one nothing', () => {
    const record = { netKey, ip: '127.0.0.1', ports: { tcp: 10_000 }, routers: [] }
    expect(deriveNodeIdentity({ findRouter }, { name, record })).toEqual({
      name,
      netKey,
      routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 10_000 } },
    })
    expect(deriveNodeIdentity({ findRouter }, { name, record: { ...record, ports: {} } })).toBeUndefined()
    expect(deriveNodeIdentity({ findRouter }, { name, record: EMPTY_HNS_RECORD })).toBeUndefined()
  })
})

describe('packageIdOfEntry', () => {
  test.each([
    ['chat.template.os', { package: 'chat', publisher: 'template.os' }],
    ['boozle.bam.bar.hypr', { package: 'boozle', publisher: 'bam.bar.hypr' }],
    ['foo.os', { package: 'foo', publisher: 'os' }],
    ['os', undefined],
    ['', undefined],
  ])('of "%s"', (entry, expected) => {
    expect(packageIdOfEntry(parseName(entry))).toEqual(expected)
  })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, but none was thrown')
}
