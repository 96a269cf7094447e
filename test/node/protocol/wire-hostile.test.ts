import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ADDRESS_MAX_LENGTH,
  CAPABILITIES_MAX,
  type Decoded,
  MESSAGE_MAX_BYTES,
  WireError,
  bytesToHex,
  concatBytes,
  decodeHandshakePayload,
  decodeKernelMessage,
  decodeNetAction,
  decodeNetResponse,
  decodeNodeIdentity,
  decodeRoutingRequest,
  encodeKernelMessage,
  encodeNodeIdentity,
  formatError,
  hexToBytes,
  kernelMessageSize,
  parseAddress,
  utf8ToBytes,
} from '@hyperware/protocol'
import exchange from '../../conformance/handshake.json' with { type: 'json' }
import vectors from '../../conformance/msgpack.json' with { type: 'json' }
import { sampleMessage, withBody } from './builders.ts'

const decoders: Record<string, (bytes: Uint8Array) => Decoded<unknown>> = {
  NetAction: decodeNetAction,
  NetResponse: decodeNetResponse,
  KernelMessage: decodeKernelMessage,
}

const PAYLOAD = hexToBytes(exchange.payloads.message3)
const SIGNATURE_HEX = exchange.payloads.message3.slice(2 + 22, -2) // dc0040 and 64 integers

