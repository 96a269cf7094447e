import { unreachable } from '@hyperware/protocol'
import type { GuestEvent, GuestRequest, GuestResponse, GuestSpawn, OnExit } from '../kernel/guest.ts'
import {
  packAddress,
  packBlob,
  packBytes,
  packCapability,
  type Packer,
  packList,
  packOption,
  packProcessId,
  unpackAddress,
  unpackBlob,
  unpackBytes,
  unpackCapability,
  type Unpacker,
  unpackList,
  unpackOption,
  unpackProcessId,
} from './packing.ts'

/** The messages of `guest.ts` as flat lists, and back. */

type Received = Omit<GuestRequest, 'target'>

function packReceived(packer: Packer, request: Received): void {
  packer.add(request.expectsResponse)
  packResponse(packer, request)
}

function unpackReceived(from: Unpacker): Received {
  const expectsResponse = from.next<bigint | undefined>()
  return { expectsResponse, ...unpackResponse(from) }
}

export function packRequest(packer: Packer, request: GuestRequest): void {
  packAddress(packer, request.target)
  packReceived(packer, request)
}

export function unpackRequest(from: Unpacker): GuestRequest {
  const target = unpackAddress(from)
  return { target, ...unpackReceived(from) }
}

export function packResponse(packer: Packer, response: GuestResponse): void {
  packer.add(response.inherit)
  packer.bytes(response.body)
  packer.add(response.metadata)
  packList(packer, response.capabilities, packCapability)
  packOption(packer, response.blob, packBlob)
}

export function unpackResponse(from: Unpacker): GuestResponse {
  return {
    inherit: from.next<boolean>(),
    body: from.next<Uint8Array>(),
    metadata: from.next<string | undefined>(),
    capabilities: unpackList(from, unpackCapability),
    blob: unpackOption(from, unpackBlob),
  }
}

export function packOnExit(packer: Packer, onExit: OnExit): void {
  packer.add(onExit.kind)
  if (onExit.kind === 'requests') packList(packer, onExit.requests, packRequest)
}

export function unpackOnExit(from: Unpacker): OnExit {
  const kind = from.next<OnExit['kind']>()
  return kind === 'requests' ? { kind, requests: unpackList(from, unpackRequest) } : { kind }
}

export function packSpawn(packer: Packer, spawn: GuestSpawn): void {
  packer.add(spawn.name)
  packer.add(spawn.wasmPath)
  packOnExit(packer, spawn.onExit)
  packList(packer, spawn.requestCapabilities, packCapability)
  packList(packer, spawn.grantCapabilities, packGrant)
  packer.add(spawn.public)
}

export function unpackSpawn(from: Unpacker): GuestSpawn {
  return {
    name: from.next<string | undefined>(),
    wasmPath: from.next<string>(),
    onExit: unpackOnExit(from),
    requestCapabilities: unpackList(from, unpackCapability),
    grantCapabilities: unpackList(from, unpackGrant),
    public: from.next<boolean>(),
  }
}

type Grant = GuestSpawn['grantCapabilities'][number]

function packGrant(packer: Packer, { to, params }: Grant): void {
  packProcessId(packer, to)
  packer.add(params)
}

function unpackGrant(from: Unpacker): Grant {
  return { to: unpackProcessId(from), params: from.next<string>() }
}

export function packEvent(packer: Packer, event: GuestEvent): void {
  packer.add(event.kind)
  switch (event.kind) {
    case 'request':
      packAddress(packer, event.source)
      packReceived(packer, event.request)
      return
    case 'response':
      packAddress(packer, event.source)
      packResponse(packer, event.response)
      packOption(packer, event.context, packBytes)
      return
    case 'send-error':
      packer.add(event.error)
      packAddress(packer, event.target)
      packFailed(packer, event.message)
      packOption(packer, event.blob, packBlob)
      packOption(packer, event.context, packBytes)
      return
    default:
      unreachable(event)
  }
}

type SendErrorEvent = Extract<GuestEvent, { kind: 'send-error' }>

export function unpackEvent(from: Unpacker): GuestEvent {
  const kind = from.next<GuestEvent['kind']>()
  switch (kind) {
    case 'request':
      return { kind, source: unpackAddress(from), request: unpackReceived(from) }
    case 'response':
      return {
        kind,
        source: unpackAddress(from),
        response: unpackResponse(from),
        context: unpackOption(from, unpackBytes),
      }
    case 'send-error':
      return {
        kind,
        error: from.next<SendErrorEvent['error']>(),
        target: unpackAddress(from),
        message: unpackFailed(from),
        blob: unpackOption(from, unpackBlob),
        context: unpackOption(from, unpackBytes),
      }
    default:
      return unreachable(kind)
  }
}

function packFailed(packer: Packer, message: SendErrorEvent['message']): void {
  packer.add(message.kind)
  if (message.kind === 'request') packReceived(packer, message.request)
  else packResponse(packer, message.response)
}

function unpackFailed(from: Unpacker): SendErrorEvent['message'] {
  const kind = from.next<SendErrorEvent['message']['kind']>()
  return kind === 'request' ? { kind, request: unpackReceived(from) } : { kind, response: unpackResponse(from) }
}
