import {
  bytesToUtf8,
  decodeJson,
  formatJson,
  HyperwareError,
  type JsonValue,
  quote,
  utf8ToBytes,
} from '@hyperware/protocol'

/** What a message may say: bytes as they are, text as UTF-8, anything else as JSON. */
export type Body = Uint8Array | string | JsonBody
export type JsonBody = { readonly json: JsonValue }

export function bodyBytes(body: Body): Uint8Array {
  if (body instanceof Uint8Array) return body
  return utf8ToBytes(typeof body === 'string' ? body : formatJson(body.json))
}

/** A body that is not what its reader expected. */
export class BodyError extends HyperwareError<{ code: 'not-text' | 'not-json'; problem: string }> {}

/** The body as text. @throws BodyError when it is not UTF-8. */
export function textOf(body: Uint8Array): string {
  const text = bytesToUtf8(body)
  if (text.ok) return text.value
  throw new BodyError({ code: 'not-text', problem: text.problem }, `Cannot read body as text: ${text.problem}`)
}

/** The body as JSON. @throws BodyError when it is not. */
export function jsonOf(body: Uint8Array): JsonValue {
  const text = textOf(body)
  const json = decodeJson(text)
  if (json.ok) return json.value
  throw new BodyError({ code: 'not-json', problem: json.problem }, `Cannot read body ${quote(text)}: ${json.problem}`)
}
