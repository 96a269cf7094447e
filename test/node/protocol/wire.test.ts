import { createPrivateKey, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CAPABILITIES_MAX,
  type Capability,
  type Decoded,
  type KernelMessage,
  MESSAGE_MAX_BYTES,
  type NetAction,
  type NetResponse,
  WireError,
  bytesToHex,
  capabilityBytes,
  concatBytes,
  decodeHandshakePayload,
  decodeKernelMessage,
  decodeNetAction,
  decodeNetResponse,
  decodeNodeIdentity,
  decodeRoutingRequest,
  encodeHandshakePayload,
  encodeKernelMessage,
  encodeNetAction,
  encodeNetResponse,
  encodeNodeIdentity,
  encodeRoutingRequest,
  formatError,
  hexToBytes,
  kernelMessageSize,
  parseAddress,
  parseName,
  utf8ToBytes,
} from '@hyperware/protocol'
import exchange from '../../conformance/handshake.json' with { type: 'json' }
import vectors from '../../conformance/msgpack.json' with { type: 'json' }
import { kernelMessages, netActions, netResponses } from './arbitraries.ts'

/** Turns the notation of the vectors into values. */
function hydrate(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map(hydrate)
  if (typeof value !== 'object') return value
  const entries = Object.entries(value)
  const [tag, text] = entries[0] ?? []
  if (tag === '$bytes' && typeof text === 'string') return hexToBytes(text)
  if (tag === '$u64' && typeof text === 'string') return BigInt(text)
  if (tag === '$address' && typeof text === 'string') return parseAddress(text)
  return Object.fromEntries(entries.map(([key, inner]) => [key, hydrate(inner)]))
}

const encoders: Record<string, (value: unknown) => Uint8Array> = {
  NetAction: (value) => encodeNetAction(value as NetAction),
  NetResponse: (value) => encodeNetResponse(value as NetResponse),
  KernelMessage: (value) => encodeKernelMessage(value as KernelMessage),
  Capability: (value) => capabilityBytes(value as Capability),
}
const decoders: Record<string, (bytes: Uint8Array) => Decoded<unknown>> = {
  NetAction: decodeNetAction,
  NetResponse: decodeNetResponse,
  KernelMessage: decodeKernelMessage,
}

describe('the bytes of live nodes', () => {
  test.each(vectors.vectors)('$title', ({ type, value, bytes, problem }) => {
    const meant = hydrate(value)
    expect(bytesToHex((encoders[type] ?? expect.unreachable())(meant))).toBe(bytes)
    const result = decoders[type]?.(hexToBytes(bytes))
    if (result === undefined) expect(type).toBe('Capability')
    else if (problem === undefined) expect(result).toEqual({ ok: true, value: meant })
    else expect(result.ok ? undefined : result.problem).toContain(problem)
  })

  test.each([
    ['responder', exchange.payloads.message2, exchange.responder],
    ['initiator', exchange.payloads.message3, exchange.initiator],
  ])('the handshake payload of the %s', (_, bytes, side) => {
    const signature = signedBy(side.netKeySeed, hexToBytes(side.staticPublic))
    const payload = { protocolVersion: 1, name: side.name, signature, proxyRequest: false }
    expect(bytesToHex(encodeHandshakePayload(payload))).toBe(bytes)
    expect(decodeHandshakePayload(hexToBytes(bytes))).toEqual({ ok: true, value: payload })
  })

  test('the routing request', () => {
    const { source, target, signed, encoded } = exchange.routingRequest
    const signature = signedBy(exchange.initiator.netKeySeed, utf8ToBytes(signed))
    const request = { protocolVersion: 1, source, signature, target }
    expect(bytesToHex(encodeRoutingRequest(request))).toBe(encoded)
    expect(decodeRoutingRequest(hexToBytes(encoded))).toEqual({ ok: true, value: request })
  })

  test('a greeting and its answer', () => {
    const alice = parseAddress('alice.os@hi:terminal:sys')
    const bob = parseAddress('bob.os@net:distro:sys')
    const id = 0x0123456789abcdefn
    const common = { inherit: false, metadata: undefined, capabilities: [] }
    const greeting: KernelMessage = {
      ...{ id, source: alice, target: bob, rsvp: alice, blob: undefined },
      message: { kind: 'request', ...common, expectsResponse: 10n, body: utf8ToBytes('hello') },
    }
    const answer: KernelMessage = {
      ...{ id, source: bob, target: alice, rsvp: undefined, blob: undefined },
      message: { kind: 'response', ...common, body: utf8ToBytes('ack'), context: undefined },
    }
    expect(bytesToHex(encodeKernelMessage(greeting))).toBe(exchange.greeting.plaintext)
    expect(bytesToHex(encodeKernelMessage(answer))).toBe(exchange.answer.plaintext)
    expect(decodeKernelMessage(hexToBytes(exchange.greeting.plaintext))).toEqual({ ok: true, value: greeting })
    expect(decodeKernelMessage(hexToBytes(exchange.answer.plaintext))).toEqual({ ok: true, value: answer })
  })

  test('the signature of a capability is the one its issuer makes', () => {
    const seed = `0x${Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join('')}`
    const bytes = capabilityBytes({ issuer: parseAddress('alice.os@kernel:distro:sys'), params: '"network"' })
    // kernel.md section 9.2
    expect(bytesToHex(signedBy(seed, bytes))).toBe(
      '0x314a7a287ccb6423d0ae9c0d6a1e2a83b564dcd00c5111ab0e7e666aa24e085703edb75b2e10283455a88156ca64514fc4b0fa8f425a877586b4920a22884f0e',
    )
  })
})

