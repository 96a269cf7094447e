import {
  type Blob,
  type Capability,
  type KernelMessage,
  type KernelRequest,
  type KernelResponse,
  type SignedCapability,
} from '@hyperware/protocol'
import { enter, isRefusing, leave, otherNode, type Payer, refund } from './credits.ts'
import { addressLength, creditBytes, type GuestEvent, type GuestSpawn } from './guest.ts'
import { type Mail, type SendErrorKind, settles } from './inbox.ts'
import { emit, type Kernel, print, resolveOur } from './kernel.ts'
import type { Context, Process } from './process.ts'
import { pruneCapabilities, rememberDelivered } from './rights.ts'
import { fitsBytes, fitsMessages } from './shares.ts'

/** The bytes a message counts for while it waits. */
function mailBytes({ source, target, rsvp, message, blob }: KernelMessage): number {
  const { body, metadata } = message
  const bytes = creditBytes({ target, body, metadata, capabilities: unsigned(message.capabilities), blob })
  return bytes + addressLength(source) + (rsvp === undefined ? 0 : addressLength(rsvp))
}

export function mailOf(message: KernelMessage, payer: Payer | undefined, error?: Mail['error']): Mail {
  const bytes = payer === undefined ? mailBytes(message) : payer.bytes
  return { message, error, bytes, sender: payer?.instance, lent: false }
}

/**
 * A request of `process` begins to wait. An older one with the same id is forgotten (kernel.md section 5.4); but what
 * settled it and still waits in the inbox settles this one too. So at most one mail waits for each context, and a guest
 * that makes requests with one id again and again has no more of them in its inbox than it is counted for.
 */
export function openContext(
  kernel: Kernel,
  process: Process,
  request: KernelMessage,
  { user, spawn }: { user?: Uint8Array | undefined; spawn?: GuestSpawn } = {},
): void {
  const { expectsResponse: seconds = 0n } = request.message as KernelRequest
  const older = closeContext(kernel, process, request.id)
  const settled = older?.settled === true
  const bytes = mailBytes(request) + (user?.length ?? 0)
  const context: Context = {
    request,
    bytes: settled ? Math.max(bytes, older.bytes) : bytes,
    prompt: process.prompt,
    user,
    deadlineMs: kernel.nowMs + Number(seconds) * 1_000,
    spawn,
    settled,
  }
  process.contexts.set(request.id, context)
  process.contextBytes += context.bytes
  if (settled) return
  emit(kernel, {
    kind: 'start-timer',
    timer: { kind: 'response', process, subject: context },
    deadlineMs: context.deadlineMs,
  })
}

export function closeContext(kernel: Kernel, process: Process, id: bigint): Context | undefined {
  const context = process.contexts.get(id)
  if (context === undefined) return undefined
  process.contexts.delete(id)
  process.contextBytes -= context.bytes
  if (!context.settled) emit(kernel, { kind: 'stop-timer', subject: context })
  return context
}

/**
 * A response timer fired. A deadline is a lower bound: one that fires early is started again. This send-error names the
 * target as the request did, `our` included (kernel.md section 5.4).
 */
export function expireContext(kernel: Kernel, process: Process, context: Context): void {
  if (context.settled || process.contexts.get(context.request.id) !== context) return
  if (kernel.nowMs < context.deadlineMs) {
    const timer = { kind: 'response', process, subject: context } as const
    return emit(kernel, { kind: 'start-timer', timer, deadlineMs: context.deadlineMs })
  }
  const error = { kind: 'timeout', reason: 'no response arrived in time' } as const
  arrive(kernel, process, mailOf(context.request, undefined, error))
}

/**
 * Word to the sender, before any deadline, that its request did not get through: `our` in its target is this node by now
 * (kernel.md section 4). With `payer`, the word holds its credits until it is heard.
 */
