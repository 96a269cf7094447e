import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoded, decoded, type Hex, type NodeIdentity, undecodable } from '@hyperware/protocol'
import { writeFileAtomically } from '../../disk/atomic-file.ts'
import { isRecord } from '../../kernel/json.ts'
import { decodeIdentityRow } from './identity-row.ts'

/** Upper bound of the file: a million identities of ordinary size. */
const SAVED_VIEW_MAX_BYTES = 512 * 1024 * 1024

/** What a node knew of the others when it last looked: enough to find its peers again without an index. */
export type SavedView = {
  chainId: number
  hypermap: Hex
  block: number
  currentAtMs: number | undefined
  identities: readonly NodeIdentity[]
}

function savedViewPath(home: string): string {
  return join(home, 'identities.json')
}

/** Writes the view whole or not at all. */
export async function saveView(home: string, view: SavedView): Promise<void> {
  const { identities, currentAtMs, ...rest } = view
  const file = { version: 1, ...rest, currentAtMs: currentAtMs ?? null, identities: identities.map(encodeIdentity) }
  await writeFileAtomically(savedViewPath(home), JSON.stringify(file))
}

/** Reads the view of an earlier run; undefined when there is none. A damaged file is a problem, not an exception. */
export async function loadView(home: string): Promise<Decoded<SavedView> | undefined> {
  const file = await open(savedViewPath(home), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    if (size > SAVED_VIEW_MAX_BYTES) return undecodable(`it is ${size} bytes long`)
    return decodeSavedView(await file.readFile('utf8'))
  } finally {
    await file.close()
  }
}

function decodeSavedView(text: string): Decoded<SavedView> {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch {
    return undecodable('it is not JSON')
  }
  if (!isRecord(file) || file['version'] !== 1) return undecodable('it is not a version 1 file')
  const { chainId, hypermap, block, currentAtMs, identities: rows } = file
  if (typeof chainId !== 'number' || typeof block !== 'number' || typeof hypermap !== 'string') {
    return undecodable('chainId, block or hypermap is missing')
  }
  if (!Array.isArray(rows)) return undecodable('identities are not a list')
  const identities: NodeIdentity[] = []
  for (const row of rows) {
    const identity = decodeIdentityRow(row)
    if (!identity.ok) return identity
    if (identity.value.identity) identities.push(identity.value.identity)
  }
  return decoded({
    chainId,
    hypermap: hypermap as Hex,
    block,
    currentAtMs: typeof currentAtMs === 'number' ? currentAtMs : undefined,
    identities,
  })
}

/** The shape of a GraphQL row, so that one decoder reads both. */
function encodeIdentity({ name, netKey, routing }: NodeIdentity): Record<string, unknown> {
  if (routing.kind === 'indirect') {
    return { name, kind: routing.kind, netKey, routers: routing.routers.map((router) => ({ name: router })) }
  }
  const { ip, ports } = routing
  return {
    name,
    kind: routing.kind,
    netKey,
    ip,
    ...Object.fromEntries(Object.entries(ports).map(([transport, port]) => [`${transport}Port`, port])),
  }
}