describe('round trips', () => {
  test('of kernel messages, whose size is known beforehand', () => {
    fc.assert(
      fc.property(kernelMessages, (message) => {
        const bytes = encodeKernelMessage(message)
        expect(kernelMessageSize(message)).toBe(bytes.length)
        expect(decodeKernelMessage(bytes)).toEqual({ ok: true, value: message })
      }),
    )
  })

  test('of net actions and responses', () => {
    fc.assert(
      fc.property(netActions, netResponses, (action, response) => {
        expect(decodeNetAction(encodeNetAction(action))).toEqual({ ok: true, value: action })
        expect(decodeNetResponse(encodeNetResponse(response))).toEqual({ ok: true, value: response })
      }),
    )
  })

  test('of identities', () => {
    const identity = {
      name: parseName('alice-home.os'),
      netKey: `0x${'ab'.repeat(32)}`,
      routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 1, udp: 2, ws: 3, wt: 65_535 } },
    } as const
    expect(decodeNodeIdentity(encodeNodeIdentity(identity))).toEqual({ ok: true, value: identity })
  })
})

const PAYLOAD = hexToBytes(exchange.payloads.message3)
const SIGNATURE_HEX = exchange.payloads.message3.slice(2 + 22, -2) // dc0040 and 64 integers

describe('forms that live nodes accept', () => {
  const value = decodeHandshakePayload(PAYLOAD)
  const [version, name, signature, proxy] = ['01', 'a8616c6963652e6f73', SIGNATURE_HEX, 'c2']
  const keys = {
    version: 'b070726f746f636f6c5f76657273696f6e',
    name: 'a46e616d65',
    signature: 'a97369676e6174757265',
    proxy: 'ad70726f78795f72657175657374',
  }

  test.each([
    ['an array', `94${version}${name}${signature}${proxy}`],
    ['an array with trailing bytes', `94${version}${name}${signature}${proxy}c1ffff`],
    ['an array with a long header', `dc0004${version}${name}${signature}${proxy}`],
    ['wide integers', `94cf0000000000000001${name}${signature}${proxy}`],
    ['a signed integer', `94d3000000000000000${'1'}${name}${signature}${proxy}`],
    ['a long string header', `94${version}db00000008616c6963652e6f73${signature}${proxy}`],
    ['a map', `84${keys.version}${version}${keys.name}${name}${keys.signature}${signature}${keys.proxy}${proxy}`],
    [
      'a map in another order, with a field of its own',
      `85${keys.proxy}${proxy}${keys.name}${name}a178939192c0cb0000000000000000c403010203${keys.signature}${signature}${keys.version}${version}`,
    ],
  ])('%s', (_, hex) => {
    expect(value.ok).toBe(true)
    expect(decodeHandshakePayload(hexToBytes(`0x${hex}`))).toEqual(value)
  })

  test('bytes as bin, of every header', () => {
    const raw = value.ok ? bytesToHex(value.value.signature).slice(2) : ''
    for (const header of ['c440', 'c50040', 'c600000040']) {
      expect(decodeHandshakePayload(hexToBytes(`0x94${version}${name}${header}${raw}${proxy}`))).toEqual(value)
    }
  })

  test('bytes as an array of wide integers', () => {
    const wide = value.ok
      ? Array.from(value.value.signature, (byte) => `cd00${byte.toString(16).padStart(2, '0')}`).join('')
      : ''
    expect(decodeHandshakePayload(hexToBytes(`0x94${version}${name}dc0040${wide}${proxy}`))).toEqual(value)
  })

  test('a case of an enum by its number, in a map', () => {
    expect(decodeNetAction(hexToBytes('0x8104a6626f622e6f73'))).toEqual({
      ok: true,
      value: { kind: 'GetPeer', name: 'bob.os' },
    })
    expect(decodeNetAction(hexToBytes('0x8103c0'))).toEqual({ ok: true, value: { kind: 'GetPeers' } })
    expect(decodeNetAction(hexToBytes('0x81a84765745065657273c0'))).toEqual({ ok: true, value: { kind: 'GetPeers' } })
  })

  test('an option that a map leaves out', () => {
    // { bytes: [1] } as a blob of the message of section 6.4
    const whole = encodeKernelMessage({ ...sample(), blob: { mime: undefined, bytes: Uint8Array.of(1) } })
    const head = bytesToHex(whole).slice(0, -2 * '92c09101'.length + '92c09101'.length)
    expect(bytesToHex(whole).endsWith('92c09101')).toBe(true)
    expect(decodeKernelMessage(hexToBytes(`${head}81a562797465739101`))).toMatchObject({
      ok: true,
      value: { blob: { mime: undefined, bytes: Uint8Array.of(1) } },
    })
  })
})

