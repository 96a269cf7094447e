import { type Hex, isHex } from './bytes.ts'
import {
  type Codec,
  bool,
  byteVector,
  decode,
  encode,
  enumeration,
  list,
  mapped,
  option,
  struct,
  text,
  u16,
  unit,
  variant,
} from './codecs.ts'
import { type Decoded, decoded, quote, undecodable } from './errors.ts'
import type { NodeIdentity, NodePorts, NodeRouting } from './identity.ts'
import type { HnsUpdate, NetAction, NetResponse } from './messages.ts'
import type { MsgpackReader } from './msgpack-read.ts'
import type { Name } from './names.ts'
import { ROUTERS_MAX } from './notes.ts'
import type { ProcessAddress } from './processes.ts'
import { MESSAGE_MAX_BYTES } from './wire-kernel.ts'
import { address, name, pair } from './wire-parts.ts'

/** The most identities in one list, and addresses and ports in one identity. */
const IDENTITIES_MAX = 100_000
const IPS_MAX = 16
const PORTS_MAX = 16

/** Keys in byte order, as live nodes write them. Ports that are not ours to know are passed over, and 0 is no port. */
const PORT_KEYS = ['tcp', 'udp', 'ws', 'wt'] as const

const ports: Codec<NodePorts> = {
  write: (sink, value) => {
    const present = PORT_KEYS.filter((key) => value[key] !== undefined)
    sink.mapHeader(present.length)
    for (const key of present) {
      sink.text(key)
      sink.uint(value[key] ?? 0)
    }
  },
  read: readPorts,
}

function readPorts(reader: MsgpackReader): NodePorts {
  const start = reader.offset
  const length = reader.mapLength()
  if (length > PORTS_MAX) reader.fail(`there are ${length} ports, expected at most ${PORTS_MAX}`, start)
  const found: { -readonly [K in keyof NodePorts]: NodePorts[K] } = {}
  for (let index = 0; index < length; index++) {
    const key = reader.text()
    const port = u16.read(reader)
    const known = PORT_KEYS.find((candidate) => candidate === key)
    if (known !== undefined && port !== 0) found[known] = port
  }
  return found
}

/** A 32-byte key as hexadecimal text, with or without 0x. */
function netKeyText(prefix: '0x' | ''): Codec<Hex> {
  return mapped(
    text,
    (value: Hex): string => `${prefix}${value.slice(2)}`,
    (value) => {
      const prefixed = value.startsWith('0x') ? value : `0x${value}`
      if (isHex(prefixed, 32)) return decoded(prefixed.toLowerCase() as Hex)
      return undecodable(`the key ${quote(value)} is not 64 hexadecimal digits`)
    },
  )
}

const names = list(name, 'routers', ROUTERS_MAX)

const routing: Codec<NodeRouting> = enumeration('the routing', [
  variant<NodeRouting, 'indirect', readonly Name[]>(
    'indirect',
    names,
    (value) => value.routers,
    (routers) => ({ kind: 'indirect', routers }),
    'Routers',
  ),
  variant<NodeRouting, 'direct', readonly [string, NodePorts]>(
    'direct',
    pair('the direct routing', text, ports),
    (value) => [value.ip, value.ports],
    ([ip, found]) => ({ kind: 'direct', ip, ports: found }),
    'Direct',
  ),
])

const nodeIdentity: Codec<NodeIdentity> = struct('the identity', {
  name: ['name', name],
  netKey: ['networking_key', netKeyText('0x')],
  routing: ['routing', routing],
})

const hnsUpdate: Codec<HnsUpdate> = struct('the update', {
  name: ['name', name],
  publicKey: ['public_key', netKeyText('')],
  ips: ['ips', list(text, 'addresses', IPS_MAX)],
  ports: ['ports', ports],
  routers: ['routers', names],
})

const verify = struct<{ from: ProcessAddress; signature: Uint8Array }>('Verify', {
  from: ['from', address],
  signature: ['signature', byteVector],
})

