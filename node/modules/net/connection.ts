import {
  MESSAGE_MAX_BYTES,
  OUR,
  decodeKernelMessage,
  formatAddress,
  isHypermapSafe,
  quote,
  unreachable,
} from '@hyperware/protocol'
import { closeFor, stepTo } from './connection-state.ts'
import type {
  ConnectionContext,
  ConnectionEvent,
  ConnectionState,
  DialRole,
  Established,
  Step,
} from './connection-state.ts'
import { HANDSHAKE_BUDGET_MS, IDLE_MS } from './constants.ts'
import { CHUNK_MAX_PLAINTEXT_BYTES, addChunk, startMessage } from './framing.ts'
import { firstFrame, identify, message1, message2, message3, opened } from './handshake.ts'
import { openChunk, sealChunk } from './noise.ts'
import type { HandshakeKeys } from './noise.ts'

/** A connection that we are opening. */
export function dialing(role: DialRole, keys: HandshakeKeys, nowMs: number): ConnectionState {
  return { kind: 'dialing', role, keys, deadlineMs: nowMs + HANDSHAKE_BUDGET_MS }
}

/** A connection that was opened to us. */
export function accepted(keys: HandshakeKeys, nowMs: number): ConnectionState {
  return { kind: 'awaiting-first-frame', keys, deadlineMs: nowMs + HANDSHAKE_BUDGET_MS }
}

/** What a connection reads next. `nothing` leaves the bytes where they are. */
export function wants(state: ConnectionState): 'frame' | 'total' | 'chunk' | 'nothing' {
  switch (state.kind) {
    case 'awaiting-first-frame':
    case 'awaiting-message-1':
    case 'awaiting-message-2':
    case 'awaiting-message-3':
      return 'frame'
    case 'established':
      return state.incoming === undefined ? 'total' : 'chunk'
    case 'dialing':
    case 'awaiting-identity':
    case 'passed-on':
    case 'closed':
      return 'nothing'
    default:
      return unreachable(state)
  }
}

/** When a `timer` event is due, in milliseconds; undefined when the state may last. */
export function deadlineOf(state: ConnectionState): number | undefined {
  switch (state.kind) {
    case 'passed-on':
    case 'closed':
      return undefined
    case 'established':
      return state.activeMs + IDLE_MS
    default:
      return state.deadlineMs
  }
}

/**
 * One step of a connection. Pure: `nowMs` is the caller's clock, and everything that should happen is in the effects.
 * An event that makes no sense in a state changes nothing: sockets report late.
 */
export function step(context: ConnectionContext, state: ConnectionState, event: ConnectionEvent, nowMs: number): Step {
  switch (event.kind) {
    case 'opened':
      return state.kind === 'dialing' ? opened(context, state) : stepTo(state)
    case 'frame':
      return frame(context, state, event.bytes, nowMs)
    case 'total':
      return state.kind === 'established' ? total(state, event.total, nowMs) : stepTo(state)
    case 'chunk':
      return state.kind === 'established' ? chunk(context, state, event.bytes, nowMs) : stepTo(state)
    case 'send':
      return state.kind === 'established' ? send(context, state, event.encoded, nowMs) : stepTo(state)
    case 'identity-changed':
      if (state.kind !== 'awaiting-identity' || state.payload.name !== event.name) return stepTo(state)
      return identify(context, state, nowMs)
    case 'timer':
      return timer(state, nowMs)
    default:
      return unreachable(event)
  }
}

function frame(context: ConnectionContext, state: ConnectionState, bytes: Uint8Array, nowMs: number): Step {
  switch (state.kind) {
    case 'awaiting-first-frame':
      return firstFrame(context, state, bytes)
    case 'awaiting-message-1':
      return message1(context, state, bytes)
    case 'awaiting-message-2':
      return message2(context, state, bytes, nowMs)
    case 'awaiting-message-3':
      return message3(context, state, bytes, nowMs)
    default:
      return stepTo(state)
  }
}

function total(state: Established, size: number, nowMs: number): Step {
  if (size === 0 || size > MESSAGE_MAX_BYTES) {
    return closeFor('fault', `a message of ${size} bytes was announced, expected 1 to ${MESSAGE_MAX_BYTES}`)
  }
  return stepTo({ ...state, incoming: startMessage(size), activeMs: nowMs })
}

function chunk(context: ConnectionContext, state: Established, bytes: Uint8Array, nowMs: number): Step {
  const opening = openChunk(context.suite, state.receive, bytes)
  if (opening === undefined) return closeFor('fault', `a chunk of ${bytes.length} bytes does not decrypt`)
  const incoming = state.incoming === undefined ? undefined : addChunk(state.incoming, opening.plaintext)
  if (incoming === undefined) return closeFor('fault', 'a chunk is empty or runs past the announced length')
  const next = { ...state, receive: opening.cipher, activeMs: nowMs }
  if (incoming.received < incoming.total) return stepTo({ ...next, incoming })
  return message(context, { ...next, incoming: undefined }, incoming.buffer)
}

/** The checks on a complete message (net.md section 5.5). */
function message(context: ConnectionContext, state: Established, bytes: Uint8Array): Step {
  const decoding = decodeKernelMessage(bytes)
  if (!decoding.ok) return closeFor('fault', `a message of ${bytes.length} bytes does not decode: ${decoding.problem}`)
  const { source, target } = decoding.value
  if (source.node !== state.peer)
    return closeFor('fault', `a message claims to come from ${quote(formatAddress(source))}`)
  if (!isHypermapSafe(source.process)) {
    return closeFor('fault', `a message comes from process ${quote(formatAddress(source))}, which no node may run`)
  }
  const self = context.self.name
  if (target.node !== self && target.node !== OUR) {
    return stepTo(state, { kind: 'drop', reason: `a message is addressed to ${quote(formatAddress(target))}` })
  }
  return stepTo(state, { kind: 'deliver', message: { ...decoding.value, target: { ...target, node: self } } })
}

/** Seals a message in chunks of at most 65,519 bytes, one number each (net.md section 2.1). */
function send(context: ConnectionContext, state: Established, encoded: Uint8Array, nowMs: number): Step {
  const chunks: Uint8Array[] = []
  let cipher = state.send
  for (let at = 0; at < encoded.length; at += CHUNK_MAX_PLAINTEXT_BYTES) {
    const sealed = sealChunk(context.suite, cipher, encoded.subarray(at, at + CHUNK_MAX_PLAINTEXT_BYTES))
    chunks.push(sealed.ciphertext)
    cipher = sealed.cipher
  }
  return stepTo({ ...state, send: cipher, activeMs: nowMs }, { kind: 'write-message', total: encoded.length, chunks })
}

function timer(state: ConnectionState, nowMs: number): Step {
  const deadlineMs = deadlineOf(state)
  if (deadlineMs === undefined || nowMs < deadlineMs) return stepTo(state)
  switch (state.kind) {
    case 'established':
      return closeFor('idle', `nothing was said for ${IDLE_MS / 1000} s`)
    case 'awaiting-identity':
      return closeFor('wrong-key', state.problem)
    case 'dialing':
      return closeFor('timeout', `the connection did not open within ${HANDSHAKE_BUDGET_MS / 1000} s`)
    default:
      return closeFor('timeout', `the handshake did not finish within ${HANDSHAKE_BUDGET_MS / 1000} s (${state.kind})`)
  }
}
