import { bool, decode, encode, fixedBytes, struct, text, u8 } from './codecs.ts'
import type { Codec } from './codecs.ts'
import type { Decoded } from './errors.ts'
import type { HandshakePayload, RoutingRequest } from './messages.ts'

/** The version both handshake payloads and routing requests carry. */
export const PROTOCOL_VERSION = 1

/** The most bytes of a frame before transport: what its 16-bit length can say (net.md section 2). */
const FRAME_MAX_BYTES = 0xffff

const signature = fixedBytes('signature', 64)

const handshakePayload: Codec<HandshakePayload> = struct('the handshake payload', {
  protocolVersion: ['protocol_version', u8],
  name: ['name', text],
  signature: ['signature', signature],
  proxyRequest: ['proxy_request', bool],
})

const routingRequest: Codec<RoutingRequest> = struct('the routing request', {
  protocolVersion: ['protocol_version', u8],
  source: ['source', text],
  signature: ['signature', signature],
  target: ['target', text],
})

/** Throws `WireError` when it would not fit a frame. The signature is 64 bytes. */
export function encodeHandshakePayload(payload: HandshakePayload): Uint8Array {
  return encode(handshakePayload, payload, FRAME_MAX_BYTES)
}

/** The version is read, not judged: the receiver refuses any but `PROTOCOL_VERSION` (net.md section 3). */
export function decodeHandshakePayload(bytes: Uint8Array): Decoded<HandshakePayload> {
  return decode(handshakePayload, bytes, FRAME_MAX_BYTES)
}

/** Throws `WireError` when it would not fit a frame. The signature is 64 bytes. */
export function encodeRoutingRequest(request: RoutingRequest): Uint8Array {
  return encode(routingRequest, request, FRAME_MAX_BYTES)
}

export function decodeRoutingRequest(bytes: Uint8Array): Decoded<RoutingRequest> {
  return decode(routingRequest, bytes, FRAME_MAX_BYTES)
}
