import { formatAddress, type SignedCapability, utf8ToBytes } from '@hyperware/protocol'
import type { ReferenceProcess } from '../../../node/import/process-map.ts'

/** Bincode 1.3 as the reference writes it, for tests. Each function gives the bytes of one value. */
export const u8 = (value: number): Uint8Array => Uint8Array.of(value)
export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
export const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer)
export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
export const bytes = (value: Uint8Array): Uint8Array => join(u64(BigInt(value.length)), value)
export const text = (value: string): Uint8Array => bytes(utf8ToBytes(value))

export function list<T>(items: readonly T[], write: (item: T) => Uint8Array): Uint8Array {
  return join(u64(BigInt(items.length)), ...items.map(write))
}

export function option<T>(value: T | undefined, write: (value: T) => Uint8Array): Uint8Array {
  return value === undefined ? u8(0) : join(u8(1), write(value))
}

const signed = ({ capability: { issuer, params }, signature }: SignedCapability): Uint8Array =>
  join(text(formatAddress(issuer)), text(params), bytes(signature))

/** The signature of a capability that an on-exit request carries; a reader leaves it out. */
const SIGNATURE = new Uint8Array(64).fill(5)

function onExit(value: ReferenceProcess['onExit']): Uint8Array {
  if (value.kind === 'none') return u32(0)
  if (value.kind === 'restart') return u32(1)
  return join(
    u32(2),
    list(value.requests, (request) =>
      join(
        text(formatAddress(request.target)),
        u8(request.inherit ? 1 : 0),
        option(request.expectsResponse, u64),
        bytes(request.body),
        option(request.metadata, text),
        list(request.capabilities, (capability) => signed({ capability, signature: SIGNATURE })),
        option(request.blob, (blob) => join(option(blob.mime, text), bytes(blob.bytes))),
      ),
    ),
  )
}

export function encodeProcessMap(processes: readonly ReferenceProcess[]): Uint8Array {
  return list(processes, (process) =>
    join(
      text(process.id),
      text(process.wasmBytesHandle),
      option(process.witVersion, u32),
      onExit(process.onExit),
      list(process.capabilities, signed),
      u8(process.public ? 1 : 0),
    ),
  )
}
