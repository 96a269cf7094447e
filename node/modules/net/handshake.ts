import {
  PROTOCOL_VERSION,
  decodeHandshakePayload,
  decodeRoutingRequest,
  encodeHandshakePayload,
  encodeRoutingRequest,
  hexToBytes,
  quote,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { HandshakePayload, Hex, RoutingRequest } from '@hyperware/protocol'
import { closeFor, stepTo } from './connection-state.ts'
import type { AwaitingIdentity, ConnectionContext, ConnectionState, DialRole, Step } from './connection-state.ts'
import { IDENTITY_GRACE_MS } from './constants.ts'
import {
  DH_BYTES,
  readMessage1,
  readMessage2,
  readMessage3,
  writeMessage1,
  writeMessage2,
  writeMessage3,
} from './noise.ts'
import type { HandshakeKeys, Transport } from './noise.ts'

type StateOf<Kind extends ConnectionState['kind']> = Extract<ConnectionState, { kind: Kind }>

/** The text a routing request signs: target and router, one after the other (net.md section 4). */
function routingText(target: string, router: string): Uint8Array {
  return utf8ToBytes(target + router)
}

function ownPayload(context: ConnectionContext, keys: HandshakeKeys, proxyRequest: boolean): Uint8Array {
  const { name, netKeySeed } = context.self
  const signature = context.suite.sign(netKeySeed, keys.staticKeys.publicKey)
  return encodeHandshakePayload({ protocolVersion: PROTOCOL_VERSION, name, signature, proxyRequest })
}

function ownRoutingRequest(context: ConnectionContext, role: Extract<DialRole, { router: string }>): Uint8Array {
  const { name, netKeySeed } = context.self
  const target = role.peer.name
  const signature = context.suite.sign(netKeySeed, routingText(target, role.router))
  return encodeRoutingRequest({ protocolVersion: PROTOCOL_VERSION, source: name, signature, target })
}

/** The socket is open: says the first thing of the role (net.md sections 5.2 and 8.2). */
export function opened(context: ConnectionContext, { role, keys, deadlineMs }: StateOf<'dialing'>): Step {
  if (role.kind === 'answer') {
    const state = { kind: 'awaiting-message-1', expected: role.peer.name, keys, deadlineMs } as const
    return stepTo(state, { kind: 'write-frames', frames: [ownRoutingRequest(context, role)] })
  }
  const { state: noise, message } = writeMessage1(context.suite, keys)
  const before = role.kind === 'routed' ? [ownRoutingRequest(context, role)] : []
  const proxyRequest = role.kind === 'direct' && role.proxyRequest
  const state = { kind: 'awaiting-message-2', expected: role.peer, proxyRequest, noise, deadlineMs } as const
  return stepTo(state, { kind: 'write-frames', frames: [...before, message] })
}

/** 32 bytes are Noise message 1; anything else must be a routing request (net.md section 4). */
export function firstFrame(
  context: ConnectionContext,
  state: StateOf<'awaiting-first-frame'>,
  bytes: Uint8Array,
): Step {
  if (bytes.length === DH_BYTES) return message1(context, state, bytes)
  const request = decodeRoutingRequest(bytes)
  if (!request.ok) {
    return closeFor(
      'fault',
      `the first frame (${bytes.length} bytes) opens no handshake and no route: ${request.problem}`,
    )
  }
  if (!context.routes)
    return closeFor('fault', `asked for a route to ${quote(request.value.target)}, but this node routes for nobody`)
  const problem = routingProblem(context, request.value)
  if (problem !== undefined) return closeFor('fault', problem)
  return stepTo({ kind: 'passed-on' }, { kind: 'route', request: request.value })
}

function routingProblem(context: ConnectionContext, { source, target, signature }: RoutingRequest): string | undefined {
  const what = `the routing request of ${quote(source)} for ${quote(target)}`
  if (source === target) return `${what} names the same node twice`
  const netKey = context.findNetKey(source)
  if (netKey === undefined) return `${what} comes from a node that is not known`
  if (!context.suite.verify(hexToBytes(netKey), routingText(target, context.self.name), signature)) {
    return `${what} is not signed by that node's key`
  }
  return context.findNetKey(target) === undefined ? `${what} asks for a node that is not known` : undefined
}

/** Responder: reads message 1, answers with message 2. */
export function message1(
  context: ConnectionContext,
  state: StateOf<'awaiting-first-frame'> | StateOf<'awaiting-message-1'>,
  bytes: Uint8Array,
): Step {
  // A payload in message 1 is allowed by Noise but has no meaning here, and no peer sends one.
  if (bytes.length !== DH_BYTES) return closeFor('fault', `message 1 has ${bytes.length} bytes, expected ${DH_BYTES}`)
  const read = readMessage1(context.suite, state.keys, bytes)
  if (!read.ok) return closeFor('fault', read.problem)
  const written = writeMessage2(context.suite, read.value.state, ownPayload(context, state.keys, false))
  if (!written.ok) return closeFor('fault', written.problem)
  const expected = state.kind === 'awaiting-message-1' ? state.expected : undefined
  return stepTo(
    { kind: 'awaiting-message-3', expected, noise: written.value.state, deadlineMs: state.deadlineMs },
    { kind: 'write-frames', frames: [written.value.message] },
  )
}

/** Initiator: checks message 2 against the node we meant to reach, then sends message 3 and is done. */
export function message2(
  context: ConnectionContext,
  state: StateOf<'awaiting-message-2'>,
  bytes: Uint8Array,
  nowMs: number,
): Step {
  const { expected, proxyRequest } = state
  const read = readMessage2(context.suite, state.noise, bytes)
  if (!read.ok) return closeFor('fault', read.problem)
  const payload = decodeHandshakePayload(read.value.payload)
  if (!payload.ok) return closeFor('fault', `message 2 has no readable payload: ${payload.problem}`)
  const problem = versionProblem(payload.value) ?? nameProblem(payload.value, expected.name)
  if (problem !== undefined) return closeFor('fault', problem)
  const keyProblem = signatureProblem(context, payload.value, read.value.remoteStatic, expected.netKey)
  if (keyProblem !== undefined) return closeFor('wrong-key', keyProblem)
  const written = writeMessage3(context.suite, read.value.state, ownPayload(context, state.noise.keys, proxyRequest))
  if (!written.ok) return closeFor('fault', written.problem)
  return stepTo(
    establish(expected.name, written.value.transport, nowMs),
    { kind: 'write-frames', frames: [written.value.message] },
    { kind: 'authenticated', peer: expected.name, proxyRequest },
  )
}

/** Responder: reads message 3 and checks who the initiator is. */
export function message3(
  context: ConnectionContext,
  state: StateOf<'awaiting-message-3'>,
  bytes: Uint8Array,
  nowMs: number,
): Step {
  const read = readMessage3(context.suite, state.noise, bytes)
  if (!read.ok) return closeFor('fault', read.problem)
  const payload = decodeHandshakePayload(read.value.payload)
  if (!payload.ok) return closeFor('fault', `message 3 has no readable payload: ${payload.problem}`)
  const problem =
    versionProblem(payload.value) ??
    (state.expected === undefined ? undefined : nameProblem(payload.value, state.expected)) ??
    (payload.value.name === context.self.name ? 'message 3 claims to come from this very node' : undefined)
  if (problem !== undefined) return closeFor('fault', problem)
  const { remoteStatic, transport } = read.value
  const deadlineMs = Math.min(state.deadlineMs, nowMs + IDENTITY_GRACE_MS)
  return identify(context, { payload: payload.value, remoteStatic, transport, deadlineMs }, nowMs)
}

/**
 * Accepts an initiator whose key is the onchain one. While the name or that key is not known the connection waits a
 * moment: a name just minted or a key just rotated reaches the two ends at different times.
 */
export function identify(
  context: ConnectionContext,
  claim: Omit<AwaitingIdentity, 'kind' | 'problem'>,
  nowMs: number,
): Step {
  const { payload, remoteStatic, transport } = claim
  const netKey = context.findNetKey(payload.name)
  const problem =
    netKey === undefined
      ? `message 3 comes from ${quote(payload.name)}, which is not known`
      : signatureProblem(context, payload, remoteStatic, netKey)
  if (problem !== undefined) return stepTo({ kind: 'awaiting-identity', ...claim, problem })
  return stepTo(establish(payload.name, transport, nowMs), {
    kind: 'authenticated',
    peer: payload.name,
    proxyRequest: payload.proxyRequest,
  })
}

function establish(peer: string, { send, receive }: Transport, nowMs: number): ConnectionState {
  return { kind: 'established', peer, send, receive, incoming: undefined, activeMs: nowMs }
}

function versionProblem({ protocolVersion }: HandshakePayload): string | undefined {
  if (protocolVersion === PROTOCOL_VERSION) return undefined
  return `the peer speaks protocol version ${protocolVersion}, expected ${PROTOCOL_VERSION}`
}

function nameProblem({ name }: HandshakePayload, expected: string): string | undefined {
  return name === expected ? undefined : `the peer says it is ${quote(name)}, expected ${quote(expected)}`
}

function signatureProblem(
  { suite }: ConnectionContext,
  { name, signature }: HandshakePayload,
  remoteStatic: Uint8Array,
  netKey: Hex,
): string | undefined {
  if (suite.verify(hexToBytes(netKey), remoteStatic, signature)) return undefined
  return `the peer does not hold the key that ${quote(name)} published onchain`
}
