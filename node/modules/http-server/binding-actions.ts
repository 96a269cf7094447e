import {
  formatProcessId,
  HTTP_SERVER_PROCESS,
  type HttpServerAction,
  httpServerActionJson,
  type HttpServerAnswer,
  httpServerAnswerJson,
  type HttpServerErrorKind,
  isHypermapSafe,
  json,
  type KernelMessage,
  type ProcessId,
  unreachable,
} from '@hyperware/protocol'
import { answerTo } from '../answer.ts'
import type { AppSockets } from './app-sockets.ts'
import type { BindingTable, BindProblem, PathBinding, SocketBinding } from './bindings.ts'

export type BindingActionsDeps = {
  readonly ourName: string
  readonly paths: BindingTable<PathBinding>
  readonly sockets: BindingTable<SocketBinding>
  readonly channels: AppSockets
  readonly send: (message: KernelMessage) => boolean
  readonly print: (verbosity: number, text: string, subject?: string) => void
}

type Asked = { readonly process: ProcessId; readonly blob: KernelMessage['blob'] }

/** What processes ask of the http-server (modules.md section 9.1). Requests of other nodes are ignored. */
export function createBindingActions(deps: BindingActionsDeps): (message: KernelMessage) => void {
  const our = { node: deps.ourName, process: HTTP_SERVER_PROCESS }

  function perform(action: HttpServerAction, { process, blob }: Asked): HttpServerErrorKind | undefined {
    switch (action.kind) {
      case 'Bind':
      case 'SecureBind': {
        if (action.cache && blob === undefined) return 'NoBlob'
        const secure = action.kind === 'SecureBind'
        return done(
          process,
          deps.paths.bind(process, action.path, {
            secure,
            authenticated: secure || action.authenticated,
            localOnly: !secure && action.localOnly,
            content: action.cache ? blob : undefined,
          }),
        )
      }
      case 'Unbind':
        return done(process, deps.paths.unbind(process, action.path))
      case 'WebSocketBind':
      case 'WebSocketSecureBind': {
        const secure = action.kind === 'WebSocketSecureBind'
        const authenticated = secure || action.authenticated
        return done(
          process,
          deps.sockets.bind(process, action.path, { secure, authenticated, extension: action.extension }),
        )
      }
      case 'WebSocketUnbind':
        return done(process, deps.sockets.unbind(process, action.path))
      case 'WebSocketPush':
        if (blob === undefined) return 'NoBlob'
        return deps.channels.push(process, action.channelId, { type: action.messageType, bytes: blob.bytes })
      case 'WebSocketExtPushOutgoing':
        if (blob === undefined || action.messageType !== 'Binary') return 'NoBlob'
        // No extension can be connected, since this node exposes no paths to this machine only.
        return 'WsChannelNotFound'
      case 'WebSocketClose':
        return deps.channels.close(process, action.channelId)
      default:
        return unreachable(action)
    }
  }

  function done(process: ProcessId, problem: BindProblem | undefined): HttpServerErrorKind | undefined {
    if (problem === undefined) return undefined
    const who = formatProcessId(process)
    deps.print(0, `http-server: ${who} cannot bind a path: ${problem.problem}`, who)
    return 'MalformedRequest'
  }

  function outcomeOf(asked: KernelMessage): HttpServerErrorKind | undefined {
    const { process } = asked.source
    if (!isHypermapSafe(process)) return 'InvalidSourceProcess'
    const action = json.decodeRequest(httpServerActionJson, 'the request', asked.message.body)
    if (action.ok) return perform(action.value, { process, blob: asked.blob })
    deps.print(1, `http-server: request of ${formatProcessId(process)} refused: ${action.problem}`)
    return 'MalformedRequest'
  }

  return (asked) => {
    if (asked.message.kind === 'response') return
    if (asked.source.node !== deps.ourName) {
      return deps.print(1, `http-server: request of ${asked.source.node} ignored: it came from another node`)
    }
    const error = outcomeOf(asked)
    const answer: HttpServerAnswer = error === undefined ? { kind: 'Ok' } : { kind: 'Err', error }
    const response = answerTo(our, asked, { body: json.encodeWith(httpServerAnswerJson, answer) })
    // A success is told to who waits; an error always, and to who asked.
    if (error !== undefined) deps.send({ ...response, target: asked.source })
    else if (asked.rsvp !== undefined || asked.message.expectsResponse !== undefined) deps.send(response)
  }
}
