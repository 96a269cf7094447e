import { formatTable, type CommandIo } from '../cli/io.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import { CommandError } from '../errors.ts'
import { decodeHnsNote, hexToBytes, quote, type Name } from '@hyperware/protocol'
import { askIndex } from '../onchain/index-client.ts'
import type { NamesGetOptions } from './names.ts'

const QUERY = `query ($name: String!) {
  entry(name: $name) {
    name namehash owner tba gene createdBlock updatedBlock
    notes(first: 1000) { label data text problem updatedBlock }
    facts(first: 1000) { label data text createdBlock }
    children(first: 1000) { name }
    nodeIdentity { kind netKey ip tcpPort wsPort udpPort wtPort routers { name namehash } }
  }
}`

type Datum = { label: string; data: string; text: string | null; problem?: string | null }
type Identity = {
  kind: string
  netKey: string | null
  ip: string | null
  tcpPort: number | null
  wsPort: number | null
  udpPort: number | null
  wtPort: number | null
  routers: { name: string | null; namehash: string }[]
}
type Entry = {
  name: string
  namehash: string
  owner: string
  tba: string
  gene: string | null
  notes: Datum[]
  facts: Datum[]
  children: { name: string }[]
  nodeIdentity: Identity | null
}

const SHOWN_MAX = 96

/** The address or port that a note of a node identity holds; undefined for any other note, and for malformed ones. */
function formatHnsNote({ label, data }: Datum): string | undefined {
  const note = decodeHnsNote(label, hexToBytes(data))
  if (note?.ok !== true || 'cleared' in note.value) return undefined
  if ('ip' in note.value) return note.value.ip
  return 'port' in note.value ? String(note.value.port) : undefined
}

/** Bytes for a terminal: what they mean, text when it is text, hex when short enough, else the length. */
function formatDatum(datum: Datum): string {
  const { data, text, problem } = datum
  const sizeBytes = (data.length - 2) / 2
  const shown = data.length <= SHOWN_MAX ? data : `${data.slice(0, 34)}… (${sizeBytes} bytes)`
  const value = formatHnsNote(datum) ?? (text !== null && text.length <= SHOWN_MAX ? quote(text) : shown)
  return problem === null || problem === undefined ? value : `${value}  (${problem})`
}

function formatIdentity(identity: Identity): string {
  const { tcpPort, wsPort, udpPort, wtPort } = identity
  const ports = Object.entries({ tcp: tcpPort, ws: wsPort, udp: udpPort, wt: wtPort })
    .filter(([, port]) => port !== null)
    .map(([transport, port]) => `${transport} ${port}`)
  const routers = identity.routers.map((router) => router.name ?? router.namehash)
  if (identity.kind === 'direct') return `direct node at ${identity.ip} (${ports.join(', ')})`
  return identity.kind === 'indirect' ? `indirect node behind ${routers.join(', ')}` : 'incomplete node identity'
}

function formatEntry(entry: Entry): string[] {
  const rows: string[][] = [
    ['name', entry.name],
    ['namehash', entry.namehash],
    ['owner', entry.owner],
    ['account', entry.tba],
  ]
  if (entry.gene !== null) rows.push(['gene', entry.gene])
  if (entry.nodeIdentity !== null) rows.push(['node', formatIdentity(entry.nodeIdentity)])
  for (const datum of [...entry.notes, ...entry.facts]) rows.push([datum.label, formatDatum(datum)])
  if (entry.children.length > 0) rows.push(['children', entry.children.map(({ name }) => name).join(' ')])
  return formatTable(rows)
}

/** `names get`. @throws CommandError `unknown-name` when the index has no such entry. */
export async function showName(io: CommandIo, name: Name, options: NamesGetOptions): Promise<void> {
  const url = options.graphql ?? getRunningNetwork(options.network).graphql
  const { entry } = await askIndex<{ entry: Entry | null }>(url, QUERY, { name })
  if (entry === null) {
    throw new CommandError({ code: 'unknown-name', name }, `Cannot find "${name}" in the index: no such entry`, {
      hint: `mint it with "hyperware names mint ${name}"`,
    })
  }
  if (options.json === true) io.out(JSON.stringify(entry))
  else for (const line of formatEntry(entry)) io.out(line)
}
