import { HyperwareError, quote } from '@hyperware/protocol'

export type EndpointProblem =
  | { code: 'endpoint-unreachable'; url: string }
  | { code: 'endpoint-timeout'; url: string; timeoutMs: number }
  | { code: 'endpoint-refused'; url: string; status: number }
  | { code: 'endpoint-answer'; url: string; problem: string }

/** A chain or index endpoint that does not answer, or answers something else than was asked for. */
export class EndpointError extends HyperwareError<EndpointProblem> {}

/** One JSON endpoint and how much of it is tolerated. `timeoutMs` covers the whole exchange. `url` is shown to people. */
export type Endpoint = { url: string; authorization?: string; timeoutMs: number; maxBytes: number }

/** The endpoint at an address, which may have a name and a password in it: they are sent, and shown to nobody. */
export function endpointAt(address: string, limits: { timeoutMs: number; maxBytes: number }): Endpoint {
  const url = new URL(address)
  const { username, password } = url
  if (username === '' && password === '') return { url: address, ...limits }
  url.username = ''
  url.password = ''
  const credentials = Buffer.from(`${unescaped(username)}:${unescaped(password)}`)
  return { url: url.href, authorization: `Basic ${credentials.toString('base64')}`, ...limits }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a percent sign that stands for itself
  }
}

/**
 * Posts JSON and reads the JSON answer, whatever its shape: the caller decodes it. Stops reading at `maxBytes`.
 * @throws EndpointError; an abort of `signal` rejects with its reason.
 */
export async function postJson(endpoint: Endpoint, body: unknown, signal?: AbortSignal): Promise<unknown> {
  const { url, authorization, timeoutMs } = endpoint
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
    const text = await readText(endpoint, response)
    if (!response.ok) {
      const { status } = response
      const message = `Cannot ask "${url}": it answered ${status} ${quote(text)}`
      throw new EndpointError({ code: 'endpoint-refused', url, status }, message)
    }
    return parseAnswer(url, text)
  } catch (cause) {
    if (cause instanceof EndpointError) throw cause
    signal?.throwIfAborted()
    if (deadline.aborted) {
      const message = `Cannot ask "${url}": no answer within ${timeoutMs} ms`
      throw new EndpointError({ code: 'endpoint-timeout', url, timeoutMs }, message, { cause })
    }
    throw new EndpointError({ code: 'endpoint-unreachable', url }, `Cannot ask "${url}": nothing answers there`, {
      hint: 'check that it runs, and the address',
      cause,
    })
  }
}

/** An answer that is not what was asked for. */
export function badAnswer(url: string, problem: string): EndpointError {
  return new EndpointError({ code: 'endpoint-answer', url, problem }, `Cannot use the answer of "${url}": ${problem}`)
}

async function readText({ url, maxBytes }: Endpoint, response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) throw badAnswer(url, `it is longer than ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parseAnswer(url: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EndpointError(
      { code: 'endpoint-answer', url, problem: 'it is not JSON' },
      `Cannot use the answer of "${url}": it is not JSON: ${quote(text)}`,
      { cause },
    )
  }
}
