import {
  type Codec,
  bool,
  byteVector,
  decode,
  encode,
  encodedSize,
  enumeration,
  list,
  mapped,
  option,
  struct,
  text,
  u64,
  variant,
} from './codecs.ts'
import { type Decoded, decoded } from './errors.ts'
import type { Blob, Capability, KernelMessage, KernelRequest, KernelResponse, SignedCapability } from './messages.ts'
import { address, pair } from './wire-parts.ts'

/** The most bytes one encoded message may take, on every transport (net.md section 14). */
export const MESSAGE_MAX_BYTES = 10_485_800

/** The most capabilities one message may carry. Live nodes have no such bound beyond the size of the message. */
export const CAPABILITIES_MAX = 1024

const capability: Codec<Capability> = struct('the capability', {
  issuer: ['issuer', address],
  params: ['params', text],
})

const signedCapability: Codec<SignedCapability> = mapped(
  pair('the signed capability', capability, byteVector),
  (value: SignedCapability): readonly [Capability, Uint8Array] => [value.capability, value.signature],
  ([held, proof]) => decoded({ capability: held, signature: proof }),
)
const capabilities = list(signedCapability, 'capabilities', CAPABILITIES_MAX)

const request: Codec<Omit<KernelRequest, 'kind'>> = struct('the request', {
  inherit: ['inherit', bool],
  expectsResponse: ['expects_response', option(u64)],
  body: ['body', byteVector],
  metadata: ['metadata', option(text)],
  capabilities: ['capabilities', capabilities],
})

const response: Codec<Omit<KernelResponse, 'kind' | 'context'>> = struct('the response', {
  inherit: ['inherit', bool],
  body: ['body', byteVector],
  metadata: ['metadata', option(text)],
  capabilities: ['capabilities', capabilities],
})

const message: Codec<KernelRequest | KernelResponse> = enumeration('the message', [
  variant<KernelRequest | KernelResponse, 'request', Omit<KernelRequest, 'kind'>>(
    'request',
    request,
    (value) => value,
    (value) => ({ kind: 'request', ...value }),
    'Request',
  ),
  variant<
    KernelRequest | KernelResponse,
    'response',
    readonly [Omit<KernelResponse, 'kind' | 'context'>, Uint8Array | undefined]
  >(
    'response',
    pair('the response and its context', response, option(byteVector)),
    (value) => [value, value.context],
    ([value, context]) => ({ kind: 'response', ...value, context }),
    'Response',
  ),
])

const blob: Codec<Blob> = struct('the blob', { mime: ['mime', option(text)], bytes: ['bytes', byteVector] })

const kernelMessage: Codec<KernelMessage> = struct('the kernel message', {
  id: ['id', u64],
  source: ['source', address],
  target: ['target', address],
  rsvp: ['rsvp', option(address)],
  message: ['message', message],
  blob: ['lazy_load_blob', option(blob)],
})

/** Throws `WireError` `too-large` above `MESSAGE_MAX_BYTES`, before anything is allocated. */
export function encodeKernelMessage(value: KernelMessage): Uint8Array {
  return encode(kernelMessage, value, MESSAGE_MAX_BYTES)
}

/** Exact bytes that `encodeKernelMessage` gives, without encoding. */
export function kernelMessageSize(value: KernelMessage): number {
  return encodedSize(kernelMessage, value)
}

/** Decodes what a peer sent. Addresses have the right shape; their characters and nodes are the receiver's to check. */
export function decodeKernelMessage(bytes: Uint8Array): Decoded<KernelMessage> {
  return decode(kernelMessage, bytes, MESSAGE_MAX_BYTES)
}

/** The bytes that the issuer's node signs for a capability: its issuer and params as a pair (kernel.md section 9.2). */
export function capabilityBytes(value: Capability): Uint8Array {
  return encode(capability, value, MESSAGE_MAX_BYTES)
}
