import { type Hex, isHex } from '@hyperware/protocol'
import { badAnswer, type Endpoint, postJson } from './endpoint.ts'
import { isRecord } from '../../kernel/json.ts'
import { decodeIdentityRow, IDENTITY_FIELDS, type IdentityRow } from './identity-row.ts'

/** Rows per page. */
export const PAGE_SIZE = 1_000

/** How far the index is when it answered. */
export type IndexStatus = { chainId: number; hypermap: Hex; block: number }

/** `problems` says what was wrong with rows that were left out. `after` is undefined on the last page. */
export type IdentityPage = {
  status: IndexStatus
  rows: readonly IdentityRow[]
  problems: readonly string[]
  after: string | undefined
}

const QUERY = `query ($changedSince: Int!, $first: Int!, $after: String) {
  status { chainId hypermap block }
  nodeIdentities(changedSince: $changedSince, first: $first, after: $after) { items { ${IDENTITY_FIELDS} } endCursor }
}`

/**
 * Asks the index for the node identities that changed in block `changedSince` or later, in order of name, `PAGE_SIZE`
 * at a time.
 * @throws EndpointError
 */
export async function fetchIdentityPage(
  index: Endpoint,
  input: { changedSince: number; after: string | undefined },
  signal?: AbortSignal,
): Promise<IdentityPage> {
  const variables = { changedSince: input.changedSince, first: PAGE_SIZE, after: input.after ?? null }
  return decodePage(index.url, await postJson(index, { query: QUERY, variables }, signal), input.after)
}

function decodePage(url: string, answer: unknown, previous: string | undefined): IdentityPage {
  if (!isRecord(answer)) throw badAnswer(url, 'it is not a GraphQL answer')
  if (!isRecord(answer['data'])) throw badAnswer(url, describeErrors(answer['errors']))
  const status = decodeStatus(url, answer['data']['status'])
  const page = answer['data']['nodeIdentities']
  if (!isRecord(page) || !Array.isArray(page['items'])) throw badAnswer(url, 'nodeIdentities has no items')
  if (page['items'].length > PAGE_SIZE) throw badAnswer(url, `it has more than ${PAGE_SIZE} items`)

  const rows: IdentityRow[] = []
  const problems: string[] = []
  for (const item of page['items']) {
    const row = decodeIdentityRow(item)
    if (row.ok) rows.push(row.value)
    else problems.push(row.problem)
  }
  return { status, rows, problems, after: decodeCursor(url, page['endCursor'], previous) }
}

function decodeStatus(url: string, status: unknown): IndexStatus {
  if (!isRecord(status)) throw badAnswer(url, 'it has no status')
  const { chainId, hypermap, block } = status
  if (!isCount(chainId)) throw badAnswer(url, 'status.chainId is not a number')
  if (!isCount(block)) throw badAnswer(url, 'status.block is not a block number')
  if (typeof hypermap !== 'string' || !isHex(hypermap, 20)) throw badAnswer(url, 'status.hypermap is not an address')
  return { chainId, hypermap, block }
}

function decodeCursor(url: string, cursor: unknown, previous: string | undefined): string | undefined {
  if (cursor === null || cursor === undefined) return undefined
  if (typeof cursor !== 'string' || cursor.length > 4_096) throw badAnswer(url, 'endCursor is not a cursor')
  if (previous !== undefined && cursor === previous) throw badAnswer(url, 'endCursor does not move forward')
  return cursor
}

function describeErrors(errors: unknown): string {
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  const message = isRecord(first) ? first['message'] : undefined
  return typeof message === 'string' ? `it failed with ${JSON.stringify(message.slice(0, 200))}` : 'it has no data'
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