export function arriveError(
  kernel: Kernel,
  process: Process,
  failed: { message: KernelMessage; kind: SendErrorKind; reason: string },
  payer?: Payer,
): void {
  const { kind, reason } = failed
  const message = { ...failed.message, target: resolveOur(kernel.ourName, failed.message.target) }
  // A guest that sends and sends and never receives: not even its errors may pile up without end. One it awaits does not;
  // of the others it hears at their deadlines.
  if (!awaits(process, message.id) && isRefusing(kernel, payer, process)) return refund(kernel, payer)
  arrive(kernel, process, mailOf(message, payer, { kind, reason }))
}

/**
 * Puts mail into an inbox, or into the hands of whoever waits for it. A response or send-error that no context waits
 * for is thrown away: it is late, or nobody asked (kernel.md section 5.1). The first one stops the timer.
 */
export function arrive(kernel: Kernel, target: Process, mail: Mail): void {
  if (settles(mail)) {
    const context = target.contexts.get(mail.message.id)
    if (context === undefined || context.settled) {
      print(kernel, 2, `${target.key} does not wait for a response ${mail.message.id}: dropped`)
      return refund(kernel, payerOf(mail))
    }
    context.settled = true
    if (mail.error !== undefined) countLonger(target, context, mail.bytes)
    emit(kernel, { kind: 'stop-timer', subject: context })
    if (context.spawn !== undefined) {
      closeContext(kernel, target, mail.message.id)
      const component = mail.error === undefined ? mail.message.blob : undefined
      kernel.tasks.push({ kind: 'component-read', parent: target, context, component })
      return refund(kernel, payerOf(mail))
    }
  }
  target.counts.received += 1
  enter(target, mail)
  if (target.phase.kind === 'module') return handToModule(kernel, target, mail, target.phase.handed)
  target.inbox.push(mail)
  if (!awaitsAnother(target, mail)) wake(kernel, target)
}

/** A send-error may be about an older request with this id, which had more bytes than the one that is counted. */
function countLonger(process: Process, context: Context, bytes: number): void {
  if (bytes <= context.bytes) return
  process.contextBytes += bytes - context.bytes
  context.bytes = bytes
}

/** Whether a guest awaits something that this is not: then its inbox need not be looked through for it. */
function awaitsAnother({ phase }: Process, mail: Mail): boolean {
  if (phase.kind !== 'running' || phase.instance.waiting?.kind !== 'await') return false
  return phase.instance.waiting.id !== mail.message.id || !settles(mail)
}

/** Whether a guest sleeps until it hears what settles this request. */
function awaits({ phase }: Process, id: bigint): boolean {
  return phase.kind === 'running' && phase.instance.waiting?.kind === 'await' && phase.instance.waiting.id === id
}

function payerOf({ sender, bytes }: Mail): Payer | undefined {
  return sender === undefined ? undefined : { instance: sender, bytes }
}

/**
 * Whether there is room for a message that no guest pays for. An empty inbox takes anything. How many responses there may
 * be is what the process asked for, and the one it awaits right now will not wait there.
 */
export function hasRoom(target: Process, message: KernelMessage): boolean {
  const { unpaid } = target
  if (unpaid.messages === 0 || isAwaitedNow(target, message)) return true
  const node = otherNode(target, message)
  const theirs = node === undefined ? undefined : unpaid.shares.get(node)
  if (!fitsBytes(unpaid, theirs, mailBytes(message))) return false
  return message.message.kind === 'response' || fitsMessages(unpaid, theirs)
}

/** Whether this response goes to who sleeps until it comes, or to the kernel, which reads the component of a child. */
export function isAwaitedNow(target: Process, { id, message }: KernelMessage): boolean {
  if (message.kind !== 'response') return false
  return awaits(target, id) || target.contexts.get(id)?.spawn !== undefined
}

function handToModule(kernel: Kernel, target: Process, mail: Mail, handed: Set<Mail>): void {
  handed.add(mail)
  if (settles(mail)) closeContext(kernel, target, mail.message.id)
  const capabilities = prunedCapabilities(kernel, mail.message)
  const { message } = mail.message
  if (capabilities === message.capabilities) return emit(kernel, { kind: 'hand', process: target, mail })
  const pruned = { ...mail, message: { ...mail.message, message: { ...message, capabilities } } }
  handed.delete(mail)
  handed.add(pruned)
  emit(kernel, { kind: 'hand', process: target, mail: pruned })
}

