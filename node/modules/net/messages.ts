import { NET_PROCESS, formatAddress, quote, replyTarget } from '@hyperware/protocol'
import type { Blob, KernelMessage, ProcessAddress } from '@hyperware/protocol'
import type { RandomSource } from './types.ts'

/** The networking process of a node. */
export function netOf(node: string): ProcessAddress {
  return { node, process: NET_PROCESS }
}

/** A request of our own networking process to that of another node. */
export function netRequest(
  random: RandomSource,
  { self, to, body, expectsResponse }: { self: string; to: string; body: Uint8Array; expectsResponse: bigint },
): KernelMessage {
  return {
    id: new DataView(Uint8Array.from(random(8)).buffer).getBigUint64(0),
    source: netOf(self),
    target: netOf(to),
    rsvp: undefined,
    message: { kind: 'request', inherit: false, expectsResponse, body, metadata: undefined, capabilities: [] },
    blob: undefined,
  }
}

/** The answer of our networking process to a request. */
export function netResponse(self: string, request: KernelMessage, body: Uint8Array, blob?: Blob): KernelMessage {
  return {
    id: request.id,
    source: netOf(self),
    target: replyTarget(request),
    rsvp: undefined,
    message: { kind: 'response', inherit: false, body, metadata: undefined, capabilities: [], context: undefined },
    blob,
  }
}

/** A message for a log line. */
export function describeMessage({ source, target }: KernelMessage): Record<string, string> {
  return { source: quote(formatAddress(source)), target: quote(formatAddress(target)) }
}
