import { bytesToHex, canonicalJson, capabilityBytes, hexToBytes, parseAddress } from '@hyperware/protocol'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capabilityKey } from '../../../node/kernel/capabilities.ts'
import { createKernel } from '../../../node/kernel/kernel.ts'
import { signCapability } from '../../../node/kernel/signing.ts'
import { nodeCrypto } from '../../../node/modules/net/crypto-node.ts'
import { netKeyOfSeed } from '../../../node/keys/ed25519.ts'

const ISSUER = parseAddress('alice.os@vfs:distro:sys')

describe('two capabilities', () => {
  test.each([
    ['{"kind": "read", "drive": "/a:b/c"}', '{"drive":"/a:b/c","kind":"read"}', true],
    ['"messaging"', ' "messaging" ', true],
    ['[1, 2]', '[2, 1]', false],
    ['{"a":{"y":1,"x":[{"b":2,"a":1}]}}', '{ "a": { "x": [ {"a":1,"b":2} ], "y": 1 } }', true],
    ['9007199254740993', '9007199254740992', false],
    ['"\\u0061"', '"a"', true],
    ['{"a":1}', '{"a":"1"}', false],
    ['null', 'not JSON', false],
    ['not JSON', 'not  JSON', false],
    ['{"a":1}\n', '{"a":1}', true],
  ])('with params %s and %s are the same: %s', (one, other, same) => {
    const keys = [one, other].map((params) => capabilityKey({ issuer: ISSUER, params }))
    expect(keys[0] === keys[1]).toBe(same)
  })

  test('have the same key when their params are the same as JSON, whatever else they are', () => {
    const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(' ', '\n', '\v', '-', '1', 'n') }))
    fc.assert(
      fc.property(text, (params) => {
        expect(capabilityKey({ issuer: ISSUER, params })).toBe(`alice.os@vfs:distro:sys\n${canonicalJson(params)}`)
      }),
    )
  })

  test('of different issuers differ, whatever their params say', () => {
    const issuers = ['alice.os@vfs:distro:sys', 'bob.os@vfs:distro:sys', 'alice.os@kv:distro:sys', 'our@vfs:distro:sys']
    const keys = issuers.map((issuer) => capabilityKey({ issuer: parseAddress(issuer), params: '1' }))
    expect(new Set(keys).size).toBe(issuers.length)
  })
})

test('a capability is signed as live nodes sign it (kernel.md section 9.2)', () => {
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index)
  const kernel = createKernel({
    ourName: 'alice.os',
    randomId: () => 1n,
    sign: (bytes) => nodeCrypto.sign(seed, bytes),
    verify: (bytes, signature) => nodeCrypto.verify(netKeyOfSeed(seed), bytes, signature),
  })
  const capability = { issuer: parseAddress('alice.os@kernel:distro:sys'), params: '"network"' }
  expect(bytesToHex(netKeyOfSeed(seed))).toBe('0x03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
  const { signature } = signCapability(kernel, capability)
  expect(signature).toEqual(
    hexToBytes(
      '0x314a7a287ccb6423d0ae9c0d6a1e2a83b564dcd00c5111ab0e7e666aa24e085703edb75b2e10283455a88156ca64514fc4b0fa8f425a877586b4920a22884f0e',
    ),
  )
  expect(kernel.verify(capabilityBytes(capability), signature)).toBe(true)
})
