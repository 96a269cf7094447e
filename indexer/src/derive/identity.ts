import {
  EMPTY_HNS_RECORD,
  type Hex,
  type HnsNote,
  type HnsRecord,
  type HnsRecordKind,
  type Namehash,
  type NodePorts,
  applyHnsNote,
  classifyHnsRecord,
} from '@hyperware/protocol'

/** The columns of `node_identity` that follow from the notes. */
export type IdentityColumns = {
  kind: HnsRecordKind
  netKey: Hex | null
  ip: string | null
  tcpPort: number | null
  wsPort: number | null
  udpPort: number | null
  wtPort: number | null
  routers: Hex[]
}

/** The columns after one more note. Without a note, or with one that could not be read, they stay as they were. */
export function deriveIdentity(before: IdentityColumns | null, note: HnsNote | undefined): IdentityColumns {
  const record = before === null ? EMPTY_HNS_RECORD : recordOf(before)
  return columnsOf(note === undefined ? record : applyHnsNote(record, note))
}

/** Whether the columns say nothing at all, as after every note was cleared. */
export function isEmptyIdentity(columns: IdentityColumns): boolean {
  const { netKey, ip, tcpPort, wsPort, udpPort, wtPort, routers } = columns
  return [netKey, ip, tcpPort, wsPort, udpPort, wtPort].every((value) => value === null) && routers.length === 0
}

function recordOf(columns: IdentityColumns): HnsRecord {
  return {
    ...(columns.netKey === null ? {} : { netKey: columns.netKey }),
    ...(columns.ip === null ? {} : { ip: columns.ip }),
    ports: portsOf(columns),
    routers: columns.routers as Namehash[], // only `columnsOf` writes them
  }
}

function portsOf(columns: IdentityColumns): NodePorts {
  return {
    ...(columns.tcpPort === null ? {} : { tcp: columns.tcpPort }),
    ...(columns.wsPort === null ? {} : { ws: columns.wsPort }),
    ...(columns.udpPort === null ? {} : { udp: columns.udpPort }),
    ...(columns.wtPort === null ? {} : { wt: columns.wtPort }),
  }
}

function columnsOf(record: HnsRecord): IdentityColumns {
  return {
    kind: classifyHnsRecord(record),
    netKey: record.netKey ?? null,
    ip: record.ip ?? null,
    tcpPort: record.ports.tcp ?? null,
    wsPort: record.ports.ws ?? null,
    udpPort: record.ports.udp ?? null,
    wtPort: record.ports.wt ?? null,
    routers: [...record.routers],
  }
}