/** A module is done with what it was handed. */
export function takenByModule(kernel: Kernel, target: Process, mail: Mail): void {
  if (target.phase.kind === 'module' && target.phase.handed.delete(mail)) leave(kernel, target, mail)
}

/** Answers a guest that waits, if what it waits for is there. */
export function wake(kernel: Kernel, process: Process): void {
  if (process.phase.kind !== 'running') return
  const { instance } = process.phase
  const { waiting } = instance
  if (waiting === undefined) return
  for (;;) {
    const mail = waiting.kind === 'receive' ? process.inbox.shift() : process.inbox.takeSettling(waiting.id)
    if (mail === undefined) return
    leave(kernel, process, mail)
    const event = hear(kernel, process, mail)
    if (event === undefined) continue
    instance.waiting = undefined
    return emit(kernel, { kind: 'answer', instance, answer: { kind: 'event', event } })
  }
}

/** What hearing a message does to a process, and what the guest gets (kernel.md section 5.2). */
function hear(kernel: Kernel, process: Process, mail: Mail): GuestEvent | undefined {
  const { message: kernelMessage, error } = mail
  const { id, source, rsvp, message, blob } = kernelMessage
  if (error !== undefined) {
    const context = closeContext(kernel, process, id)
    if (context === undefined) return undefined
    process.prompt = context.prompt
    return sendErrorEvent(mail.message, error.kind, context)
  }
  const capabilities = prunedCapabilities(kernel, kernelMessage)
  if (message.kind === 'response') {
    const context = closeContext(kernel, process, id)
    if (context === undefined) return undefined
    process.prompt = context.prompt
    noteHeard(process, blob, capabilities)
    return { kind: 'response', source, response: toResponse(message, capabilities, blob), context: context.user }
  }
  // One that needs no answer leaves the older prompt, so that it can still be answered.
  if (message.expectsResponse !== undefined || rsvp !== undefined) process.prompt = { id, source, rsvp }
  noteHeard(process, blob, capabilities)
  return { kind: 'request', source, request: toRequest(message, capabilities, blob) }
}

function noteHeard(process: Process, blob: Blob | undefined, capabilities: readonly SignedCapability[]): void {
  if (blob !== undefined) process.lastBlob = blob
  if (capabilities.length > 0) rememberDelivered(process, capabilities)
}

function prunedCapabilities(kernel: Kernel, { source, message }: KernelMessage): readonly SignedCapability[] {
  return pruneCapabilities(kernel, source.node !== kernel.ourName, message.capabilities)
}

function sendErrorEvent(failed: KernelMessage, error: SendErrorKind, context: Context): GuestEvent {
  const { target, message, blob } = failed
  const said =
    message.kind === 'request'
      ? ({ kind: 'request', request: toRequest(message, message.capabilities, blob) } as const)
      : ({ kind: 'response', response: toResponse(message, message.capabilities, blob) } as const)
  return { kind: 'send-error', error, target, message: said, blob, context: context.user }
}

function toRequest(
  { inherit, expectsResponse, body, metadata }: KernelRequest,
  capabilities: readonly SignedCapability[],
  blob: Blob | undefined,
) {
  return { inherit, expectsResponse, body, metadata, capabilities: unsigned(capabilities), blob }
}

function toResponse(
  { inherit, body, metadata }: KernelResponse,
  capabilities: readonly SignedCapability[],
  blob: Blob | undefined,
) {
  return { inherit, body, metadata, capabilities: unsigned(capabilities), blob }
}

const NONE: readonly Capability[] = []
function unsigned(capabilities: readonly SignedCapability[]): readonly Capability[] {
  return capabilities.length === 0 ? NONE : capabilities.map(({ capability }) => capability)
}
