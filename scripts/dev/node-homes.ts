import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createKeyFile, hashPassword, keyFilePath, openKeyFile, readKeyFile, writeKeyFile } from '@hyperware/node'
import {
  decodeHnsNote,
  encodeIp,
  encodeNetKey,
  encodePort,
  encodeRouters,
  hexToBytes,
  namehash,
  parseEntryPath,
  parseName,
  type Hex,
  type Name,
} from '@hyperware/protocol'
import type { ChainClient } from '../onchain/client.ts'
import { findEntry, readData, type LabelledData } from '../onchain/entries.ts'
import { writeData } from '../onchain/mint.ts'
import { findNextKey, promoteNextKey } from '../onchain/next-key.ts'
import { ownerAmongDevAccounts } from '../onchain/signers.ts'
import { writeFileAtomically } from './files.ts'
import { homePaths } from './home.ts'
import { isPortFree, takeFreePort } from './ports.ts'

/** First port tried for links between nodes, as live nodes do. */
const TCP_PORT = 10_000
const HOST = '127.0.0.1'
const PASSWORD_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789' // none that look alike

/** A node of the development network. `owner` is a development account by number. */
export type NodePlan = { name: Name; owner: number; routers: readonly Name[]; maxPassthroughs: number }

const RELAY = parseName('relay-home.os')

export const NODE_PLANS: readonly NodePlan[] = [
  { name: parseName('alice-home.os'), owner: 1, routers: [], maxPassthroughs: 0 },
  { name: RELAY, owner: 2, routers: [], maxPassthroughs: 64 },
  { name: parseName('robin-home.os'), owner: 3, routers: [RELAY], maxPassthroughs: 0 },
]

/** Four groups of four letters or digits: 79 bits. */
function createPassword(): string {
  const letters = Array.from({ length: 16 }, () => PASSWORD_LETTERS[randomInt(PASSWORD_LETTERS.length)])
  return letters.join('').replaceAll(/.{4}(?=.)/g, '$&-')
}

const passwordFile = (home: string, name: Name) => `${homePaths(home).node(name)}.password`

/** The password of a node, made and kept on the first call. The file is readable by its owner only. */
export function ensurePassword(home: string, name: Name): string {
  const file = passwordFile(home, name)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const password = createPassword()
  writeFileAtomically(file, `${password}\n`)
  return password
}

/** The public key of a key file that was made just now; undefined when there is one from before. */
export async function ensureKeyFile(home: string, plan: NodePlan): Promise<Hex | undefined> {
  const nodeHome = homePaths(home).node(plan.name)
  if (existsSync(keyFilePath(nodeHome))) return undefined
  const { bytes, netKey } = await createKeyFile({ ...plan, password: ensurePassword(home, plan.name) })
  mkdirSync(nodeHome, { recursive: true, mode: 0o700 })
  await writeKeyFile(nodeHome, bytes)
  return netKey
}

/** The public key in a key file that is there already. */
export async function readNetKey(home: string, { name }: NodePlan): Promise<Hex> {
  const hash = await hashPassword(name, ensurePassword(home, name))
  return (await openKeyFile(await readKeyFile(homePaths(home).node(name)), hash)).netKey
}

/** The notes that say how a node is reached, apart from its key: what each holds, made when it is needed. */
function routingNotes(plan: NodePlan, takenPorts: Set<number>): [label: string, make: () => Promise<Uint8Array>][] {
  if (plan.routers.length > 0) {
    return [['~routers', () => Promise.resolve(encodeRouters(plan.routers.map((router) => namehash(router))))]]
  }
  return [
    ['~ip', () => Promise.resolve(encodeIp(HOST))],
    ['~tcp-port', async () => encodePort(await takeFreePort(TCP_PORT, takenPorts))],
  ]
}

/** All notes of a node that is minted now. */
export async function firstNotes(plan: NodePlan, netKey: Hex, takenPorts: Set<number>): Promise<LabelledData[]> {
  const writes: LabelledData[] = [{ label: '~net-key', data: encodeNetKey(netKey) }]
  for (const [label, make] of routingNotes(plan, takenPorts)) writes.push({ label, data: await make() })
  return writes
}

/**
 * Makes what the chain says of a node that was minted earlier fit this start again: a key file made anew is published, a
 * key rotation that was cut off is finished, a port that another program has taken meanwhile is replaced, and a malformed
 * note, which would keep the node from booting, is written again.
 * Returns what was changed, in words.
 */
export async function refreshNotes(
  client: ChainClient,
  input: { home: string; plan: NodePlan; newKey: Hex | undefined; takenPorts: Set<number> },
): Promise<string[]> {
  const { home, plan, newKey, takenPorts } = input
  const { name } = plan
  const entry = await findEntry(client, name)
  if (entry === undefined) return []
  const changes: string[] = []
  const writes: LabelledData[] = []

  const read = (label: string) => readData(client, parseEntryPath(`${label}.${name}`))
  const mend = async (label: string, make: () => Promise<Uint8Array>) => {
    const note = decodeHnsNote(label, hexToBytes(await read(label)))
    if (note?.ok !== false) return note?.value
    writes.push({ label, data: await make() })
    changes.push(`wrote ${label} of ${name} again, since it was malformed: ${note.problem}`)
    return undefined
  }

  const nodeHome = homePaths(home).node(name)
  const waiting = await findNextKey(nodeHome, { name, password: ensurePassword(home, name) })
  if (waiting !== undefined && waiting === (await read('~net-key'))) {
    await promoteNextKey(nodeHome)
    changes.push(`finished the key rotation of ${name}`)
  } else if (newKey !== undefined) {
    writes.push({ label: '~net-key', data: encodeNetKey(newKey) })
    changes.push(`published a new key of ${name}, whose key file was gone`)
  } else {
    await mend('~net-key', async () => encodeNetKey(await readNetKey(home, plan)))
  }

  for (const [label, make] of routingNotes(plan, takenPorts)) {
    const note = await mend(label, make)
    const port = note !== undefined && 'port' in note ? note.port : 0
    if (port > 0 && (await isPortFree(port))) takenPorts.add(port)
    else if (port > 0) {
      const free = await takeFreePort(TCP_PORT, takenPorts)
      writes.push({ label, data: encodePort(free) })
      changes.push(`moved ${name} from port ${port}, which another program uses, to ${free}`)
    }
  }
  if (writes.length > 0) await writeData(client, { signer: ownerAmongDevAccounts(entry), name, writes })
  return changes
}
