import type { Blob, Capability, ProcessAddress, ProcessId } from '@hyperware/protocol'
import { PIECE_BYTES, type PendingCopy } from '../kernel/copy-in-turns.ts'
import type { Landing } from './landing.ts'

/**
 * What goes from one thread to another goes as one flat list of values: cloning that takes a third of the time of cloning
 * the objects. Both sides are ours and read in the order in which the other wrote, so nothing says what a value is.
 */
export type Packed = {
  readonly values: readonly Value[]
  readonly buffers: ArrayBuffer[]
  /** To be made before this is sent: they take too long to be made in one go. */
  readonly copies: readonly PendingCopy[]
}

type Value = string | number | bigint | boolean | undefined | Uint8Array

/** Bytes at least this long change hands; copying shorter ones costs less than handing them over. */
const HAND_OVER_MIN_BYTES = 16_384

export type Packer = {
  add: (value: Value) => void
  /** Bytes that the receiver reads before it asks again. */
  bytes: (bytes: Uint8Array) => void
  /** Bytes that the receiver keeps. */
  kept: (bytes: Uint8Array) => void
  /** Bytes that nobody here needs any more. */
  given: (bytes: Uint8Array) => void
  packed: () => Packed
}

/**
 * Without a `landing` nobody here needs the packed bytes any more: long ones are handed over without a copy. With one they
 * stay here, but for those that are given, and what does not fit into it is copied.
 */
export function createPacker(landing?: Landing): Packer {
  const values: Value[] = []
  const buffers: ArrayBuffer[] = []
  const copies: PendingCopy[] = []
  landing?.clear()

  function handOver(given: Uint8Array): void {
    const whole = given.length === given.buffer.byteLength // cloning a part would clone all of its buffer
    const sent = whole ? given : new Uint8Array(given)
    values.push(sent)
    if (sent.length >= HAND_OVER_MIN_BYTES) buffers.push(sent.buffer as ArrayBuffer)
  }

  function copy(given: Uint8Array): void {
    if (given.length < HAND_OVER_MIN_BYTES) return handOver(given)
    if (given.length <= PIECE_BYTES) return handOver(new Uint8Array(given))
    const to = new Uint8Array(given.length) // its pages are made as they are filled
    copies.push({ from: given, to })
    handOver(to)
  }

  function land(given: Uint8Array): void {
    const placed = given.length < HAND_OVER_MIN_BYTES ? undefined : landing?.place(given)
    if (placed === undefined) copy(given)
    else values.push(placed)
  }

  return {
    add: (value) => void values.push(value),
    bytes: landing === undefined ? handOver : land,
    kept: landing === undefined ? handOver : copy,
    given: handOver,
    packed: () => ({ values, buffers, copies }),
  }
}

export type Unpacker = { next: <T extends Value>() => T }

export function createUnpacker(values: readonly Value[]): Unpacker {
  let at = 0
  return { next: <T extends Value>() => values[at++] as T }
}

export function packOption<T>(packer: Packer, value: T | undefined, pack: (packer: Packer, value: T) => void): void {
  packer.add(value !== undefined)
  if (value !== undefined) pack(packer, value)
}

export function unpackOption<T>(from: Unpacker, unpack: (from: Unpacker) => T): T | undefined {
  return from.next<boolean>() ? unpack(from) : undefined
}

export function packList<T>(packer: Packer, list: readonly T[], pack: (packer: Packer, value: T) => void): void {
  packer.add(list.length)
  for (const item of list) pack(packer, item)
}

export function unpackList<T>(from: Unpacker, unpack: (from: Unpacker) => T): T[] {
  const length = from.next<number>()
  return Array.from({ length }, () => unpack(from))
}

export function packBytes(packer: Packer, bytes: Uint8Array): void {
  packer.bytes(bytes)
}

export function unpackBytes(from: Unpacker): Uint8Array {
  return from.next<Uint8Array>()
}

export function packProcessId(packer: Packer, id: ProcessId): void {
  packer.add(id.process)
  packer.add(id.package)
  packer.add(id.publisher)
}

export function unpackProcessId(from: Unpacker): ProcessId {
  return { process: from.next<string>(), package: from.next<string>(), publisher: from.next<string>() }
}

export function packAddress(packer: Packer, address: ProcessAddress): void {
  packer.add(address.node)
  packProcessId(packer, address.process)
}

export function unpackAddress(from: Unpacker): ProcessAddress {
  return { node: from.next<string>(), process: unpackProcessId(from) }
}

export function packCapability(packer: Packer, { issuer, params }: Capability): void {
  packAddress(packer, issuer)
  packer.add(params)
}

export function unpackCapability(from: Unpacker): Capability {
  return { issuer: unpackAddress(from), params: from.next<string>() }
}

export function packBlob(packer: Packer, { mime, bytes }: Blob): void {
  packer.add(mime)
  packer.kept(bytes) // the last blob can be read again
}

export function unpackBlob(from: Unpacker): Blob {
  return { mime: from.next<string | undefined>(), bytes: from.next<Uint8Array>() }
}
