import {
  bytesToUtf8,
  concatBytes,
  decodeNetAction,
  decodeNetResponse,
  encodeNetResponse,
  formatAddress,
  hexToBytes,
  quote,
  equalProcessIds,
  NET_PROCESS,
  OUR,
  unreachable,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { Blob, KernelMessage, NetAction, NetResponse, NodeIdentity } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import type { CryptoSuite } from './crypto-suite.ts'
import { describeMessage, netResponse } from './messages.ts'
import type { IdentityLookup, PeerStatus, Self } from './types.ts'

type ActionDeps = {
  readonly self: Self
  readonly suite: CryptoSuite
  readonly find: IdentityLookup['find']
  readonly log: Log
  readonly greeted: ((peer: string, text: string) => void) | undefined
  /** To another node, or back to a process of this one. */
  readonly reply: (message: KernelMessage) => void
  readonly peers: () => readonly PeerStatus[]
  readonly diagnostics: () => string
  /** Connects to `name`, which waits at `router`; false when that is not wanted. */
  readonly answerConnection: (router: string, name: string) => boolean
  /** Our client `by` does not want the connection of `name`. */
  readonly rejected: (by: string, name: string) => void
  /** A response to our own networking process; says whether somebody waited for it. */
  readonly answered: (message: KernelMessage) => boolean
}

/** What is said to `net:distro:sys`, from other nodes and from this one (net.md sections 10 and 11). */
export type Actions = {
  readonly remote: (message: KernelMessage) => void
  readonly local: (message: KernelMessage) => void
}

export function createActions(deps: ActionDeps): Actions {
  return {
    remote(message) {
      if (message.message.kind === 'response') return remoteResponse(deps, message)
      const action = decodeNetAction(message.message.body)
      if (!action.ok) return greeting(deps, message)
      switch (action.value.kind) {
        case 'HnsUpdate':
        case 'HnsBatchUpdate':
          // Only the chain says who nodes are.
          return deps.log.warn('identity-update-refused', describeMessage(message))
        case 'ConnectionRequest':
          return connectionRequest(deps, message, action.value.name)
        default:
          return greeting(deps, message)
      }
    },
    local(message) {
      if (message.message.kind === 'response') return
      const action = decodeNetAction(message.message.body)
      // The reference leaves greetings of its own processes without an answer; here somebody may greet their own node.
      if (!action.ok && message.message.expectsResponse !== undefined) return greeting(deps, message)
      if (!action.ok)
        return deps.log.debug('net-request-ignored', { ...describeMessage(message), problem: action.problem })
      const answer = answerLocally(deps, message, action.value)
      if (answer === undefined) return
      deps.reply(netResponse(deps.self.name, message, encodeNetResponse(answer.response), answer.blob))
    },
  }
}

function remoteResponse(deps: ActionDeps, message: KernelMessage): void {
  if (deps.answered(message)) return
  if (!equalProcessIds(message.source.process, NET_PROCESS)) return
  const response = decodeNetResponse(message.message.body)
  if (response.ok && response.value.kind === 'Rejected') deps.rejected(message.source.node, response.value.name)
}

/** Anything a node says that is not for us to obey is a greeting; a remote one is always answered (net.md section 10). */
function greeting(deps: ActionDeps, message: KernelMessage): void {
  const { body } = message.message
  const text = bytesToUtf8(body)
  const fields = { peer: message.source.node, text: text.ok ? quote(text.value) : `${body.length} bytes, not UTF-8` }
  // Networking processes greet each other to see whether the link still works: nothing to show to people.
  if (equalProcessIds(message.source.process, NET_PROCESS)) deps.log.debug('sign-of-life', fields)
  else {
    deps.log.info('greeting', fields)
    deps.greeted?.(message.source.node, text.ok ? text.value : `${body.length} bytes that are not text`)
  }
  // A stranger's answer goes to another node, always: strangers must not have us talk to our own processes.
  const { source, rsvp } = message
  const forOurs = rsvp !== undefined && (rsvp.node === deps.self.name || rsvp.node === OUR)
  const asked = forOurs && source.node !== deps.self.name ? { ...message, rsvp: undefined } : message
  deps.reply(netResponse(deps.self.name, asked, utf8ToBytes('ack')))
}

function connectionRequest(deps: ActionDeps, message: KernelMessage, name: string): void {
  if (deps.answerConnection(message.source.node, name)) return
  deps.log.warn('connection-request-rejected', { router: message.source.node, name: quote(name) })
  deps.reply(netResponse(deps.self.name, message, encodeNetResponse({ kind: 'Rejected', name })))
}

type Answer = { readonly response: NetResponse; readonly blob?: Blob }

function answerLocally(deps: ActionDeps, message: KernelMessage, action: NetAction): Answer | undefined {
  const { self } = deps
  switch (action.kind) {
    case 'ConnectionRequest':
    case 'HnsUpdate':
    case 'HnsBatchUpdate':
      // The first makes sense from routers only; identities come from the identity table.
      return undefined
    case 'GetPeers': {
      const linked = deps.peers().filter(({ state }) => state !== 'failed')
      const peers = linked.map(({ name }) => deps.find(name)).filter((peer) => peer !== undefined)
      return { response: { kind: 'Peers', peers } }
    }
    case 'GetPeer':
      return { response: { kind: 'Peer', peer: identityOf(deps, action.name) } }
    case 'GetDiagnostics':
      return { response: { kind: 'Diagnostics', text: deps.diagnostics() } }
    case 'Sign': {
      const bytes = concatBytes(utf8ToBytes(formatAddress(message.source)), message.blob?.bytes ?? new Uint8Array(0))
      const signature = deps.suite.sign(self.netKeySeed, bytes)
      return { response: { kind: 'Signed' }, blob: { mime: undefined, bytes: signature } }
    }
    case 'Verify': {
      const signed = concatBytes(utf8ToBytes(formatAddress(action.from)), message.blob?.bytes ?? new Uint8Array(0))
      const signer = identityOf(deps, action.from.node)
      const valid = signer !== undefined && deps.suite.verify(hexToBytes(signer.netKey), signed, action.signature)
      return { response: { kind: 'Verified', valid } }
    }
    default:
      return unreachable(action)
  }
}

function identityOf({ self, find }: ActionDeps, name: string): NodeIdentity | undefined {
  return name === self.name ? { name: self.name, netKey: self.netKey, routing: self.routing } : find(name)
}
