import { isRecord } from '../../../../node/kernel/json.ts'
import { type JsonServer, startJsonServer } from './json-server.ts'

export const HYPERMAP = '0x000000000044c6b8cb4d8f0f889a3e47664eaeda'
export const KEY_A = `0x${'a1'.repeat(32)}`
export const KEY_B = `0x${'b2'.repeat(32)}`

export type Row = Record<string, unknown> & { name: string; updatedBlock: number }

export function directRow(name: string, updatedBlock = 1, netKey = KEY_A): Row {
  return { name, kind: 'direct', netKey, ip: '127.0.0.1', tcpPort: 9_000, routers: [], updatedBlock }
}

export function indirectRow(name: string, routers: (string | null)[], updatedBlock = 1): Row {
  return { name, kind: 'indirect', netKey: KEY_B, routers: routers.map((router) => ({ name: router })), updatedBlock }
}

/** What an index and a chain say; a test changes it while a node follows. */
export type Script = {
  chainId: number
  hypermap: string
  block: number
  chainBlock: number
  rows: Row[]
  pageSize: number
}

export function createScript(rows: Row[] = []): Script {
  return { chainId: 31_337, hypermap: HYPERMAP, block: 20, chainBlock: 20, rows, pageSize: 1_000 }
}

/** Answers the one GraphQL query of the node as the index's schema promises. `asked` is called before each answer. */
export function startScriptedIndex(script: Script, port = 0, asked?: () => void): Promise<JsonServer> {
  return startJsonServer((body) => {
    asked?.()
    const variables = isRecord(body) && isRecord(body['variables']) ? body['variables'] : {}
    const after = typeof variables['after'] === 'string' ? variables['after'] : ''
    const changedSince = Number(variables['changedSince'])
    const matching = script.rows
      .filter((row) => row.updatedBlock >= changedSince && row.name > after)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const items = matching.slice(0, script.pageSize)
    const endCursor = matching.length > items.length ? items.at(-1)?.name : null
    const { chainId, hypermap, block } = script
    return {
      body: JSON.stringify({ data: { status: { chainId, hypermap, block }, nodeIdentities: { items, endCursor } } }),
    }
  }, port)
}

/** Answers `eth_blockNumber`. */
export function startScriptedChain(script: Script, port = 0): Promise<JsonServer> {
  return startJsonServer(() => {
    return { body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: `0x${script.chainBlock.toString(16)}` }) }
  }, port)
}
