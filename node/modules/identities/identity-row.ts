import {
  type Decoded,
  decoded,
  type Hex,
  isHex,
  isName,
  type Name,
  type NodeIdentity,
  type NodePorts,
  parseIp,
  quote,
  ROUTERS_MAX,
  undecodable,
} from '@hyperware/protocol'
import { isRecord } from '../../kernel/json.ts'

/** One row of the index, decoded. `identity` is undefined while the node's notes add up to nothing reachable. */
export type IdentityRow = { name: Name; identity: NodeIdentity | undefined }

/** The fields asked for, beside `name`. */
export const IDENTITY_FIELDS = 'name kind netKey ip tcpPort wsPort udpPort wtPort routers { name }'

/**
 * Decodes one `NodeIdentity` of the GraphQL answer. Routers whose name the index does not know yet are left out.
 * A row of a name that no node can have is a problem, like any field of the wrong shape.
 */
export function decodeIdentityRow(row: unknown): Decoded<IdentityRow> {
  if (!isRecord(row)) return undecodable('a row is not an object')
  const { name, kind, netKey } = row
  if (typeof name !== 'string' || name === '' || !isName(name)) return undecodable(`${show(name)} is not a name`)
  if (kind === 'incomplete') return decoded({ name, identity: undefined })
  if (typeof netKey !== 'string' || !isHex(netKey, 32)) {
    return undecodable(`netKey of ${quote(name)} is ${show(netKey)}, expected 32 bytes in hex`)
  }
  const key = netKey.toLowerCase() as Hex
  if (kind === 'direct') return decodeDirect(name, key, row)
  if (kind === 'indirect') return decodeIndirect(name, key, row['routers'])
  return undecodable(`kind of ${quote(name)} is ${show(kind)}, expected direct, indirect or incomplete`)
}

function decodeDirect(name: Name, netKey: Hex, row: Record<string, unknown>): Decoded<IdentityRow> {
  const { ip } = row
  if (typeof ip !== 'string' || !isIp(ip)) return undecodable(`ip of ${quote(name)} is ${show(ip)}`)
  const ports: { -readonly [transport in keyof NodePorts]: number } = {}
  for (const transport of ['tcp', 'ws', 'udp', 'wt'] as const) {
    const port = row[`${transport}Port`]
    if (port === null || port === undefined) continue
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      return undecodable(`${transport}Port of ${quote(name)} is ${show(port)}, expected 1 to 65535`)
    }
    ports[transport] = port
  }
  return decoded({ name, identity: { name, netKey, routing: { kind: 'direct', ip, ports } } })
}

function decodeIndirect(name: Name, netKey: Hex, rows: unknown): Decoded<IdentityRow> {
  if (!Array.isArray(rows) || rows.length > ROUTERS_MAX) {
    return undecodable(`routers of ${quote(name)} are not a list of at most ${ROUTERS_MAX}`)
  }
  const routers: Name[] = []
  for (const row of rows) {
    const router: unknown = isRecord(row) ? row['name'] : undefined
    if (router === null) continue
    // The index shows names that no client could write in brackets; no node can be reached by those.
    if (typeof router !== 'string') return undecodable(`a router of ${quote(name)} is ${show(router)}`)
    if (router !== '' && isName(router)) routers.push(router)
  }
  return decoded({ name, identity: { name, netKey, routing: { kind: 'indirect', routers } } })
}

function isIp(text: string): boolean {
  try {
    parseIp(text)
    return true
  } catch {
    return false // parseIp throws exactly when the text is no address
  }
}

function show(value: unknown): string {
  return quote(JSON.stringify(value) ?? 'undefined')
}
