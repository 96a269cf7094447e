import type { Decoded } from '@hyperware/protocol'
import type { CryptoSuite, DhKeyPair } from './crypto-suite.ts'

/** The one Noise protocol of Hyperware links (net.md section 1). */
export const NOISE_PROTOCOL_NAME = 'Noise_XX_25519_ChaChaPoly_BLAKE2s'
/** Bytes of a Poly1305 tag. */
export const TAG_BYTES = 16
/** Bytes of an X25519 public key, and so of message 1 with an empty payload. */
export const DH_BYTES = 32
/** Most bytes of one Noise message, tag included. */
export const NOISE_MESSAGE_MAX_BYTES = 65_535

const EMPTY = new Uint8Array(0)

/** The pairs one side uses for one handshake; Hyperware makes both afresh for every connection. */
export type HandshakeKeys = { readonly staticKeys: DhKeyPair; readonly ephemeralKeys: DhKeyPair }

/** One direction of an established link: the key and the number of the next message. */
export type CipherState = { readonly key: Uint8Array; readonly nonce: number }

/** What a finished handshake leaves: one cipher per direction, and the hash that names this very handshake. */
export type Transport = {
  readonly send: CipherState
  readonly receive: CipherState
  readonly handshakeHash: Uint8Array
}

type Symmetric = {
  readonly chainingKey: Uint8Array
  readonly hash: Uint8Array
  readonly cipher: CipherState | undefined
}

/** Initiator, after message 1. */
export type AwaitingMessage2 = { readonly symmetric: Symmetric; readonly keys: HandshakeKeys }
/** Initiator, after reading message 2. */
export type ReadyForMessage3 = AwaitingMessage2 & { readonly remoteEphemeral: Uint8Array }
/** Responder, after reading message 1. */
export type ReadyForMessage2 = {
  readonly symmetric: Symmetric
  readonly keys: HandshakeKeys
  readonly remoteEphemeral: Uint8Array
}
/** Responder, after message 2. */
export type AwaitingMessage3 = ReadyForMessage2

/** Prologue and payload of message 1: both empty in Hyperware, given only by the public test vectors. */
export type NoiseOptions = { readonly prologue?: Uint8Array; readonly payload?: Uint8Array }

/** 4 zero bytes, then the counter as a little-endian u64. */
function nonceBytes(nonce: number): Uint8Array {
  const bytes = new Uint8Array(12)
  new DataView(bytes.buffer).setBigUint64(4, BigInt(nonce), true)
  return bytes
}

function hkdf(suite: CryptoSuite, chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const secret = suite.hmac(chainingKey, input)
  const first = suite.hmac(secret, Uint8Array.of(1))
  const both = new Uint8Array(first.length + 1)
  both.set(first)
  both[first.length] = 2
  return [first, suite.hmac(secret, both)]
}

function mixHash(suite: CryptoSuite, state: Symmetric, data: Uint8Array): Symmetric {
  return { ...state, hash: suite.hash(state.hash, data) }
}

/** Mixes a shared secret in; undefined when the other side's key was of small order. */
function mixDh(suite: CryptoSuite, state: Symmetric, ours: DhKeyPair, theirs: Uint8Array): Symmetric | undefined {
  const shared = suite.dh(ours.secretKey, theirs)
  if (shared === undefined) return undefined
  const [chainingKey, key] = hkdf(suite, state.chainingKey, shared)
  return { ...state, chainingKey, cipher: { key, nonce: 0 } }
}

function encryptAndHash(suite: CryptoSuite, state: Symmetric, plaintext: Uint8Array): [Symmetric, Uint8Array] {
  if (state.cipher === undefined) return [mixHash(suite, state, plaintext), plaintext]
  const { key, nonce } = state.cipher
  const sealed = suite.seal(key, nonceBytes(nonce), state.hash, plaintext)
  return [mixHash(suite, { ...state, cipher: { key, nonce: nonce + 1 } }, sealed), sealed]
}

