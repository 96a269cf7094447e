import type { Hex } from './bytes.ts'
import { unreachable } from './errors.ts'
import type { Name, Namehash } from './names.ts'
import type { HnsNote, HnsNoteLabel, PortNoteLabel } from './notes.ts'

/** The ports a node listens on. A port of 0 is never kept: absent means absent. */
export type NodePorts = { readonly tcp?: number; readonly ws?: number; readonly udp?: number; readonly wt?: number }

/** What the notes of one entry add up to so far. Made only by `applyHnsNote`, in the order of the chain's log. */
export type HnsRecord = {
  readonly netKey?: Hex
  readonly ip?: string
  readonly ports: NodePorts
  readonly routers: readonly Namehash[]
}

export const EMPTY_HNS_RECORD: HnsRecord = { ports: {}, routers: [] }

/** How a node is reached: at its own address, or through the nodes it names. */
export type NodeRouting =
  { kind: 'direct'; ip: string; ports: NodePorts } | { kind: 'indirect'; routers: readonly Name[] }

export type NodeIdentity = { name: Name; netKey: Hex; routing: NodeRouting }

export type HnsRecordKind = 'direct' | 'indirect' | 'incomplete'

/**
 * Adds one note to the record of its entry. Pure. The last write decides between direct and indirect: `~ip`,
 * `~tcp-port` and `~ws-port` take the routers away, `~routers` takes the address and every port away, because that is
 * how live nodes read the chain and all must agree. They do not read `~udp-port` and `~wt-port`, so these two change
 * nothing but themselves. An emptied note takes away its own value alone (onchain.md section 5, and 9 nos 15 to 18).
 */
export function applyHnsNote(record: HnsRecord, note: HnsNote): HnsRecord {
  if ('cleared' in note) return clearHnsNote(record, note.label)
  switch (note.label) {
    case '~net-key':
      return { ...record, netKey: note.key }
    case '~ip':
      return { ...record, ip: note.ip, routers: [] }
    case '~tcp-port':
    case '~ws-port':
      return { ...record, ports: withPort(record.ports, note.label, note.port), routers: [] }
    case '~udp-port':
    case '~wt-port':
      return { ...record, ports: withPort(record.ports, note.label, note.port) }
    case '~routers':
      return { ...withoutIp(record), ports: {}, routers: note.routers }
    default:
      return unreachable(note)
  }
}

function clearHnsNote(record: HnsRecord, label: HnsNoteLabel): HnsRecord {
  switch (label) {
    case '~net-key': {
      const { netKey: _, ...rest } = record
      return rest
    }
    case '~ip':
      return withoutIp(record)
    case '~routers':
      return { ...record, routers: [] }
    case '~tcp-port':
    case '~udp-port':
    case '~ws-port':
    case '~wt-port':
      return { ...record, ports: withPort(record.ports, label, 0) }
    default:
      return unreachable(label)
  }
}

const TRANSPORT_OF = { '~tcp-port': 'tcp', '~udp-port': 'udp', '~ws-port': 'ws', '~wt-port': 'wt' } as const

function withPort(ports: NodePorts, label: PortNoteLabel, port: number): NodePorts {
  const transport = TRANSPORT_OF[label]
  const { [transport]: _, ...others } = ports
  return port === 0 ? others : { ...others, [transport]: port }
}

function withoutIp(record: HnsRecord): HnsRecord {
  const { ip: _, ...rest } = record
  return rest
}

/** A node needs a key, and either routers or an address with at least one port (whitepaper section 3). */
export function classifyHnsRecord(record: HnsRecord): HnsRecordKind {
  if (record.netKey === undefined) return 'incomplete'
  if (record.routers.length > 0) return 'indirect'
  return record.ip !== undefined && Object.keys(record.ports).length > 0 ? 'direct' : 'incomplete'
}

/**
 * The identity that a record gives to the node `name`, or undefined while it is incomplete. Routers that
 * `findRouter` does not know yet are left out; an identity may therefore list none for a while.
 */
export function deriveNodeIdentity(
  deps: { findRouter: (router: Namehash) => Name | undefined },
  input: { name: Name; record: HnsRecord },
): NodeIdentity | undefined {
  const { name, record } = input
  const { netKey, ip } = record
  if (netKey === undefined) return undefined
  switch (classifyHnsRecord(record)) {
    case 'incomplete':
      return undefined
    case 'indirect': {
      const routers = record.routers.map(deps.findRouter).filter((router) => router !== undefined)
      return { name, netKey, routing: { kind: 'indirect', routers } }
    }
    case 'direct':
      return ip === undefined ? undefined : { name, netKey, routing: { kind: 'direct', ip, ports: record.ports } }
  }
}
