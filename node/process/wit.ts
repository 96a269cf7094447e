import {
  type Blob,
  type Capability,
  HyperwareError,
  type OnExit,
  type OnExitRequest,
  type ProcessAddress,
  type ProcessId,
  formatAddress,
} from '@hyperware/protocol'
import type {
  WitAddress,
  WitBlob,
  WitCapability,
  WitOnExit,
  WitProcessId,
  WitRequest,
  WitSendError,
} from 'hyperware:process/standard@1.0.0'

/** The shapes of the host functions, to ours and back. */

export function toWitProcessId({ process, package: packageName, publisher }: ProcessId): WitProcessId {
  return { processName: process, packageName, publisherNode: publisher }
}

export function fromWitProcessId({ processName, packageName, publisherNode }: WitProcessId): ProcessId {
  return { process: processName, package: packageName, publisher: publisherNode }
}

export function toWitAddress({ node, process }: ProcessAddress): WitAddress {
  return { node, process: toWitProcessId(process) }
}

export function fromWitAddress({ node, process }: WitAddress): ProcessAddress {
  return { node, process: fromWitProcessId(process) }
}

export function toWitCapability({ issuer, params }: Capability): WitCapability {
  return { issuer: toWitAddress(issuer), params }
}

export function fromWitCapability({ issuer, params }: WitCapability): Capability {
  return { issuer: fromWitAddress(issuer), params }
}

export function toWitBlob(blob: Blob | undefined): WitBlob | null {
  return blob === undefined ? null : { mime: blob.mime ?? null, bytes: blob.bytes }
}

export function fromWitBlob(blob: WitBlob | null): Blob | undefined {
  return blob === null ? undefined : { mime: blob.mime ?? undefined, bytes: blob.bytes }
}

export function toWitRequest(request: Omit<OnExitRequest, 'target' | 'blob'>): WitRequest {
  return {
    inherit: request.inherit,
    expectsResponse: request.expectsResponse === undefined ? null : Number(request.expectsResponse),
    body: request.body,
    metadata: request.metadata ?? null,
    capabilities: request.capabilities.map(toWitCapability),
  }
}

export function toWitOnExit(onExit: OnExit): WitOnExit {
  if (onExit.kind !== 'requests') return { tag: onExit.kind }
  return {
    tag: 'requests',
    val: onExit.requests.map((request) => [
      toWitAddress(request.target),
      toWitRequest(request),
      toWitBlob(request.blob),
    ]),
  }
}

export type SendProblem = {
  /** `timeout` also when the target is missing here, or this process may not message it. */
  code: 'offline' | 'timeout'
  target: string
}

/** A request that got no response. */
export class SendError extends HyperwareError<SendProblem> {}

export function sendErrorOf({ kind, target }: WitSendError): SendError {
  const address = formatAddress(fromWitAddress(target))
  const why =
    kind === 'offline' ? 'its node cannot be reached' : 'no response came in time, or this process may not message it'
  return new SendError({ code: kind, target: address }, `Cannot reach ${address}: ${why}`)
}

/** What a host function that gives a WIT error throws. */
export function payloadOf(error: unknown): unknown {
  if (error instanceof Error && 'payload' in error) return error.payload
  throw error
}