function decryptAndHash(
  suite: CryptoSuite,
  state: Symmetric,
  data: Uint8Array,
): { state: Symmetric; plaintext: Uint8Array } | undefined {
  if (state.cipher === undefined) return { state: mixHash(suite, state, data), plaintext: data }
  const { key, nonce } = state.cipher
  const plaintext = suite.open(key, nonceBytes(nonce), state.hash, data)
  if (plaintext === undefined) return undefined
  return { state: mixHash(suite, { ...state, cipher: { key, nonce: nonce + 1 } }, data), plaintext }
}

/** The symmetric state before message 1. The name is longer than a hash, so it is hashed, not padded. */
function initialSymmetric(suite: CryptoSuite, prologue: Uint8Array): Symmetric {
  const hash = suite.hash(new TextEncoder().encode(NOISE_PROTOCOL_NAME))
  return mixHash(suite, { chainingKey: hash, hash, cipher: undefined }, prologue)
}

function split(suite: CryptoSuite, state: Symmetric, role: 'initiator' | 'responder'): Transport {
  const [first, second] = hkdf(suite, state.chainingKey, EMPTY)
  const [send, receive] = role === 'initiator' ? [first, second] : [second, first]
  return { send: { key: send, nonce: 0 }, receive: { key: receive, nonce: 0 }, handshakeHash: state.hash }
}

