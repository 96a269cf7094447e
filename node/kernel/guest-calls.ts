import { equalAddresses, type KernelMessage, unreachable } from '@hyperware/protocol'
import { charge, isRefusing, type Payer, refund } from './credits.ts'
import { arriveError, openContext, wake } from './delivery.ts'
import {
  blobOfRequest,
  blobOfResponse,
  creditBytes,
  type GuestAction,
  type GuestQuestion,
  type GuestRequest,
  type GuestResponse,
} from './guest.ts'
import { complain, emit, freshId, type Kernel } from './kernel.ts'
import { CONTEXTS_MAX, STATE_MAX_BYTES } from './limits.ts'
import { setOnExit } from './persistence.ts'
import type { Instance } from './process.ts'
import { dropCapability, filterCapabilities, saveCapabilities } from './rights.ts'
import { send } from './routing.ts'
import { beginSpawn } from './spawning.ts'

/** What a guest does without waiting (kernel.md section 5). */
export function act(kernel: Kernel, instance: Instance, action: GuestAction): void {
  const { process } = instance
  switch (action.kind) {
    case 'send':
      for (const { request, context } of action.requests)
        sendRequest(kernel, instance, request, { user: context, awaited: false })
      return
    case 'respond':
      return sendResponse(kernel, instance, action.response)
    case 'print': {
      const text = `${process.id.package}:${process.id.publisher}: ${action.text}`
      return emit(kernel, { kind: 'print', print: { verbosity: action.verbosity, source: process.id, text } })
    }
    case 'set-on-exit':
      return setOnExit(kernel, process, action.onExit)
    case 'save-capabilities':
      return saveCapabilities(kernel, process, action.capabilities)
    case 'drop-capabilities':
      for (const capability of action.capabilities) dropCapability(kernel, process, capability)
      return
    default:
      return unreachable(action)
  }
}

/** What a guest waits for. The answer is an effect, now or later. */
export function ask(kernel: Kernel, instance: Instance, question: GuestQuestion): void {
  const { process } = instance
  switch (question.kind) {
    case 'receive':
      instance.waiting = { kind: 'receive' }
      return wake(kernel, process)
    case 'send-and-await':
      return sendAndAwait(kernel, instance, question.request)
    case 'get-state':
      return emit(kernel, { kind: 'read-state', instance })
    case 'set-state':
      return commitState(kernel, instance, { kind: 'set-state', id: process.key, bytes: question.bytes })
    case 'clear-state':
      return commitState(kernel, instance, { kind: 'delete-state', id: process.key })
    case 'get-on-exit':
      return emit(kernel, { kind: 'answer', instance, answer: { kind: 'on-exit', onExit: process.onExit } })
    case 'our-capabilities': {
      const capabilities = [...process.capabilities.values()].map(({ capability }) => capability)
      return emit(kernel, { kind: 'answer', instance, answer: { kind: 'capabilities', capabilities } })
    }
    case 'spawn':
      return beginSpawn(kernel, instance, question.spawn)
    default:
      return unreachable(question)
  }
}

function commitState(
  kernel: Kernel,
  instance: Instance,
  change: { kind: 'set-state'; id: string; bytes: Uint8Array } | { kind: 'delete-state'; id: string },
): void {
  if (change.kind === 'set-state' && change.bytes.length > STATE_MAX_BYTES) {
    const reason = `set-state failed: the state has ${change.bytes.length} bytes, expected at most ${STATE_MAX_BYTES}`
    return emit(kernel, { kind: 'answer', instance, answer: { kind: 'trap', reason } })
  }
  const reason = `${change.kind === 'set-state' ? 'set-state' : 'clear-state'} failed: the store could not be written`
  emit(kernel, {
    kind: 'commit',
    changes: [change],
    written: [{ kind: 'answer', instance, answer: { kind: 'done' } }],
    failed: [{ kind: 'answer', instance, answer: { kind: 'trap', reason } }],
  })
}

/** kernel.md section 5.4. `inherit` hands on id, rsvp and blob of what came last, and nothing else. */
function sendRequest(
  kernel: Kernel,
  instance: Instance,
  request: GuestRequest,
  { user, awaited }: { user: Uint8Array | undefined; awaited: boolean },
): void {
  const { process } = instance
  const inherited = request.inherit ? process.prompt : undefined
  const expects = request.expectsResponse !== undefined
  const message: KernelMessage = {
    id: inherited?.id ?? freshId(kernel, process.contexts),
    source: process.address,
    target: request.target,
    rsvp: expects ? process.address : inherited?.rsvp,
    message: {
      kind: 'request',
      inherit: request.inherit,
      expectsResponse: request.expectsResponse,
      body: request.body,
      metadata: request.metadata,
      capabilities: filterCapabilities(kernel, process, request.capabilities),
    },
    blob: blobOfRequest(request, process.lastBlob),
  }
  const payer = charge(kernel, instance, creditBytes({ ...request, blob: message.blob, context: user }))
  if (awaited) instance.waiting = { kind: 'await', id: message.id }
  if (expects) sendExpecting(kernel, payer, message, user)
  else send(kernel, process, message, payer)
}

function sendExpecting(kernel: Kernel, payer: Payer, message: KernelMessage, user: Uint8Array | undefined): void {
  const { process, waiting } = payer.instance
  const { size } = process.contexts
  const full = size >= CONTEXTS_MAX.requests || (size > 0 && process.contextBytes >= CONTEXTS_MAX.bytes)
  // What a guest awaits it hears of at once.
  if (full && waiting === undefined && isRefusing(kernel, payer, process)) return refund(kernel, payer)
  openContext(kernel, process, message, { user })
  if (!full) {
    send(kernel, process, message, payer)
    return
  }
  const reason = `${process.key} waits for ${size} responses already`
  complain(kernel, process.key, `${reason}: a request of it is refused`)
  arriveError(kernel, process, { message, kind: 'timeout', reason }, payer)
}

/** kernel.md section 5.5. */
function sendResponse(kernel: Kernel, instance: Instance, response: GuestResponse): void {
  const { process } = instance
  const { prompt } = process
  const blob = blobOfResponse(response, process.lastBlob)
  const payer = charge(kernel, instance, creditBytes({ ...response, blob }))
  if (prompt === undefined) {
    complain(kernel, process.key, `${process.key} responds, but no request waits for it: dropped`)
    return refund(kernel, payer)
  }
  const { inherit, body, metadata } = response
  const capabilities = filterCapabilities(kernel, process, response.capabilities)
  const message: KernelMessage = {
    id: prompt.id,
    source: process.address,
    target: prompt.rsvp ?? prompt.source,
    rsvp: undefined,
    message: { kind: 'response', inherit, body, metadata, capabilities, context: undefined },
    blob,
  }
  send(kernel, process, message, payer)
}

/** kernel.md section 5.6. */
function sendAndAwait(kernel: Kernel, instance: Instance, request: GuestRequest): void {
  const { process } = instance
  const toItself = equalAddresses(request.target, process.address)
  if (request.expectsResponse === undefined || toItself) {
    const why = toItself ? 'the target is the process itself, which cannot answer meanwhile' : 'no response is expected'
    const reason = `send-and-await-response would never end: ${why}`
    const blob = blobOfRequest(request, process.lastBlob)
    refund(kernel, charge(kernel, instance, creditBytes({ ...request, blob })))
    return emit(kernel, { kind: 'answer', instance, answer: { kind: 'trap', reason } })
  }
  sendRequest(kernel, instance, request, { user: undefined, awaited: true })
  // With an inherited id, the response may be there already: of an older request with the same id.
  wake(kernel, process)
}
