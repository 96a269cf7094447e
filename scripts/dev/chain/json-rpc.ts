/** Largest request body and WebSocket message taken from a client, in bytes. */
export const REQUEST_MAX_BYTES = 32 * 1024 * 1024
/** Most calls in one batch. */
export const BATCH_MAX_CALLS = 1_000

export type RpcId = string | number | null
export type RpcCall = { id: RpcId; method: string }
export type RpcAnswer = { id: RpcId; result: unknown }

/** JSON-RPC error codes that the chain front itself answers with. */
export const RPC_ERRORS = {
  parse: -32700,
  invalidRequest: -32600,
  internal: -32603,
  unavailable: -32002,
  tooLarge: -32005,
} as const

export type RpcBody =
  | { kind: 'single'; calls: readonly [RpcCall] }
  | { kind: 'batch'; calls: readonly RpcCall[] }
  | { kind: 'refused'; code: number; message: string }

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idOf(value: unknown): RpcId {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

function callOf(value: unknown): RpcCall | undefined {
  if (!isRecord(value) || typeof value['method'] !== 'string') return undefined
  return { id: idOf(value['id']), method: value['method'] }
}

/** Reads the ids and methods of a request body; parameters stay as they are, since the chain itself judges them. */
export function parseRpcBody(text: string): RpcBody {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'refused', code: RPC_ERRORS.parse, message: 'Cannot read the request: expected JSON' }
  }
  if (!Array.isArray(value)) {
    const call = callOf(value)
    if (call !== undefined) return { kind: 'single', calls: [call] }
    return {
      kind: 'refused',
      code: RPC_ERRORS.invalidRequest,
      message: 'Cannot read the request: expected an object with "method"',
    }
  }
  if (value.length === 0 || value.length > BATCH_MAX_CALLS) {
    return {
      kind: 'refused',
      code: value.length === 0 ? RPC_ERRORS.invalidRequest : RPC_ERRORS.tooLarge,
      message: `Cannot read the request: a batch of ${value.length} calls, expected 1 to ${BATCH_MAX_CALLS}`,
    }
  }
  const calls: RpcCall[] = []
  for (const item of value) {
    const call = callOf(item)
    if (call === undefined) {
      return {
        kind: 'refused',
        code: RPC_ERRORS.invalidRequest,
        message: `Cannot read the request: call ${calls.length} of the batch is not an object with "method"`,
      }
    }
    calls.push(call)
  }
  return { kind: 'batch', calls }
}

/** The successful answers in a response body, single or batch; errors and anything else are left out. */
export function readAnswers(text: string): RpcAnswer[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return []
  }
  const items: unknown[] = Array.isArray(value) ? value : [value]
  return items
    .filter(isRecord)
    .flatMap((item) => ('result' in item ? [{ id: idOf(item['id']), result: item['result'] }] : []))
}

/** An error answer with the shape of the request: one object, or one per call of a batch. */
export function formatRpcError(body: RpcBody | undefined, code: number, message: string): string {
  const answer = (id: RpcId) => ({ jsonrpc: '2.0', id, error: { code, message } })
  if (body === undefined || body.kind === 'refused') return JSON.stringify(answer(null))
  if (body.kind === 'single') return JSON.stringify(answer(body.calls[0].id))
  return JSON.stringify(body.calls.map((call) => answer(call.id)))
}