function fail<T>(problem: string): Decoded<T> {
  return { ok: false, problem }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Initiator: message 1 (`e`), 32 bytes when the payload is empty. */
export function writeMessage1(
  suite: CryptoSuite,
  keys: HandshakeKeys,
  { prologue = EMPTY, payload = EMPTY }: NoiseOptions = {},
): { state: AwaitingMessage2; message: Uint8Array } {
  const start = mixHash(suite, initialSymmetric(suite, prologue), keys.ephemeralKeys.publicKey)
  const [symmetric, body] = encryptAndHash(suite, start, payload)
  return { state: { symmetric, keys }, message: joined(keys.ephemeralKeys.publicKey, body) }
}

/** Responder: reads message 1. */
export function readMessage1(
  suite: CryptoSuite,
  keys: HandshakeKeys,
  message: Uint8Array,
  { prologue = EMPTY }: NoiseOptions = {},
): Decoded<{ state: ReadyForMessage2; payload: Uint8Array }> {
  if (message.length < DH_BYTES) return fail(`message 1 has ${message.length} bytes, expected at least ${DH_BYTES}`)
  const remoteEphemeral = message.slice(0, DH_BYTES)
  const payload = message.slice(DH_BYTES)
  const symmetric = mixHash(suite, mixHash(suite, initialSymmetric(suite, prologue), remoteEphemeral), payload)
  return { ok: true, value: { state: { symmetric, keys, remoteEphemeral }, payload } }
}

/** Responder: message 2 (`e, ee, s, es`), 96 bytes more than its payload. */
export function writeMessage2(
  suite: CryptoSuite,
  { symmetric, keys, remoteEphemeral }: ReadyForMessage2,
  payload: Uint8Array,
): Decoded<{ state: AwaitingMessage3; message: Uint8Array }> {
  const afterE = mixHash(suite, symmetric, keys.ephemeralKeys.publicKey)
  const afterEe = mixDh(suite, afterE, keys.ephemeralKeys, remoteEphemeral)
  if (afterEe === undefined) return fail('message 1 carries a key of small order')
  const [afterS, sealedStatic] = encryptAndHash(suite, afterEe, keys.staticKeys.publicKey)
  const afterEs = mixDh(suite, afterS, keys.staticKeys, remoteEphemeral)
  if (afterEs === undefined) return fail('message 1 carries a key of small order')
  const [final, body] = encryptAndHash(suite, afterEs, payload)
  const message = joined(keys.ephemeralKeys.publicKey, sealedStatic, body)
  return { ok: true, value: { state: { symmetric: final, keys, remoteEphemeral }, message } }
}

/** Initiator: reads message 2, giving the responder's payload and its static key for this connection. */
export function readMessage2(
  suite: CryptoSuite,
  { symmetric, keys }: AwaitingMessage2,
  message: Uint8Array,
): Decoded<{ state: ReadyForMessage3; payload: Uint8Array; remoteStatic: Uint8Array }> {
  const least = 2 * DH_BYTES + 2 * TAG_BYTES
  if (message.length < least) return fail(`message 2 has ${message.length} bytes, expected at least ${least}`)
  const staticEnd = 2 * DH_BYTES + TAG_BYTES
  const remoteEphemeral = message.slice(0, DH_BYTES)
  const afterEe = mixDh(suite, mixHash(suite, symmetric, remoteEphemeral), keys.ephemeralKeys, remoteEphemeral)
  if (afterEe === undefined) return fail('message 2 carries a key of small order')
  const afterS = decryptAndHash(suite, afterEe, message.subarray(DH_BYTES, staticEnd))
  if (afterS === undefined) return fail('message 2 does not decrypt: its static key is not authentic')
  const afterEs = mixDh(suite, afterS.state, keys.ephemeralKeys, afterS.plaintext)
  if (afterEs === undefined) return fail('message 2 carries a key of small order')
  const final = decryptAndHash(suite, afterEs, message.subarray(staticEnd))
  if (final === undefined) return fail('message 2 does not decrypt: its payload is not authentic')
  const state = { symmetric: final.state, keys, remoteEphemeral }
  return { ok: true, value: { state, payload: final.plaintext, remoteStatic: afterS.plaintext } }
}

/** Initiator: message 3 (`s, se`), 64 bytes more than its payload, and the finished link. */
export function writeMessage3(
  suite: CryptoSuite,
  { symmetric, keys, remoteEphemeral }: ReadyForMessage3,
  payload: Uint8Array,
): Decoded<{ message: Uint8Array; transport: Transport }> {
  const [afterS, sealedStatic] = encryptAndHash(suite, symmetric, keys.staticKeys.publicKey)
  const afterSe = mixDh(suite, afterS, keys.staticKeys, remoteEphemeral)
  if (afterSe === undefined) return fail('message 2 carries a key of small order')
  const [final, body] = encryptAndHash(suite, afterSe, payload)
  return { ok: true, value: { message: joined(sealedStatic, body), transport: split(suite, final, 'initiator') } }
}

/** Responder: reads message 3, giving the initiator's payload, its static key and the finished link. */
export function readMessage3(
  suite: CryptoSuite,
  { symmetric, keys }: AwaitingMessage3,
  message: Uint8Array,
): Decoded<{ payload: Uint8Array; remoteStatic: Uint8Array; transport: Transport }> {
  const staticEnd = DH_BYTES + TAG_BYTES
  const least = staticEnd + TAG_BYTES
  if (message.length < least) return fail(`message 3 has ${message.length} bytes, expected at least ${least}`)
  const afterS = decryptAndHash(suite, symmetric, message.subarray(0, staticEnd))
  if (afterS === undefined) return fail('message 3 does not decrypt: its static key is not authentic')
  const afterSe = mixDh(suite, afterS.state, keys.ephemeralKeys, afterS.plaintext)
  if (afterSe === undefined) return fail('message 3 carries a key of small order')
  const final = decryptAndHash(suite, afterSe, message.subarray(staticEnd))
  if (final === undefined) return fail('message 3 does not decrypt: its payload is not authentic')
  const transport = split(suite, final.state, 'responder')
  return { ok: true, value: { payload: final.plaintext, remoteStatic: afterS.plaintext, transport } }
}

/** Seals one transport chunk. A link would need 2^53 chunks to run out of numbers, which no link lives to see. */
export function sealChunk(
  suite: CryptoSuite,
  { key, nonce }: CipherState,
  plaintext: Uint8Array,
): { cipher: CipherState; ciphertext: Uint8Array } {
  return { cipher: { key, nonce: nonce + 1 }, ciphertext: suite.seal(key, nonceBytes(nonce), EMPTY, plaintext) }
}

/** Opens one transport chunk; undefined when it is not the next chunk the other side sealed. */
export function openChunk(
  suite: CryptoSuite,
  { key, nonce }: CipherState,
  ciphertext: Uint8Array,
): { cipher: CipherState; plaintext: Uint8Array } | undefined {
  const plaintext = suite.open(key, nonceBytes(nonce), EMPTY, ciphertext)
  return plaintext === undefined ? undefined : { cipher: { key, nonce: nonce + 1 }, plaintext }
}
