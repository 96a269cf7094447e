import { bytesToHex, hexToBytes } from '@hyperware/protocol'
import type { Decoded } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import type { CryptoSuite } from '../../../../node/modules/net/crypto-suite.ts'
import { nodeCrypto } from '../../../../node/modules/net/crypto-node.ts'
import {
  openChunk,
  readMessage1,
  readMessage2,
  readMessage3,
  sealChunk,
  writeMessage1,
  writeMessage2,
  writeMessage3,
} from '../../../../node/modules/net/noise.ts'
import type { HandshakeKeys } from '../../../../node/modules/net/noise.ts'
import { nobleCrypto } from './crypto-noble.ts'
import { recordedKeys, vectors } from './vectors.ts'

function value<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(decoded.problem)
  return decoded.value
}

function fresh(suite: CryptoSuite): HandshakeKeys {
  return { staticKeys: suite.generateKeyPair(), ephemeralKeys: suite.generateKeyPair() }
}

const { payloads, messages, keys, hashes } = vectors

describe.each([
  ['node:crypto', nodeCrypto],
  ['noble', nobleCrypto],
])('Noise XX on %s', (_, suite) => {
  test('gives the recorded exchange bit for bit', () => {
    const ours = writeMessage1(suite, recordedKeys(suite, 'initiator'))
    expect(bytesToHex(ours.message)).toBe(messages.message1)
    const heard1 = value(readMessage1(suite, recordedKeys(suite, 'responder'), ours.message))
    expect(bytesToHex(heard1.state.symmetric.hash)).toBe(hashes.afterMessage1)
    const answer = value(writeMessage2(suite, heard1.state, hexToBytes(payloads.message2)))
    expect(bytesToHex(answer.message)).toBe(messages.message2)
    const heard2 = value(readMessage2(suite, ours.state, answer.message))
    expect(bytesToHex(heard2.payload)).toBe(payloads.message2)
    expect(bytesToHex(heard2.remoteStatic)).toBe(vectors.responder.staticPublic)
    const last = value(writeMessage3(suite, heard2.state, hexToBytes(payloads.message3)))
    expect(bytesToHex(last.message)).toBe(messages.message3)
    const heard3 = value(readMessage3(suite, answer.state, last.message))
    expect(bytesToHex(heard3.payload)).toBe(payloads.message3)
    expect(bytesToHex(heard3.remoteStatic)).toBe(vectors.initiator.staticPublic)
    expect(bytesToHex(last.transport.handshakeHash)).toBe(hashes.final)
    expect(bytesToHex(heard3.transport.handshakeHash)).toBe(hashes.final)
    for (const [initiatorKey, responderKey, expected] of [
      [last.transport.send, heard3.transport.receive, keys.initiatorToResponder],
      [last.transport.receive, heard3.transport.send, keys.responderToInitiator],
    ] as const) {
      expect(bytesToHex(initiatorKey.key)).toBe(expected)
      expect(bytesToHex(responderKey.key)).toBe(expected)
    }
    const sealed = sealChunk(suite, last.transport.send, hexToBytes(vectors.greeting.plaintext))
    expect(bytesToHex(sealed.ciphertext)).toBe(`0x${vectors.greeting.tcp.slice(2 + 12)}`)
    expect(sealed.cipher.nonce).toBe(1)
    const opened = openChunk(suite, heard3.transport.receive, sealed.ciphertext)
    expect(opened && bytesToHex(opened.plaintext)).toBe(vectors.greeting.plaintext)
  })

  test('signs and verifies as Ed25519 does, and refuses keys and signatures of a wrong shape', () => {
    const seed = hexToBytes(vectors.initiator.netKeySeed)
    const key = suite.publicKeyOf(seed)
    expect(bytesToHex(key)).toBe(vectors.initiator.netKey)
    const text = hexToBytes(vectors.initiator.staticPublic)
    const signature = suite.sign(seed, text)
    expect(suite.verify(key, text, signature)).toBe(true)
    expect(suite.verify(key, text.subarray(1), signature)).toBe(false)
    expect(suite.verify(key, text, signature.subarray(1))).toBe(false)
    expect(suite.verify(key.subarray(1), text, signature)).toBe(false)
    expect(suite.verify(new Uint8Array(32).fill(0xff), text, signature)).toBe(false)
  })

  test('refuses a signature whose second half is not reduced, as RFC 8032 asks', () => {
    const seed = hexToBytes(vectors.initiator.netKeySeed)
    const text = hexToBytes(vectors.initiator.staticPublic)
    const signature = Uint8Array.from(suite.sign(seed, text))
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    let s = order
    for (let index = 0; index < 32; index++) s += BigInt(signature[32 + index] ?? 0) << BigInt(8 * index)
    for (let index = 0; index < 32; index++) signature[32 + index] = Number((s >> BigInt(8 * index)) & 0xffn)
    expect(suite.verify(suite.publicKeyOf(seed), text, signature)).toBe(false)
  })

  test('refuses a key of small order instead of agreeing on zeros', () => {
    const heard = value(readMessage1(suite, recordedKeys(suite, 'responder'), new Uint8Array(32)))
    expect(writeMessage2(suite, heard.state, new Uint8Array(0))).toEqual({
      ok: false,
      problem: 'message 1 carries a key of small order',
    })
  })

  test('a chunk opens once, in its turn, unchanged', () => {
    const cipher = { key: new Uint8Array(32).fill(7), nonce: 2 ** 40 }
    const { ciphertext, cipher: next } = sealChunk(suite, cipher, Uint8Array.of(1, 2, 3))
    expect(openChunk(suite, next, ciphertext)).toBeUndefined()
    for (let index = 0; index < ciphertext.length; index++) {
      const changed = Uint8Array.from(ciphertext)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(openChunk(suite, cipher, changed)).toBeUndefined()
    }
    expect(openChunk(suite, cipher, ciphertext.subarray(0, 10))).toBeUndefined()
    expect(openChunk(suite, cipher, ciphertext)?.plaintext).toEqual(Uint8Array.of(1, 2, 3))
  })
})

