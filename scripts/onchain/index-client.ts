import { CommandError } from '../errors.ts'

const TIMEOUT_MS = 10_000

/**
 * Asks an index over GraphQL. The shape of the answer is that of the query, which the index has checked.
 *
 * @throws CommandError `index-failed` when it does not answer, or answers with errors.
 */
export async function askIndex<T>(url: string, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const fail = (detail: string, cause?: unknown) =>
    new CommandError({ code: 'index-failed', url, detail }, `Cannot ask the index at ${url}: ${detail}`, {
      hint: 'is the network running? "npm start" shows its GraphQL address',
      cause,
    })
  let answer: { data?: T | null; errors?: { message?: unknown }[] }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    answer = (await response.json()) as typeof answer
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    throw fail(inner instanceof Error ? inner.message : String(inner), cause)
  }
  if (Array.isArray(answer.errors)) throw fail(answer.errors.map(({ message }) => String(message)).join('; '))
  if (answer.data === undefined || answer.data === null) throw fail('its answer holds no data')
  return answer.data
}