describe('hostile input', () => {
  const signature = SIGNATURE_HEX
  test.each([
    ['', 0, 'the input ends here'],
    ['93', 0, 'the array announces 3 elements, more than the 0 bytes left'],
    [`9301a161${signature}`, 0, 'the handshake payload has 3 fields, expected 4'],
    [`9501a161${signature}c2c0`, 0, 'the handshake payload has 5 fields, expected 4'],
    ['9400a161c0c0', 4, 'expected an array, found byte 0xc0'],
    [`94cd0100a161${signature}c2`, 1, 'expected an integer from 0 to 255, found 256'],
    [`94ffa161${signature}c2`, 1, 'expected an integer from 0 to 255, found -1'],
    [`94cb3ff0000000000000a161${signature}c2`, 1, 'expected an integer, found byte 0xcb'],
    [`9401a2c328${signature}c2`, 2, 'the text is not valid UTF-8'],
    [`9401a161${signature}c0`, 102, 'expected a boolean, found byte 0xc0'],
    ['9401a161930102cd0100c2', 7, 'expected an integer from 0 to 255, found 256'],
    ['9401a16193010203c2', 4, 'the signature is 3 bytes, expected 64'],
    ['ddffffffff', 0, 'the array announces 4294967295 elements, more than the 0 bytes left'],
    ['dfffffffff', 0, 'the map announces 8589934590 elements, more than the 0 bytes left'],
    ['9401dbffffffff61', 2, 'the value announces 4294967295 bytes, more than the 1 left'],
    ['9401a161c6ffffffff00', 4, 'the value announces 4294967295 bytes, more than the 1 left'],
    ['9401a161ddffffffff00', 4, 'the array announces 4294967295 elements, more than the 1 byte left'],
    ['81a161c0', 0, 'the handshake payload has no field "protocol_version"'],
    ['8201c001c0', 1, 'expected a string, found byte 0x01'],
    ['82a46e616d65a161a46e616d65a162', 8, 'the handshake payload has the field "name" twice'],
    ['81a178c1', 3, 'expected a value, found byte 0xc1'],
    ['81a178ddffffffff', 3, 'the value announces 4294967295 elements, more than the 0 bytes left'],
    ['81a178c9ffffffff01', 3, 'the value announces 4294967296 bytes, more than the 1 left'],
  ])('%s is refused', (hex, offset, problem) => {
    expect(decodeHandshakePayload(hexToBytes(`0x${hex}`))).toEqual({
      ok: false,
      problem: `Cannot decode MessagePack at byte ${offset}: ${problem}`,
    })
  })

  test.each([
    ['a lone number', '03', 'the net action is neither text nor a map'],
    ['an unknown case', 'a3666f6f', 'the net action has no case "foo"'],
    ['an unknown number', '8108c0', 'the net action has no case 8'],
    ['a case without its value', 'a747657450656572', 'the net action "GetPeer" comes without its value'],
    ['a map of two', '82a45369676ec0a45369676ec0', 'the net action is a map of 2, expected 1'],
    ['a map of none', '80', 'the net action is a map of 0, expected 1'],
    ['a value where none belongs', '81a45369676e01', 'expected nil, found byte 0x01'],
    [
      'an address of another shape',
      '81a656657269667992a16190',
      'address "a" is not node@process:package:publisher: it has 0 at signs, expected exactly 1',
    ],
    ['nothing', '', 'the input ends here'],
  ])('as an action, %s is refused', (_, hex, problem) => {
    const result = decodeNetAction(hexToBytes(`0x${hex}`))
    expect(result.ok ? undefined : result.problem).toContain(problem)
  })

  test.each([
    ['a name in capitals', { name: 'Bob.os' }, '"Bob.os" is not a name: label 0 has character "B"'],
    ['a short key', { netKey: '0xab' }, 'the key "0xab" is not 64 hexadecimal digits'],
    ['too many routers', { routing: { kind: 'indirect', routers: Array(64).fill('a.os') } }, undefined],
  ])('in an identity, %s is judged', (_, change, problem) => {
    const identity = { name: 'bob.os', netKey: `0x${'ab'.repeat(32)}`, routing: { kind: 'indirect', routers: [] } }
    const result = decodeNodeIdentity(encodeNodeIdentity({ ...identity, ...change } as never))
    if (problem === undefined) expect(result.ok).toBe(true)
    else expect(result.ok ? undefined : result.problem).toContain(problem)
  })

  const whole = [
    { decode: decodeHandshakePayload as (bytes: Uint8Array) => Decoded<unknown>, bytes: PAYLOAD },
    { decode: decodeRoutingRequest, bytes: hexToBytes(exchange.routingRequest.encoded) },
    { decode: decodeKernelMessage, bytes: hexToBytes(exchange.greeting.plaintext) },
    ...vectors.vectors
      .filter((vector) => vector.problem === undefined && decoders[vector.type] !== undefined)
      .map((vector) => ({ decode: decoders[vector.type] ?? expect.unreachable(), bytes: hexToBytes(vector.bytes) })),
  ]

  test('a value cut short anywhere is refused', () => {
    for (const { decode, bytes } of whole) {
      expect(decode(bytes).ok).toBe(true)
      for (let size = 0; size < bytes.length; size++) expect(decode(bytes.subarray(0, size)).ok).toBe(false)
    }
  })

  test('any bytes, and any change to good bytes, give a result', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        (noise, hits) => {
          for (const { decode } of whole) expect(typeof decode(noise).ok).toBe('boolean')
          for (const [which, where, byte] of hits) {
            const { decode, bytes } = whole[which % whole.length] ?? expect.unreachable()
            const damaged = bytes.slice()
            damaged[where % damaged.length] = byte
            expect(typeof decode(damaged).ok).toBe('boolean')
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('deep nesting in a field of no interest costs no stack', () => {
    const depth = 1_000_000
    const nested = concatBytes(hexToBytes('0x81a178'), new Uint8Array(depth).fill(0x91), Uint8Array.of(0xc0))
    expect(decodeKernelMessage(nested)).toEqual({
      ok: false,
      problem: 'Cannot decode MessagePack at byte 0: the kernel message has no field "id"',
    })
    expect(decodeKernelMessage(nested.subarray(0, -1)).ok).toBe(false)
  })

  test('announced lengths are not allocated', () => {
    const before = process.memoryUsage().arrayBuffers
    for (let round = 0; round < 100; round++) {
      decodeKernelMessage(hexToBytes('0x9600a961406e3a613a622e6f73ddffffffff'))
      decodeHandshakePayload(hexToBytes('0x9401a161ddffffffff'))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  test('a message above the limit is not even looked at', () => {
    expect(decodeKernelMessage(new Uint8Array(MESSAGE_MAX_BYTES + 1))).toEqual({
      ok: false,
      problem: 'the message is 10485801 bytes, expected at most 10485800',
    })
    expect(decodeHandshakePayload(new Uint8Array(65_536)).ok).toBe(false)
  })

  test('text is never taken for an action, even when it begins with a control character', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (text) => {
        expect(decodeNetAction(utf8ToBytes(text)).ok).toBe(false)
      }),
      { numRuns: 2000 },
    )
    for (let code = 0; code < 0x800; code++) {
      expect(decodeNetAction(utf8ToBytes(`${String.fromCharCode(code)} hello there`)).ok).toBe(false)
    }
  })
})

describe('limits', () => {
  test('a message of exactly the greatest size is encoded, one byte more is refused', () => {
    const overhead = kernelMessageSize(withBody(new Uint8Array(100_000))) - 100_000
    const largest = withBody(new Uint8Array(MESSAGE_MAX_BYTES - overhead))
    const bytes = encodeKernelMessage(largest)
    expect(bytes.length).toBe(MESSAGE_MAX_BYTES)
    expect(decodeKernelMessage(bytes).ok).toBe(true)
    const error = caught(() => encodeKernelMessage(withBody(new Uint8Array(MESSAGE_MAX_BYTES - overhead + 1))))
    expect(error).toBeInstanceOf(WireError)
    expect((error as WireError).problem).toEqual({
      code: 'too-large',
      sizeBytes: 10_485_801,
      maximumBytes: MESSAGE_MAX_BYTES,
    })
    expect(formatError(error)).toBe(
      'Cannot encode message: it takes 10485801 bytes, expected at most 10485800\n' +
        'Hint: each byte of a body or blob from 0x80 up takes two bytes on the wire',
    )
  })

  test('a message with too many capabilities is refused', () => {
    const capability = { issuer: parseAddress('a.os@b:c:d'), params: '""' }
    const capabilities = Array.from({ length: CAPABILITIES_MAX + 1 }, () => ({
      capability,
      signature: new Uint8Array(0),
    }))
    const message = { ...sampleMessage(), message: { ...sampleMessage().message, capabilities } }
    const error = caught(() => encodeKernelMessage(message))
    expect((error as Error).message).toBe('Cannot encode message: it has 1025 capabilities, expected at most 1024')

    const most = { ...sampleMessage(), message: { ...sampleMessage().message, capabilities: capabilities.slice(1) } }
    const bytes = bytesToHex(encodeKernelMessage(most))
    expect(decodeKernelMessage(hexToBytes(bytes)).ok).toBe(true)
    // One more element in the list, whose header is dc 0400, and its bytes at the front.
    const one = '9292aa612e6f7340623a633a64a2222290'
    const more = bytes.replace(`dc0400${one}`, `dc0401${one}${one}`)
    expect(more).not.toBe(bytes)
    expect(decodeKernelMessage(hexToBytes(more))).toMatchObject({
      ok: false,
      problem: expect.stringContaining('there are 1025 capabilities, expected at most 1024'),
    })
  })

  test('a message with an address without end is refused, wherever it is', () => {
    const long = parseAddress(`bob.os@${'x'.repeat(ADDRESS_MAX_LENGTH)}:test:bob.os`)
    const { message } = sampleMessage()
    const held = { capability: { issuer: long, params: '1' }, signature: new Uint8Array(64) }
    for (const hostile of [
      { ...sampleMessage(), source: long },
      { ...sampleMessage(), target: long },
      { ...sampleMessage(), rsvp: long },
      { ...sampleMessage(), message: { ...message, capabilities: [held] } },
    ]) {
      expect(decodeKernelMessage(encodeKernelMessage(hostile))).toMatchObject({
        ok: false,
        problem: expect.stringContaining('has 1043 characters, expected 1024 at most'),
      })
    }
  })

  test('every byte value survives in a body', () => {
    const body = Uint8Array.from({ length: 70_000 }, (_, index) => index & 0xff)
    const result = decodeKernelMessage(encodeKernelMessage(withBody(body)))
    expect(result.ok && result.value.message.body).toEqual(body)
  })

  test('ids use all 64 bits, in the smallest form', () => {
    for (const [id, form] of [
      [0n, '9600'],
      [0x7fn, '967f'],
      [0x80n, '96cc80'],
      [0xffffn, '96cdffff'],
      [0xffff_ffffn, '96ceffffffff'],
      [0x1_0000_0000n, '96cf0000000100000000'],
      [0xffff_ffff_ffff_ffffn, '96cfffffffffffffffff'],
    ] as const) {
      const bytes = encodeKernelMessage({ ...sampleMessage(), id })
      expect(bytesToHex(bytes).startsWith(`0x${form}`)).toBe(true)
      expect(decodeKernelMessage(bytes)).toMatchObject({ ok: true, value: { id } })
    }
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
