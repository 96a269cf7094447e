import { http, HttpError, type HttpReply, type HttpRequest, messages, respond } from '@hyperware/process'

/** A process that serves a few paths, pushes to its pages, and fetches what it is told to. */
export function init(): void {
  for (const message of messages()) {
    if (message.kind !== 'request') continue
    const event = http.readSocket(message)
    if (event !== undefined) {
      if (event.kind === 'message') http.push(event.channelId, { json: { heard: event.text() } })
      continue
    }
    if (http.answer(message, handle)) continue
    if (message.expectsResponse !== undefined) respond(run(message.text()))
  }
}

function handle({ method, path, boundPath, params, query, headers, text }: HttpRequest): HttpReply {
  if (path === '/made') return { status: 201, headers: { 'Content-Type': 'text/html' }, body: '<p>made</p>' }
  if (path === '/broken') throw new Error('nobody wrote this page')
  const type = headers.get('content-type') ?? null
  return {
    body: {
      json: { method, path, boundPath, id: params.get('id') ?? null, q: query.get('q') ?? null, type, text: text() },
    },
  }
}

function run(command: string): string {
  const [word = '', argument = ''] = command.split(' ')
  try {
    if (word === 'fetch') return fetched(argument)
    http.bind('/', { authenticated: false })
    http.bind('/notes/:id', { authenticated: false })
    http.bindContent('/style.css', 'body{}', 'text/css', { authenticated: false })
    http.bind('/gone', { authenticated: false })
    http.unbind('/gone')
    http.bind('/private')
    http.bindSocket('/live', { authenticated: false })
    return 'bound'
  } catch (error) {
    if (error instanceof HttpError) return `${error.code}: ${error.message}`
    throw error
  }
}

function fetched(url: string): string {
  const { status, headers, text } = http.fetch({
    url,
    method: 'POST',
    body: { json: { n: 2n ** 63n } },
    timeoutSeconds: 5,
  })
  return `${status} ${headers.get('x-name')} ${text()}`
}