test('the two suites agree on fresh keys', () => {
  const ours = writeMessage1(nodeCrypto, fresh(nodeCrypto))
  const heard1 = value(readMessage1(nobleCrypto, fresh(nobleCrypto), ours.message))
  const answer = value(writeMessage2(nobleCrypto, heard1.state, Uint8Array.of(1)))
  const heard2 = value(readMessage2(nodeCrypto, ours.state, answer.message))
  const last = value(writeMessage3(nodeCrypto, heard2.state, Uint8Array.of(2)))
  const heard3 = value(readMessage3(nobleCrypto, answer.state, last.message))
  expect(bytesToHex(heard3.transport.handshakeHash)).toBe(bytesToHex(last.transport.handshakeHash))
})

test('every flipped bit and every truncation of messages 2 and 3 is refused', () => {
  const ours = writeMessage1(nodeCrypto, recordedKeys(nodeCrypto, 'initiator'))
  const message2 = hexToBytes(messages.message2)
  const heard1 = value(readMessage1(nodeCrypto, recordedKeys(nodeCrypto, 'responder'), ours.message))
  const { state } = value(writeMessage2(nodeCrypto, heard1.state, hexToBytes(payloads.message2)))
  const message3 = hexToBytes(messages.message3)
  // The highest bit of an X25519 key carries no meaning, so a changed one still agrees on the secret; the hash differs.
  for (let index = 0; index < message2.length; index += 3) {
    const changed = Uint8Array.from(message2)
    changed[index] = (changed[index] ?? 0) ^ 0x80
    expect(readMessage2(nodeCrypto, ours.state, changed).ok).toBe(false)
    expect(readMessage2(nodeCrypto, ours.state, message2.subarray(0, index)).ok).toBe(false)
  }
  for (let index = 0; index < message3.length; index += 3) {
    const changed = Uint8Array.from(message3)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(readMessage3(nodeCrypto, state, changed).ok).toBe(false)
    expect(readMessage3(nodeCrypto, state, message3.subarray(0, index)).ok).toBe(false)
  }
})