/** In the order live nodes declare them, which numbers the cases. */
const netAction: Codec<NetAction> = enumeration('the net action', [
  variant<NetAction, 'ConnectionRequest', string>(
    'ConnectionRequest',
    text,
    (value) => value.name,
    (of) => ({ kind: 'ConnectionRequest', name: of }),
  ),
  variant<NetAction, 'HnsUpdate', HnsUpdate>(
    'HnsUpdate',
    hnsUpdate,
    (value) => value.update,
    (update) => ({ kind: 'HnsUpdate', update }),
  ),
  variant<NetAction, 'HnsBatchUpdate', readonly HnsUpdate[]>(
    'HnsBatchUpdate',
    list(hnsUpdate, 'updates', IDENTITIES_MAX),
    (value) => value.updates,
    (updates) => ({ kind: 'HnsBatchUpdate', updates }),
  ),
  unit<NetAction>({ kind: 'GetPeers' }),
  variant<NetAction, 'GetPeer', string>(
    'GetPeer',
    text,
    (value) => value.name,
    (of) => ({ kind: 'GetPeer', name: of }),
  ),
  unit<NetAction>({ kind: 'GetDiagnostics' }),
  unit<NetAction>({ kind: 'Sign' }),
  variant<NetAction, 'Verify', { from: ProcessAddress; signature: Uint8Array }>(
    'Verify',
    verify,
    (value) => value,
    (value) => ({ kind: 'Verify', ...value }),
  ),
])

const netResponse: Codec<NetResponse> = enumeration('the net response', [
  variant<NetResponse, 'Accepted', string>(
    'Accepted',
    text,
    (value) => value.name,
    (of) => ({ kind: 'Accepted', name: of }),
  ),
  variant<NetResponse, 'Rejected', string>(
    'Rejected',
    text,
    (value) => value.name,
    (of) => ({ kind: 'Rejected', name: of }),
  ),
  variant<NetResponse, 'Peers', readonly NodeIdentity[]>(
    'Peers',
    list(nodeIdentity, 'identities', IDENTITIES_MAX),
    (value) => value.peers,
    (peers) => ({ kind: 'Peers', peers }),
  ),
  variant<NetResponse, 'Peer', NodeIdentity | undefined>(
    'Peer',
    option(nodeIdentity),
    (value) => value.peer,
    (peer) => ({ kind: 'Peer', peer }),
  ),
  variant<NetResponse, 'Diagnostics', string>(
    'Diagnostics',
    text,
    (value) => value.text,
    (lines) => ({ kind: 'Diagnostics', text: lines }),
  ),
  unit<NetResponse>({ kind: 'Signed' }),
  variant<NetResponse, 'Verified', boolean>(
    'Verified',
    bool,
    (value) => value.valid,
    (valid) => ({ kind: 'Verified', valid }),
  ),
])

/** The body of a request to `net:distro:sys` (net.md section 11). Throws `WireError` when it is too large. */
export function encodeNetAction(action: NetAction): Uint8Array {
  return encode(netAction, action, MESSAGE_MAX_BYTES)
}

/** A body that is no action is a greeting when it comes from another node. No valid UTF-8 text is an action. */
export function decodeNetAction(bytes: Uint8Array): Decoded<NetAction> {
  return decode(netAction, bytes, MESSAGE_MAX_BYTES)
}

export function encodeNetResponse(response: NetResponse): Uint8Array {
  return encode(netResponse, response, MESSAGE_MAX_BYTES)
}

export function decodeNetResponse(bytes: Uint8Array): Decoded<NetResponse> {
  return decode(netResponse, bytes, MESSAGE_MAX_BYTES)
}

export function encodeNodeIdentity(identity: NodeIdentity): Uint8Array {
  return encode(nodeIdentity, identity, MESSAGE_MAX_BYTES)
}

export function decodeNodeIdentity(bytes: Uint8Array): Decoded<NodeIdentity> {
  return decode(nodeIdentity, bytes, MESSAGE_MAX_BYTES)
}
