import { createPrivateKey, sign } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Capability,
  type Decoded,
  type Hex,
  type KernelMessage,
  type NetAction,
  type NetResponse,
  type NodeIdentity,
  type NodePorts,
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
  hexToBytes,
  kernelMessageSize,
  parseAddress,
  parseName,
  utf8ToBytes,
} from '@hyperware/protocol'
import exchange from '../../conformance/handshake.json' with { type: 'json' }
import vectors from '../../conformance/msgpack.json' with { type: 'json' }
import { kernelMessages, netActions, netResponses } from './arbitraries.ts'
import { sampleMessage } from './builders.ts'

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
      id,
      source: alice,
      target: bob,
      rsvp: alice,
      blob: undefined,
      message: { kind: 'request', ...common, expectsResponse: 10n, body: utf8ToBytes('hello') },
    }
    const answer: KernelMessage = {
      id,
      source: bob,
      target: alice,
      rsvp: undefined,
      blob: undefined,
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

  test('of texts whose length is on either side of each header', () => {
    for (const [length, header] of [
      [31, 'bf'],
      [32, 'd920'],
      [255, 'd9ff'],
      [256, 'da0100'],
      [65_535, 'daffff'],
      [65_536, 'db00010000'],
    ] as const) {
      const response: NetResponse = { kind: 'Diagnostics', text: 'x'.repeat(length) }
      const bytes = encodeNetResponse(response)
      expect(bytesToHex(bytes)).toBe(`0x81ab446961676e6f7374696373${header}${'78'.repeat(length)}`)
      expect(decodeNetResponse(bytes)).toEqual({ ok: true, value: response })
    }
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

function direct(ports: NodePorts): NodeIdentity {
  const netKey: Hex = `0x${'ab'.repeat(32)}`
  return { name: parseName('bob.os'), netKey, routing: { kind: 'direct', ip: '127.0.0.1', ports } }
}

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
    ['a signed integer', `94d30000000000000001${name}${signature}${proxy}`],
    ['a long string header', `94${version}db00000008616c6963652e6f73${signature}${proxy}`],
    ['a map', `84${keys.version}${version}${keys.name}${name}${keys.signature}${signature}${keys.proxy}${proxy}`],
    [
      'a map in another order, with a field of its own',
      `85${keys.proxy}${proxy}${keys.name}${name}a178929192c0cb0000000000000000c403010203${keys.signature}${signature}${keys.version}${version}`,
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

  test.each([
    ['nil and booleans', 'c0', 'c2', 'c3'],
    ['integers', '7f', 'ff', 'cc80', 'cd0100', 'ce00010000', `cf${'11'.repeat(8)}`],
    ['signed integers', 'd080', 'd18000', 'd280000000', `d3${'80'.repeat(8)}`],
    ['floats', 'ca3f800000', `cb${'3f'.repeat(8)}`],
    ['strings', 'a161', 'd90161', 'da000161', 'db0000000161'],
    ['bin', 'c40101', 'c5000101', 'c60000000101'],
    [
      'extensions of fixed size',
      'd401ff',
      'd501ffff',
      `d601${'ff'.repeat(4)}`,
      `d701${'ff'.repeat(8)}`,
      `d801${'ff'.repeat(16)}`,
    ],
    ['extensions', 'c70101ff', 'c8000101ff', 'c90000000101ff'],
    ['arrays', '90', '9101', 'dc00020102', 'dd0000000101'],
    ['maps', '80', '810102', 'de00010102', 'df000000010102'],
  ])('a field of no interest that holds %s', (_, ...values) => {
    for (const unknown of values) {
      const rest = `${keys.version}${version}${keys.name}${name}${keys.signature}${signature}${keys.proxy}${proxy}`
      expect(decodeHandshakePayload(hexToBytes(`0x85a178${unknown}${rest}`))).toEqual(value)
    }
  })

  test('ports that are 0 or of a transport we do not know are passed over', () => {
    const bytes = bytesToHex(encodeNodeIdentity(direct({ tcp: 7 })))
    expect(bytes.endsWith('81a374637007')).toBe(true)
    const head = bytes.slice(0, -'81a374637007'.length)
    expect(decodeNodeIdentity(hexToBytes(`${head}83a374637007a2777300a471756963cd1234`))).toEqual({
      ok: true,
      value: direct({ tcp: 7 }),
    })
    const many = `de0011${'a17801'.repeat(17)}`
    expect(decodeNodeIdentity(hexToBytes(`${head}${many}`))).toMatchObject({
      ok: false,
      problem: expect.stringContaining('there are 17 ports, expected at most 16'),
    })
  })

  test('an option that a map leaves out', () => {
    const whole = encodeKernelMessage({ ...sampleMessage(), blob: { mime: undefined, bytes: Uint8Array.of(1) } })
    const head = bytesToHex(whole).slice(0, -'92c09101'.length)
    expect(bytesToHex(whole).endsWith('92c09101')).toBe(true)
    expect(decodeKernelMessage(hexToBytes(`${head}81a562797465739101`))).toMatchObject({
      ok: true,
      value: { blob: { mime: undefined, bytes: Uint8Array.of(1) } },
    })
  })
})

function signedBy(seed: string, bytes: Uint8Array): Uint8Array {
  const der = concatBytes(hexToBytes('0x302e020100300506032b657004220420'), hexToBytes(seed))
  return new Uint8Array(sign(null, bytes, createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })))
}