describe('hostile input', () => {
  const signature = SIGNATURE_HEX
  test.each([
    ['', 0, 'the input ends here'],
    ['93', 0, 'the array announces 3 elements but 0 bytes are left'],
    [`9301a161${signature}`, 0, 'the handshake payload has 3 fields, expected 4'],
    [`9501a161${signature}c2c0`, 0, 'the handshake payload has 5 fields, expected 4'],
    ['9400a161c0c0', 4, 'expected an array, found byte 0xc0'],
    [`94cd0100a161${signature}c2`, 1, 'expected an integer from 0 to 255, found 256'],
    [`94ffa161${signature}c2`, 1, 'expected an integer from 0 to 255, found -1'],
    [`94cb3ff0000000000000a161${signature}c2`, 1, 'expected an integer, found byte 0xcb'],
    [`9401a2c328${signature}c2`, 2, 'the text is not valid UTF-8'],
    [`9401a161${signature}c0`, 105, 'expected a boolean, found byte 0xc0'],
    ['9401a161930102cd0100c2', 7, 'expected an integer from 0 to 255, found 256'],
    ['9401a16193010203c2', 4, 'the signature is 3 bytes, expected 64'],
    ['ddffffffff', 0, 'the array announces 4294967295 elements but 0 bytes are left'],
    ['dfffffffff', 0, 'the map announces 8589934590 elements but 0 bytes are left'],
    ['9401dbffffffff61', 2, 'the value announces 4294967295 bytes but 1 are left'],
    ['9401a161c6ffffffff00', 4, 'the value announces 4294967295 bytes but 1 are left'],
    ['9401a161ddffffffff00', 4, 'the array announces 4294967295 elements but 1 byte are left'],
    ['81a161c0', 0, 'the handshake payload has no field "protocol_version"'],
    ['8201c001c0', 1, 'expected a string, found byte 0x01'],
    ['82a46e616d65a161a46e616d65a162', 8, 'the handshake payload has the field "name" twice'],
    ['81a178c1', 3, 'expected a value, found byte 0xc1'],
    ['81a178ddffffffff', 3, 'the value announces 4294967295 elements but 0 bytes are left'],
    ['81a178c9ffffffff01', 3, 'the value announces 4294967296 bytes but 1 are left'],
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
    const message = { ...sample(), message: { ...sample().message, capabilities } }
    const error = caught(() => encodeKernelMessage(message))
    expect((error as Error).message).toBe('Cannot encode message: it has 1025 capabilities, expected at most 1024')
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
      const bytes = encodeKernelMessage({ ...sample(), id })
      expect(bytesToHex(bytes).startsWith(`0x${form}`)).toBe(true)
      expect(decodeKernelMessage(bytes)).toMatchObject({ ok: true, value: { id } })
    }
  })
})

function sample(): KernelMessage {
  const address = parseAddress('a.os@b:c:d')
  return {
    ...{ id: 1n, source: address, target: address, rsvp: undefined, blob: undefined },
    message: {
      ...{ kind: 'request', inherit: false, expectsResponse: undefined },
      ...{ body: new Uint8Array(0), metadata: undefined, capabilities: [] },
    },
  }
}

function withBody(body: Uint8Array): KernelMessage {
  const message = sample()
  return { ...message, message: { ...message.message, body } }
}

function signedBy(seed: string, bytes: Uint8Array): Uint8Array {
  const der = concatBytes(hexToBytes('0x302e020100300506032b657004220420'), hexToBytes(seed))
  return new Uint8Array(sign(null, bytes, createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })))
}

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, but none was thrown')
}
