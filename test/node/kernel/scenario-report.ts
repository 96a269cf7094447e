import {
  type Blob,
  type Capability,
  formatAddress,
  formatProcessId,
  json,
  type JsonValue,
  type KernelMessage,
  onExitJson,
  type ProcessAddress,
} from '@hyperware/protocol'
import type { GuestAnswer, GuestEvent, GuestResponse } from '../../../node/kernel/guest.ts'

/** The verbosity of prints that are reports. */
export const REPORT_VERBOSITY = 200

/** What a process saw: it prints one when it begins, and one after each call, as JSON. Bytes are in hex, none is null. */
export type Report = {
  /** The name of the call in the script, or `init`. */
  readonly call: string
  /** Of `init`: its argument, and what `our` gave. */
  readonly argument?: string
  readonly our?: string
  /** What came in, or why nothing did. */
  readonly request?: Heard
  readonly response?: Heard
  readonly error?: string
  readonly target?: string
  readonly context?: string | null
  readonly returned?: { readonly request?: Heard; readonly response?: Heard; readonly blob: BlobSeen | null }
  readonly state?: string | null
  readonly held?: readonly { readonly issuer: string; readonly params: string }[]
  readonly onExit?: JsonValue
  readonly spawned?: string
  /** What `get-blob` gave after the call. */
  readonly blob: BlobSeen | null
  /** What `has-blob` and `last-blob` gave; only a component has these. */
  readonly hasBlob?: boolean
  readonly lastBlob?: BlobSeen | null
}

export type Heard = {
  readonly from?: string
  readonly inherit: boolean
  readonly body: string
  readonly metadata: string | null
  readonly capabilities: readonly { readonly issuer: string; readonly params: string }[]
  /** Of a request. */
  readonly expects?: number | null
  /** Of a response. */
  readonly context?: string | null
}

export type BlobSeen = { readonly mime: string | null; readonly bytes: string }

/** The report of a guest that has no functions of WIT, only what the kernel answered. */
export function reportAnswer(call: string, answer: GuestAnswer): Omit<Report, 'blob'> {
  switch (answer.kind) {
    case 'event':
      return { call, ...reportEvent(answer.event) }
    case 'state':
      return { call, state: hexOf(answer.bytes) }
    case 'capabilities':
      return { call, held: answer.capabilities.map(seenCapability) }
    case 'on-exit':
      return {
        call,
        onExit: JSON.parse(Buffer.from(json.encodeWith(onExitJson, answer.onExit)).toString()) as JsonValue,
      }
    case 'spawned':
      return { call, spawned: formatProcessId(answer.id) }
    case 'not-spawned':
      return { call, spawned: answer.error }
    case 'done':
      return { call }
    default:
      throw new Error(`the kernel answered ${call} with ${answer.kind}`)
  }
}

function reportEvent(event: GuestEvent): Partial<Report> {
  switch (event.kind) {
    case 'request':
      return { request: { from: formatAddress(event.source), ...heardRequest(event.request) } }
    case 'response':
      return { response: { from: formatAddress(event.source), ...heardResponse(event.response, event.context) } }
    case 'send-error': {
      const { error, target, message, context } = event
      const sent =
        message.kind === 'request'
          ? { request: heardRequest(message.request) }
          : { response: heardResponse(message.response, undefined) }
      const returned = { ...sent, blob: seenBlob(event.blob) }
      return { error, target: formatAddress(target), context: hexOf(context), returned }
    }
  }
}

/** A message as whoever gets it from the kernel itself sees it. */
export function heardMessage({ source, message }: KernelMessage): Heard {
  const capabilities = message.capabilities.map(({ capability }) => capability)
  const from = formatAddress(source)
  if (message.kind === 'request') return { from, ...heardRequest({ ...message, capabilities }) }
  return { from, ...heardResponse({ ...message, capabilities }, message.context) }
}

type RequestParts = Omit<GuestResponse, 'blob'> & { readonly expectsResponse: bigint | undefined }

function heardRequest({ expectsResponse, ...parts }: RequestParts): Heard {
  return { ...heardParts(parts), expects: expectsResponse === undefined ? null : Number(expectsResponse) }
}

function heardResponse(parts: Omit<GuestResponse, 'blob'>, context: Uint8Array | undefined): Heard {
  return { ...heardParts(parts), context: hexOf(context) }
}

function heardParts({ inherit, body, metadata, capabilities }: Omit<GuestResponse, 'blob'>): Heard {
  return {
    inherit,
    body: Buffer.from(body).toString('hex'),
    metadata: metadata ?? null,
    capabilities: capabilities.map(seenCapability),
  }
}

export function seenCapability({ issuer, params }: Capability): { issuer: string; params: string } {
  return { issuer: formatAddress(issuer), params }
}

export function seenBlob(blob: Blob | undefined): BlobSeen | null {
  return blob === undefined ? null : { mime: blob.mime ?? null, bytes: Buffer.from(blob.bytes).toString('hex') }
}

function hexOf(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('hex')
}

export function reportStart(our: ProcessAddress): Report {
  return { call: 'init', argument: formatAddress(our), our: formatAddress(our), blob: null }
}
