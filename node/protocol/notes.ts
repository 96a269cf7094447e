import { type Hex, bytesToHex, concatBytes, hexToBytes, isHex } from './bytes.ts'
import { type Decoded, HyperwareError, countOf, decoded, quote, undecodable } from './errors.ts'
import { formatIp, parseIp } from './ip.ts'
import type { Namehash } from './names.ts'

/** The notes that make up a node's identity (onchain.md section 5). */
export const HNS_NOTE_LABELS = [
  '~net-key',
  '~ip',
  '~tcp-port',
  '~udp-port',
  '~ws-port',
  '~wt-port',
  '~routers',
] as const

export type HnsNoteLabel = (typeof HNS_NOTE_LABELS)[number]
export type PortNoteLabel = '~tcp-port' | '~udp-port' | '~ws-port' | '~wt-port'

/** A note of the node identity, decoded. Empty data clears the note, and is the one shape with `cleared`. */
export type HnsNote =
  | { label: '~net-key'; key: Hex } // 32 bytes, an Ed25519 public key
  | { label: '~ip'; ip: string } // 4 or 16 bytes, big-endian, here as text
  | { label: PortNoteLabel; port: number } // 2 bytes, big-endian; 0 says that there is no such port
  | { label: '~routers'; routers: readonly Namehash[] } // 32 bytes each
  | { label: HnsNoteLabel; cleared: true }

/** The most routers one note may list: far above any real node, low enough that a hostile note stays cheap. */
export const ROUTERS_MAX = 64

const NET_KEY_SIZE = 32
const NAMEHASH_SIZE = 32

export function isHnsNoteLabel(label: string): label is HnsNoteLabel {
  return (HNS_NOTE_LABELS as readonly string[]).includes(label)
}

/** Decodes the data of a note. Undefined when `label` (with its `~`) is not one of the node identity. */
export function decodeHnsNote(label: string, data: Uint8Array): Decoded<HnsNote> | undefined {
  if (!isHnsNoteLabel(label)) return undefined
  if (data.length === 0) return decoded({ label, cleared: true })
  switch (label) {
    case '~net-key':
      if (data.length !== NET_KEY_SIZE)
        return undecodable(`~net-key is ${countOf(data.length, 'byte')}, expected ${NET_KEY_SIZE}`)
      return decoded({ label, key: bytesToHex(data) })
    case '~ip':
      if (data.length !== 4 && data.length !== 16)
        return undecodable(`~ip is ${countOf(data.length, 'byte')}, expected 4 or 16`)
      return decoded({ label, ip: formatIp(data) })
    case '~tcp-port':
    case '~udp-port':
    case '~ws-port':
    case '~wt-port':
      if (data.length !== 2) return undecodable(`${label} is ${countOf(data.length, 'byte')}, expected 2`)
      return decoded({ label, port: ((data[0] ?? 0) << 8) | (data[1] ?? 0) })
    case '~routers':
      return decodeRouters(data)
  }
}

function decodeRouters(data: Uint8Array): Decoded<HnsNote> {
  if (data.length % NAMEHASH_SIZE !== 0) {
    return undecodable(`~routers is ${countOf(data.length, 'byte')}, expected a multiple of ${NAMEHASH_SIZE}`)
  }
  const count = data.length / NAMEHASH_SIZE
  if (count > ROUTERS_MAX)
    return undecodable(`~routers lists ${countOf(count, 'router')}, expected at most ${ROUTERS_MAX}`)
  const routers = Array.from(
    { length: count },
    (_, index) => bytesToHex(data.subarray(NAMEHASH_SIZE * index, NAMEHASH_SIZE * (index + 1))) as Namehash,
  )
  return decoded({ label: '~routers', routers })
}

export type NoteProblem =
  | { code: 'net-key-size'; key: string }
  | { code: 'port-range'; port: number }
  | { code: 'routers-count'; count: number; maximum: number }
  | { code: 'router-hash'; router: string }

/** Thrown when asked to encode a value that no node would accept. */
export class NoteError extends HyperwareError<NoteProblem> {}

/** Data of `~net-key`: the 32 bytes of an Ed25519 public key. Throws `NoteError`. */
export function encodeNetKey(key: Hex): Uint8Array {
  if (!isHex(key, NET_KEY_SIZE)) {
    throw new NoteError(
      { code: 'net-key-size', key },
      `Cannot encode ~net-key ${quote(key)}: expected 0x and ${2 * NET_KEY_SIZE} hexadecimal digits`,
    )
  }
  return hexToBytes(key)
}

/** Data of `~ip`: 4 or 16 big-endian bytes. Throws `IpError`. */
export function encodeIp(text: string): Uint8Array {
  return parseIp(text)
}

/** Data of a port note: 2 big-endian bytes. 0 says that the node has no such port. Throws `NoteError`. */
export function encodePort(port: number): Uint8Array {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new NoteError(
      { code: 'port-range', port },
      `Cannot encode port ${port}: expected a whole number from 0 to 65535`,
    )
  }
  return Uint8Array.of(port >> 8, port & 0xff)
}

/** Data of `~routers`: namehashes one after the other, at least one, at most `ROUTERS_MAX`. Throws `NoteError`. */
export function encodeRouters(routers: readonly Namehash[]): Uint8Array {
  if (routers.length === 0 || routers.length > ROUTERS_MAX) {
    throw new NoteError(
      { code: 'routers-count', count: routers.length, maximum: ROUTERS_MAX },
      `Cannot encode ~routers: ${countOf(routers.length, 'router')} given, expected 1 to ${ROUTERS_MAX}`,
    )
  }
  for (const router of routers) {
    if (!isHex(router, NAMEHASH_SIZE)) {
      throw new NoteError(
        { code: 'router-hash', router },
        `Cannot encode ~routers: ${quote(router)} is not a namehash, expected 0x and ${2 * NAMEHASH_SIZE} hexadecimal digits`,
      )
    }
  }
  return concatBytes(...routers.map(hexToBytes))
}
